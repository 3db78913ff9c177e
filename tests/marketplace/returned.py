"""Purchases to give back."""

from datetime import timedelta

from accounts.models import Membership
from aiqleads.core import clock
from aiqleads.core.personal_data import keyed_hash
from leads.models import Lead, Observation, Source, SourceRight
from marketplace import services
from marketplace.models import Purchase
from tests.conftest import give_credits


def buy(lead: Lead, buyer: Membership) -> Purchase:
    give_credits(buyer, 10)
    services.hold_lead(lead_id=lead.pk, buyer=buyer)
    [purchase] = services.check_out(buyer=buyer, idempotency_key=str(lead.pk))
    return purchase


def at_an_address(lead: Lead) -> Lead:
    """Give the lead's building a hash, so that what others record of it is found."""
    lead.address_hash = keyed_hash(lead.address_line, purpose="building")
    lead.save(update_fields=["address_hash"])
    return lead


def record_elsewhere(lead: Lead, *, status: str, days_ago: float = 0) -> Observation:
    """A listing service tells of the lead's home: ``active``, ``pending`` or ``closed``."""
    source, made = Source.objects.get_or_create(
        slug="some-mls", defaults={"name": "An MLS", "family": Source.Family.MLS, "reader": "reso"}
    )
    if made:
        SourceRight.objects.create(
            source=source, basis="licensed", may_suppress=True, during=("2020-01-01T00:00:00Z", None)
        )
    told_at = clock.now() - timedelta(days=days_ago)
    return Observation.objects.create(
        source=source,
        external_id_hash="1:listing",
        content_hash=f"1:{status}",
        address_hash=lead.address_hash,
        facts={"status": status, "unit": "", "posted_at": told_at.isoformat()},
        first_seen_at=told_at,
    )
