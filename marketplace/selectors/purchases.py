"""Reads of what an organisation bought."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Membership, Suppression
from aiqleads.core import clock, keyset
from aiqleads.core.keyset import Ordering, Page
from billing import selectors as billing
from leads.models import Consent, Contact, Lead, Outcome
from marketplace.models import Claim, Purchase
from marketplace.selectors.assignments import assigned_to
from marketplace.selectors.offers import PAGE_SIZE
from marketplace.selectors.sharing import seen_by


def purchases(buyer: Membership) -> QuerySet[Purchase]:
    """Everything the member's organisation bought that they may see, newest first."""
    theirs = Purchase.objects.filter(seen_by(buyer)).order_by("-bought_at", "-pk")
    return _with_what_became(theirs)


def get_purchases(purchase_ids: Iterable[UUID]) -> list[Purchase]:
    """Purchases of whatever organisations, for what the product does by itself."""
    return list(_with_what_became(Purchase.objects.filter(pk__in=list(purchase_ids))))


def get_purchase(purchase_id: UUID) -> Purchase:
    """One purchase of whatever organisation, for what the product does by itself.

    :raises Purchase.DoesNotExist: there is none such
    """
    return _with_what_became(Purchase.objects.all()).get(pk=purchase_id)


def _with_what_became(rows: QuerySet[Purchase]) -> QuerySet[Purchase]:
    whole = rows.select_related(
        *("lead__listing", "passport", "claim__standing_order", "membership__user", "return_request"),
        "assignment__member__user",
    )
    newest = Outcome.objects.filter(sale_id=OuterRef("pk")).order_by("-marked_at", "-pk")
    return whole.annotate(  # type: ignore[no-redef]
        has_objection=Exists(_objections()),
        has_withdrawn=_has_withdrawn(),
        is_erased=Q(lead__state=Lead.State.ERASED) | Q(lead__merged_into__state=Lead.State.ERASED),
        outcome=Subquery(newest.values("status")[:1]),
        read_at=clock.Now(),
    )


def _objections() -> QuerySet[Contact]:
    """Contacts of a purchase's home whose owner asked to be left alone, and did not come back before the sale."""
    home = Q(lead=OuterRef("lead")) | Q(lead=OuterRef("lead__merged_into"))
    came_back = Suppression.objects.filter(
        Q(hash=OuterRef("phone_hash")) | Q(hash=OuterRef("email_hash")),
        lifted_at__gt=OuterRef("objected_at"),
        lifted_at__lte=OuterRef(OuterRef("bought_at")),
    )
    asked = Contact.objects.filter(home, objection=Contact.Objection.DO_NOT_CONTACT)
    return asked.filter(~Exists(came_back))


def _has_withdrawn() -> Q:
    """Whether what the owner sent in is gone, and no consent of theirs stands any more."""
    home = Coalesce(OuterRef("lead__merged_into"), OuterRef("lead"))
    given = Consent.objects.filter(observation__lead=home)
    return Exists(given) & ~Exists(given.filter(observation__gone_at=None))


def purchase_page(
    buyer: Membership, *, whose: str = "", cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[Purchase]:
    """One page of the organisation's purchases, newest first.

    :param whose: as for ``assigned_to``
    :raises NotAColleague: ``whose`` names nobody of the organisation
    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    newest = Ordering(field="bought_at", is_descending=True)
    rows = purchases(buyer).filter(assigned_to(buyer, whose))
    return keyset.page(rows, ordering=newest, cursor=cursor, size=size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one checkout cost, and the wallet around it."""

    purchases: list[Purchase]
    total_credits: int
    balance_after_credits: int

    @property
    def balance_before_credits(self) -> int:
        return self.balance_after_credits + self.total_credits


def receipt(*, buyer: Membership, bought: Sequence[Purchase]) -> Receipt:
    """The receipt of what one checkout bought, at least one purchase; asked again, it says the same."""
    rows = purchases(buyer).filter(pk__in=[purchase.pk for purchase in bought])
    found = list(rows.order_by("lead_id", "claim__slot__number"))
    return Receipt(
        purchases=found,
        total_credits=sum(purchase.price_credits for purchase in found),
        balance_after_credits=billing.balance_after(
            [journal for purchase in found if (journal := purchase.claim.journal_id)]
        ),
    )


def access_purchase(*, viewer: Membership, purchase_id: UUID) -> Purchase:
    """One purchase of the viewer's own organisation, which they may see.

    :raises Purchase.DoesNotExist: there is none such for this viewer
    """
    return purchases(viewer).get(pk=purchase_id)


def own_purchases(viewer: Membership, lead_ids: Iterable[UUID]) -> dict[UUID, Purchase]:
    """Which of the leads the organisation bought and the viewer may see, by lead: a standing purchase first."""
    asked = list(lead_ids)
    if not asked:
        return {}
    theirs = Purchase.objects.filter(seen_by(viewer), lead__in=asked).select_related("claim")
    returned_first = theirs.order_by("claim__state", "pk")
    return {purchase.lead_id: purchase for purchase in returned_first}


def bought_lead(*, viewer: Membership, lead_id: UUID) -> Purchase | None:
    """The organisation's own standing purchase of a lead."""
    return purchases(viewer).filter(lead=lead_id, claim__state=Claim.State.SOLD).first()
