"""A cart that waits for its credits, as a row."""

from datetime import timedelta
from uuid import UUID, uuid4

from accounts.models import Membership
from aiqleads.core.clock import now
from marketplace.models import PurchaseIntent


def intend(member: Membership, lead_id: UUID, *, payment_id: UUID | None = None) -> PurchaseIntent:
    """One copy of a lead, for at most 10 credits, once a payment has landed."""
    intent = PurchaseIntent.objects.create(
        organisation_id=member.organisation_id,
        membership=member,
        payment_id=payment_id or uuid4(),
        total_credits=10,
        expires_at=now() + timedelta(days=1),
    )
    intent.lines.create(lead_id=lead_id, bundle=uuid4(), shown_credits=10)
    return intent
