"""Telling who holds or bought a lead what its owner said of it: a correction, or that they be left alone."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from aiqleads.core import transactions
from marketplace.models import Claim, Notification, Purchase
from marketplace.services.notifying import News, notify_all

IN_WORDS: Final = {
    "name": "the name",
    "phone": "the telephone number",
    "not_phone": "a telephone number that is not theirs",
    "email": "the e-mail address",
    "address": "the address",
    "price": "the price",
    "beds": "the bedrooms",
    "not_for_sale": "that the home is not for sale",
}
LEFT_ALONE: Final = (
    "Do not call, text, write to or visit the owner any more. Every channel of the lead's passport is closed, and "
    "the texts and the plan that were written for it are gone."
)


@transactions.write
def tell_of_correction(*, lead_id: UUID, observation_id: UUID, fields: Sequence[str]) -> int:
    """Tell who holds or bought a lead what its owner corrected; return how many. Again tells nobody."""
    what = ", ".join(IN_WORDS[name] for name in fields if name in IN_WORDS)
    key = f"corrected:{observation_id}"
    bought = [
        _news(member, key, f"The owner of a lead that you bought corrected {what}", purchase.get_absolute_url())
        for purchase in _standing(lead_id)
        for member in sorted({purchase.membership_id, purchase.in_charge_id})
    ]
    page = reverse("marketplace:lead_detail", args=[lead_id])
    held = [
        _news(claim.membership_id, key, f"The owner of a lead that you hold corrected {what}", page)
        for claim in Claim.objects.live().filter(_of(lead_id), state=Claim.State.HELD).order_by("pk")
    ]
    return _tell([*bought, *held])


@transactions.write
def tell_of_objection(*, lead_id: UUID) -> int:
    """Tell who bought a lead that its owner wants to be left alone; return how many. Again tells nobody."""
    return _tell(
        [
            News(
                membership_id=member,
                kind=Notification.Kind.OBJECTION,
                key=f"objection:{purchase.pk}",
                says="The owner of a lead that you bought asked not to be contacted any more",
                body=LEFT_ALONE,
                path=purchase.get_absolute_url(),
            )
            for purchase in _standing(lead_id)
            for member in sorted({purchase.membership_id, purchase.in_charge_id})
        ]
    )


def _news(membership_id: UUID, key: str, says: str, path: str) -> News:
    return News(membership_id=membership_id, kind=Notification.Kind.CORRECTED, key=key, says=says, path=path)


def _tell(news: Iterable[News]) -> int:
    told = list(news)
    notify_all(told)
    return len(told)


def _of(lead_id: UUID) -> Q:
    return Q(lead=lead_id) | Q(lead__merged_into=lead_id)


def _standing(lead_id: UUID) -> QuerySet[Purchase]:
    bought = Purchase.objects.filter(_of(lead_id), claim__state=Claim.State.SOLD)
    return bought.select_related("assignment").order_by("pk")
