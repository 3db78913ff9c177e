"""What became of bought leads: marked by their buyers, and asked for once when a week has passed."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core import signing
from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts import permissions
from accounts.models import Membership
from aiqleads.core import clock, transactions
from leads.models import Outcome
from leads.outcomes import note_outcome
from marketplace import errors
from marketplace.models import Claim, Notification, Purchase
from marketplace.services.notifying import notify

ASK_AFTER: Final = timedelta(days=7)
ASK_UNTIL: Final = timedelta(days=30)
"""What was bought longer ago is not asked about any more."""
LINK_WORKS_FOR: Final = timedelta(days=90)
_SALT: Final = "marketplace.outcome"


@transactions.write
def mark_outcome(
    *, purchase_id: UUID, buyer: Membership, status: Outcome.Status, via: Outcome.Via = Outcome.Via.PAGE
) -> Outcome:
    """Mark what became of a standing purchase; the same status again changes nothing.

    :raises Purchase.DoesNotExist: their organisation has none such
    :raises NotYourRole | GivenBack: as they say
    """
    permissions.require(buyer, permissions.Action.WORK)
    purchase = Purchase.objects.get(pk=purchase_id, organisation=buyer.organisation_id)
    claim = Claim.objects.filter(pk=purchase.claim_id).locked().get()
    if claim.state != Claim.State.SOLD:
        raise errors.GivenBack("You gave this lead back, so nothing is marked for it any more.")
    return note_outcome(
        lead_id=purchase.lead_id, sale_id=purchase.pk, status=status, via=via, actor_id=buyer.user_id
    )


def ask_for_outcomes() -> None:
    """Ask who works on purchases that are a week old and have no outcome, each once. Safe to run again."""
    now = clock.now()
    marked = Outcome.objects.filter(sale_id=OuterRef("pk"))
    due = Purchase.objects.filter(
        ~Exists(marked), bought_at__range=(now - ASK_UNTIL, now - ASK_AFTER), claim__state=Claim.State.SOLD
    )
    for purchase in due.select_related("lead", "assignment").order_by("bought_at").iterator():
        _ask(purchase)


@transactions.write
def _ask(purchase: Purchase) -> None:
    notify(
        membership_id=purchase.in_charge_id,
        kind=Notification.Kind.OUTCOME_ASKED,
        key=f"outcome:{purchase.pk}",
        says=f"What became of this lead: {purchase.lead}, bought on {purchase.bought_at:%B %-d}?",
        path=reverse("marketplace:mark_outcome_by_letter", args=[outcome_token(purchase)]),
    )


def outcome_token(purchase: Purchase) -> str:
    """What the link of a letter carries: one purchase, and the member who works on it. It opens no contact."""
    return signing.dumps([str(purchase.pk), str(purchase.in_charge_id)], salt=_SALT)


def read_outcome_token(token: str) -> tuple[Purchase, Membership]:
    """The purchase of a letter's link, and who marks.

    :raises signing.BadSignature: we did not write it, or longer ago than ``LINK_WORKS_FOR``
    :raises Membership.DoesNotExist: the member left or is suspended
    """
    purchase_id, membership_id = signing.loads(token, salt=_SALT, max_age=LINK_WORKS_FOR)
    buyers = Membership.objects.select_related("user").filter(user__is_active=True)
    purchase = Purchase.objects.select_related("lead__listing", "claim").get(pk=purchase_id)
    return purchase, buyers.get(pk=membership_id, organisation=purchase.organisation_id)
