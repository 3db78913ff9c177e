"""Refunds and disputes in the books, as providers tell of them: once, twice, late, partly, and taken back."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from aiqleads.core import alerts
from aiqleads.core.events import deliver_all
from aiqleads.core.models import OutboxEvent
from billing import selectors, services
from billing.invariants import broken
from billing.models import Dispute, Invoice, Refund
from billing.providers.port import DisputeState, DisputeStatus, Money, RefundState, RefundStatus
from tests.billing.money import paid_pack
from tests.billing.test_ledger import give, house, sell

pytestmark = pytest.mark.django_db


def desk_refund(
    payment, cents: int, status=RefundStatus.SUCCEEDED, *, refund_id: str = "re_desk", reference: str = ""
) -> Refund | None:
    """A refund as the provider tells of it."""
    state = RefundState(
        refund_id=refund_id,
        reference=reference,
        capture_id=payment.capture_id,
        status=status,
        amount=Money(minor=cents),
    )
    refund = services.record_refund(payment_id=payment.pk, state=state)
    connection.check_constraints()
    assert broken() == []
    return refund


def dispute(payment, status=DisputeStatus.OPEN, *, cents: int | None = None, called: str = "dp_1") -> Dispute:
    """A dispute as the provider tells of it."""
    state = DisputeState(
        dispute_id=called,
        capture_id=payment.capture_id,
        status=status,
        amount=Money(minor=cents or payment.total_cents),
        fee=Money(minor=1_500),
        reason="fraudulent",
        opened_at=datetime(2026, 11, 2, tzinfo=UTC),
        evidence_due_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    found = services.record_dispute(payment_id=payment.pk, state=state)
    connection.check_constraints()
    assert broken() == []
    return found


def balance(member) -> tuple[int, int]:
    """What the organisation can spend, and what it owes."""
    return selectors.balance_credits(member.organisation_id), selectors.owed_credits(member.organisation_id)


# Refunds that were made at the provider's own desk


def test_a_refund_from_the_providers_desk_takes_unspent_credits_and_leaves_a_debt_for_the_rest(alice):
    payment = paid_pack(alice, 50, tax_cents=400)
    sell(alice, 30)

    for _ in range(2):
        refund = desk_refund(payment, 5_400)

    assert (refund.status, refund.amount_credits, refund.asked_by) == ("succeeded", 50, None)
    assert balance(alice) == (0, 30)
    assert house("usd_cents") == {"revenue": 3_000, "unearned": -3_000}
    assert Refund.objects.count() == 1
    assert Invoice.objects.get(refund=refund).total_cents == 5_400
    assert OutboxEvent.objects.filter(name="billing.payment_refunded").count() == 1


def test_a_part_that_went_back_takes_its_share_of_credits_and_tax(alice):
    payment = paid_pack(alice, 50, tax_cents=400)

    first = desk_refund(payment, 2_700, refund_id="re_1")
    second = desk_refund(payment, 2_700, refund_id="re_2")

    assert [(one.amount_credits, one.net_cents, one.tax_cents) for one in (first, second)] == [(25, 2_500, 200)] * 2
    assert balance(alice) == (0, 0)
    assert house("usd_cents") == {}


def test_a_refund_on_its_way_takes_nothing_until_it_is_made(alice):
    payment = paid_pack(alice, 50)

    assert desk_refund(payment, 5_000, RefundStatus.PENDING).status == "pending"
    assert balance(alice) == (50, 0)
    assert desk_refund(payment, 5_000).status == "succeeded"
    assert balance(alice) == (0, 0)


def test_a_refund_that_its_bank_sent_back_gives_the_credits_back_and_pays_the_debt(alice):
    payment = paid_pack(alice, 50)
    sell(alice, 30)
    desk_refund(payment, 5_000)
    give(alice, 10, days=30)
    assert balance(alice) == (0, 20)

    for _ in range(2):
        refund = desk_refund(payment, 5_000, RefundStatus.FAILED)

    assert refund.status == "failed"
    assert balance(alice) == (30, 0)
    assert house("usd_cents") == {"clearing": 5_000, "unearned": -5_000}
    assert alerts.open_alerts().filter(key=f"refund.failed:{refund.pk}").exists()


def test_a_refund_that_failed_before_anybody_heard_of_it_moves_nothing(alice):
    assert desk_refund(paid_pack(alice), 5_000, RefundStatus.FAILED) is None

    assert not Refund.objects.exists()
    assert balance(alice) == (50, 0)


def test_more_than_is_left_of_a_payment_is_looked_at_again_later(alice):
    payment = paid_pack(alice)
    desk_refund(payment, 4_000, refund_id="re_1")

    with pytest.raises(services.RefundsOverlap):
        desk_refund(payment, 1_001, refund_id="re_2")

    assert balance(alice) == (10, 0)
    assert Refund.objects.count() == 1


def test_another_amount_than_we_asked_for_is_a_persons_work(alice, olga):
    payment = paid_pack(alice)
    with transaction.atomic():
        aside = services.set_aside(
            lot_id=payment.journal.entries.get(lot__isnull=False).lot_id,
            amount_credits=10,
            net_cents=1_000,
            key="refund:1",
            memo="Refund",
        )
        ours = Refund.objects.create(
            payment=payment, amount_credits=10, net_cents=1_000, reason="Asked", asked_by=olga, set_aside=aside
        )

    refund = desk_refund(payment, 999, reference=str(ours.pk))

    assert refund.status == "asked"
    assert balance(alice) == (40, 0)
    assert alerts.open_alerts().filter(key=f"refund.amount:{ours.pk}").exists()


# Disputes


def test_a_dispute_takes_the_credits_back_and_leaves_a_debt_for_what_is_spent(alice):
    payment = paid_pack(alice, 50, tax_cents=400)
    sell(alice, 30)

    for _ in range(2):
        found = dispute(payment)

    assert (found.status, found.amount_credits, found.fee_cents) == ("open", 50, 1_500)
    assert balance(alice) == (0, 30)
    assert house("usd_cents") == {
        "withheld": 5_400,
        "unearned": -3_000,
        "refund_pending": -2_000,
        "tax": -400,
    }
    assert alerts.open_alerts().get(key=f"dispute.open:{found.pk}").says.endswith("evidence until 2026-11-20.")


@pytest.mark.parametrize("spent", [0, 30, 50])
def test_a_dispute_that_is_won_gives_all_of_it_back(alice, spent):
    payment = paid_pack(alice, 50, tax_cents=400)
    if spent:
        sell(alice, spent)
    before = house("usd_cents")
    dispute(payment)

    for _ in range(2):
        found = dispute(payment, DisputeStatus.WON)

    assert found.status == "won"
    assert balance(alice) == (50 - spent, 0)
    assert house("usd_cents") == before
    assert not alerts.open_alerts().filter(key__startswith="dispute").exists()


@pytest.mark.parametrize("is_heard_late", [False, True])
def test_a_dispute_that_is_lost_leaves_the_debt_and_costs_what_was_spent(alice, is_heard_late):
    payment = paid_pack(alice, 50, tax_cents=400)
    sell(alice, 30)
    if not is_heard_late:
        dispute(payment)

    for _ in range(2):
        found = dispute(payment, DisputeStatus.LOST)

    assert found.status == "lost"
    assert balance(alice) == (0, 30)
    assert house("usd_cents") == {"revenue": 3_000, "unearned": -3_000}


def test_owners_are_told_what_their_bank_did_and_decided(alice, mailoutbox):
    payment = paid_pack(alice)
    dispute(payment)
    dispute(payment, DisputeStatus.WON)

    deliver_all()

    letters = [mail for mail in mailoutbox if "bank" in mail.body]
    assert [(mail.subject, mail.to) for mail in letters] == [
        ("Your bank took a payment of 50.00 USD back", ["alice@example.com"]),
        ("Your payment of 50.00 USD counts again", ["alice@example.com"]),
    ]
    assert "does not have the 50 credits" in letters[0].body


def test_a_dispute_that_was_won_before_anybody_heard_of_it_moves_nothing(alice):
    payment = paid_pack(alice)

    found = dispute(payment, DisputeStatus.WON)

    assert (found.status, found.clawed_back, found.amount_credits) == ("won", None, 0)
    assert balance(alice) == (50, 0)


def test_a_dispute_of_a_part_takes_a_part(alice):
    payment = paid_pack(alice)

    found = dispute(payment, cents=2_000)

    assert found.amount_credits == 20
    assert balance(alice) == (30, 0)


def test_two_disputes_of_one_payment_take_its_credits_once(alice):
    payment = paid_pack(alice)

    first, second = dispute(payment, cents=1_990), dispute(payment, cents=3_010, called="dp_2")

    assert (first.amount_credits, second.amount_credits) == (19, 31)
    assert balance(alice) == (0, 0)


def test_what_went_back_before_is_not_taken_twice_by_a_dispute(alice):
    payment = paid_pack(alice)
    desk_refund(payment, 4_000)

    assert dispute(payment, cents=1_000).amount_credits == 10
    assert balance(alice) == (0, 0)


def test_what_was_decided_stays_and_a_person_looks_at_it(alice):
    payment = paid_pack(alice)
    dispute(payment)
    dispute(payment, DisputeStatus.WON)

    found = dispute(payment, DisputeStatus.LOST)

    assert found.status == "won"
    assert balance(alice) == (50, 0)
    assert alerts.open_alerts().filter(key=f"dispute.changed:{found.pk}").exists()
