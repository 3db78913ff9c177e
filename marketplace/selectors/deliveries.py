"""Reads of what was delivered to an organisation, and where it has it sent."""

from typing import Final
from uuid import UUID

from django.db.models import Case, Prefetch, QuerySet, When

from accounts.models import Membership
from aiqleads.core import keyset
from aiqleads.core.keyset import Ordering, Page
from marketplace.models import Delivery, DeliveryChoice, DeliveryEvent, DeliveryTry, Purchase, Receiver
from marketplace.selectors.offers import PAGE_SIZE

LOG_ROWS: Final = 50
NEWEST: Final = Ordering(field="made_at", is_descending=True)


def _with_tries(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    tries = Prefetch("all_tries", DeliveryTry.objects.order_by("number"))
    return deliveries.select_related("receiver").prefetch_related(tries)


def deliveries_of(purchase: Purchase) -> list[Delivery]:
    """How a purchase was delivered; copies that were bought as one were delivered as one."""
    together = Delivery.objects.filter(purchase__claim__bundle=purchase.claim.bundle)
    here_first = Case(When(channel=Delivery.Channel.IN_APP, then=0), default=1)
    return list(_with_tries(together).order_by("made_at", here_first, "channel", "pk"))


def receiver_log(receiver: Receiver) -> list[Delivery]:
    """The last deliveries to a receiver, newest first."""
    newest = Delivery.objects.filter(receiver=receiver).order_by("-made_at", "-pk")
    return list(_with_tries(newest)[:LOG_ROWS])


def given_up(receiver: Receiver) -> int:
    """How many deliveries wait for nothing but to be sent to a receiver again, tests aside."""
    dead = Delivery.objects.filter(receiver=receiver, state=Delivery.State.DEAD)
    return dead.exclude(event=DeliveryEvent.TEST).count()


def delivery_page(receiver: Receiver, *, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[Delivery]:
    """One page of the deliveries to a receiver, newest first.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    rows = _with_tries(Delivery.objects.filter(receiver=receiver))
    return keyset.page(rows, ordering=NEWEST, cursor=cursor, size=size)


def access_delivery(*, viewer: Membership, delivery_id: UUID) -> Delivery:
    """One delivery of the viewer's own organisation.

    :raises Delivery.DoesNotExist: there is none such for this viewer
    """
    return _with_tries(Delivery.objects.filter(organisation=viewer.organisation_id)).get(pk=delivery_id)


def webhooks(viewer: Membership) -> list[Receiver]:
    """The organisation's webhooks, the oldest first."""
    return list(_receivers(viewer).filter(kind=Receiver.Kind.WEBHOOK).order_by("made_at", "pk"))


def access_webhook(*, viewer: Membership, receiver_id: UUID) -> Receiver:
    """One webhook of the viewer's own organisation.

    :raises Receiver.DoesNotExist: there is none such for this viewer
    """
    return _receivers(viewer).get(pk=receiver_id, kind=Receiver.Kind.WEBHOOK)


def follow_up_boss(viewer: Membership) -> Receiver | None:
    """The organisation's Follow Up Boss account."""
    return _receivers(viewer).filter(kind=Receiver.Kind.FOLLOW_UP_BOSS).first()


def _receivers(viewer: Membership) -> QuerySet[Receiver]:
    return Receiver.objects.filter(organisation=viewer.organisation_id, removed_at=None)


def is_mailed(organisation_id: UUID) -> bool:
    """Whether bought leads are mailed to who bought them."""
    return not DeliveryChoice.objects.filter(pk=organisation_id, is_mailed=False).exists()
