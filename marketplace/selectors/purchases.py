"""Reads of what an organisation bought."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Membership
from aiqleads.core import keyset
from aiqleads.core.keyset import Ordering, Page
from leads.models import Contact
from marketplace.models import Claim, Purchase
from marketplace.selectors.offers import PAGE_SIZE


def purchases(buyer: Membership) -> QuerySet[Purchase]:
    """Everything the member's organisation bought, newest first."""
    theirs = Purchase.objects.filter(organisation=buyer.organisation_id).order_by("-bought_at", "-pk")
    whole = theirs.select_related("lead__listing", "passport", "claim", "membership__user", "return_request")
    return whole.annotate(has_objection=Exists(_objections()))  # type: ignore[no-redef]


def _objections() -> QuerySet[Contact]:
    """Contacts of a purchase's home whose owner asked to be left alone."""
    home = Q(lead=OuterRef("lead")) | Q(lead=OuterRef("lead__merged_into"))
    return Contact.objects.filter(home, objection=Contact.Objection.DO_NOT_CONTACT)


def purchase_page(buyer: Membership, *, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[Purchase]:
    """One page of the organisation's purchases, newest first.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    newest = Ordering(field="bought_at", is_descending=True)
    return keyset.page(purchases(buyer), ordering=newest, cursor=cursor, size=size)


def access_purchase(*, viewer: Membership, purchase_id: UUID) -> Purchase:
    """One purchase of the viewer's own organisation.

    :raises Purchase.DoesNotExist: there is none such for this viewer
    """
    return purchases(viewer).get(pk=purchase_id)


def bought_lead(*, viewer: Membership, lead_id: UUID) -> Purchase | None:
    """The organisation's own standing purchase of a lead."""
    return purchases(viewer).filter(lead=lead_id, claim__state=Claim.State.SOLD).first()
