"""Something on every screen of what comes in and goes back."""

from typing import Any
from uuid import uuid4

from django.db import transaction

from aiqleads.core.clock import now
from billing import services
from billing.models import Difference, Dispute, InboxMessage, InboxRefusals, Reconciliation, Refund
from billing.services.ledger import House
from tests.billing.money import lot_of, paid_pack


def something_of_each(member: Any, operator: Any = None) -> None:
    """A refund of 10 of 50 credits on its way, a dispute of another payment, a message, a look and a difference."""
    refunded, disputed = paid_pack(member), paid_pack(member, 20)
    house = House()
    with transaction.atomic():
        aside = services.set_aside(
            lot_id=lot_of(refunded).pk, amount_credits=10, net_cents=1_000, key="refund:1", memo="Refund"
        )
        Refund.objects.create(
            payment=refunded, amount_credits=10, net_cents=1_000, status="pending", refund_id="re_1",
            reason="Asked for", asked_by=operator, set_aside=aside,
        )  # fmt: skip
        taken = services.claw_back(
            organisation_id=member.organisation_id,
            amount_credits=20,
            first_lot_id=lot_of(disputed).pk,
            key="dispute:1",
            memo="Dispute",
            cents=lambda worth: [
                *house.cents({"clearing": -2_000}, provider="sandbox"),
                *house.cents({"withheld": 2_000}),
            ],
        )
        Dispute.objects.create(
            payment=disputed, dispute_id="dp_1", amount_cents=2_000, amount_credits=20, reason="fraudulent",
            opened_at=now(), clawed_back=taken,
        )  # fmt: skip
    InboxMessage.objects.create(
        provider="sandbox", event_id="evt_1", name="payment.paid", kind="payment", object_id="pi_1", raw=b"{}",
        occurred_at=now(),
    )  # fmt: skip
    InboxRefusals.objects.create(provider="sandbox", day=now().date(), why="forged")
    Reconciliation.objects.create(provider="sandbox", since=now(), finished_at=now())
    Difference.objects.create(
        kind="amount", provider="sandbox", object_id=str(uuid4()), ours_cents=1, theirs_cents=2, occurred_at=now()
    )
