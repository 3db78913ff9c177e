"""Reads of what a member is told, and how they want to hear of it."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from accounts.models import Membership
from aiqleads.core import keyset
from aiqleads.core.keyset import Ordering, Page
from marketplace.models import Notification, NotificationChoice
from marketplace.selectors.offers import PAGE_SIZE

Kind = Notification.Kind
Channel = NotificationChoice.Channel

NEWEST: Final = Ordering(field="made_at", is_descending=True)


def notification_page(
    member: Membership, *, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[Notification]:
    """One page of a member's notifications, newest first.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    rows = Notification.objects.shown().filter(membership=member)
    return keyset.page(rows, ordering=NEWEST, cursor=cursor, size=size)


def access_notification(*, viewer: Membership, notification_id: UUID) -> Notification:
    """One notification of the viewer's own.

    :raises Notification.DoesNotExist: there is none such for this viewer
    """
    return Notification.objects.shown().get(pk=notification_id, membership=viewer)


def unread_notifications(member: Membership) -> int:
    """How many notifications the member has not opened."""
    return Notification.objects.unread().filter(membership=member).count()


def notification_choices(membership_id: UUID) -> dict[tuple[Kind, Channel], bool]:
    """For every kind and channel whether the member wants it; what they never chose is wanted."""
    chosen = NotificationChoice.objects.filter(membership=membership_id)
    kept = {(row.kind, row.channel): row.is_wanted for row in chosen}
    return {(kind, channel): kept.get((kind, channel), True) for kind in Kind for channel in Channel}


def wanted_channels(*, membership_id: UUID, kind: Kind) -> frozenset[Channel]:
    """The ways in which a member wants to hear of this kind of fact."""
    unwanted = unwanted_news([membership_id])
    return frozenset(channel for channel in Channel if (membership_id, kind, channel) not in unwanted)


def unwanted_news(membership_ids: Collection[UUID]) -> set[tuple[UUID, str, str]]:
    """What members do not want to hear of: member, kind, channel."""
    refused = NotificationChoice.objects.filter(membership__in=membership_ids, is_wanted=False)
    return set(refused.values_list("membership_id", "kind", "channel"))
