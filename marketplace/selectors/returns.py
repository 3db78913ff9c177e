"""Reads about purchases that come back: what was promised, how much came back, what our records say."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from aiqleads.core import clock
from leads.elsewhere import told_elsewhere
from marketplace.models import Claim, Purchase, Return, ReturnPolicy
from marketplace.return_rules import Facts, Rate, Terms
from marketplace.selectors.areas import work_area


def return_terms(*, at: datetime | None = None) -> Terms:
    """What is promised about returns of what is bought at a moment, which is now for None."""
    in_force = ReturnPolicy.objects.filter(in_force_at__lte=at or clock.Now())
    return (in_force.order_by("-in_force_at", "-pk").first() or ReturnPolicy()).terms


def return_window_ends(purchase: Purchase) -> datetime:
    """Until when a purchase may be given back."""
    return purchase.bought_at + timedelta(days=return_terms(at=purchase.bought_at).window_days)


def return_rate(*, organisation_id: UUID, terms: Terms, asked: int = 1) -> Rate:
    """How much an organisation returned of what it bought of late, with ``asked`` more.

    What was refused does not count, nor what the product credited by itself.
    """
    since = clock.now() - timedelta(days=terms.cap_days)
    recent = Purchase.objects.filter(organisation=organisation_id, bought_at__gte=since)
    bought = list(recent.order_by("-bought_at").values_list("pk", flat=True)[: terms.cap_purchases])
    theirs = Return.objects.filter(purchase__in=bought, membership__isnull=False)
    returned = theirs.exclude(state=Return.State.REFUSED).count()
    return Rate(returned=returned + asked, purchases=len(bought), terms=terms)


def return_facts(purchase: Purchase) -> Facts:
    """What our own records say of the home that was bought."""
    elsewhere = told_elsewhere(purchase.lead.merged_into or purchase.lead)
    return Facts(
        is_with_agent=elsewhere.with_agent_since is not None,
        is_sold=elsewhere.is_sold,
        had_before=_had_before(purchase),
        is_outside_area=_is_outside_area(purchase),
    )


def bought_together(purchase: Purchase) -> int:
    """How many standing copies of a lead were bought out as one with this purchase, itself included."""
    return Claim.objects.filter(bundle=purchase.claim.bundle, state=Claim.State.SOLD).count()


def return_findings(purchase: Purchase) -> list[str]:
    """What our own records say of it, in sentences for an operator; empty where they say nothing."""
    facts = return_facts(purchase)
    said = {
        "A listing service shows the home with an agent now.": facts.is_with_agent,
        "A closing of the home is on record, later than the owner's advert.": facts.is_sold,
        "The organisation bought the same home before and keeps that purchase.": facts.had_before,
        "The home lies outside the area that the organisation had stated before it bought.": facts.is_outside_area,
    }
    return [sentence for sentence, is_so in said.items() if is_so]


def _is_outside_area(purchase: Purchase) -> bool | None:
    """As the area stood when it was bought: one that is stated afterwards proves nothing."""
    stated = work_area(purchase.organisation_id, at=purchase.bought_at)
    zip_code = purchase.lead.zip_code
    return not stated.holds(zip_code) if stated and zip_code else None


def _had_before(purchase: Purchase) -> bool:
    """Whether the organisation keeps an earlier purchase of the same home: the same lead, or the same address."""
    lead = purchase.lead
    earlier = Purchase.objects.filter(
        organisation=purchase.organisation_id, bought_at__lt=purchase.bought_at, claim__state=Claim.State.SOLD
    ).exclude(claim__bundle=purchase.claim.bundle)
    home = lead.merged_into_id or lead.pk
    if earlier.filter(lead__merged_into=home).exists() or earlier.filter(lead=home).exists():
        return True
    if not (lead.address_hash and lead.address_line):
        return False
    return earlier.filter(
        lead__address_hash=lead.address_hash, lead__address_line__iexact=lead.address_line
    ).exists()


def return_queue() -> QuerySet[Return]:
    """What waits for a person, the longest waiting first."""
    return Return.objects.filter(state__in=[Return.State.REQUESTED, Return.State.APPEALED]).order_by("requested_at")
