"""Telling members what happened: once each, in the ways they chose.

The row is written with the fact; letters leave later, from an event, and a letter is sent at least once.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Membership
from aiqleads.core import clock, events, transactions
from marketplace import selectors
from marketplace.events import MemberNotified
from marketplace.models import Notification, NotificationChoice

Kind = Notification.Kind
Channel = NotificationChoice.Channel

_SALT: Final = "marketplace.notifications.unsubscribe"


def notify(*, membership_id: UUID, kind: Kind, key: str, says: str, path: str, body: str = "") -> None:
    """Tell one member one fact. Joins the caller's transaction; the same ``key`` again tells nothing.

    :param key: names the fact among all that this member is ever told
    :param says: a sentence that ends without a full stop needs none added: it is a headline and a mail's subject
    :param path: the page to open, from ``/`` on
    :param body: what a letter says beside it
    """
    transactions.require_transaction()
    wanted = selectors.wanted_channels(membership_id=membership_id, kind=kind)
    if not wanted:
        return
    notification, is_new = Notification.objects.get_or_create(
        membership_id=membership_id,
        key=key,
        defaults={
            "kind": kind,
            "says": says[:300],
            "body": body,
            "path": path,
            "is_shown": Channel.IN_APP in wanted,
        },
    )
    if is_new:
        events.publish(MemberNotified(notification_id=notification.pk))


def mail_notification(*, notification_id: UUID) -> None:
    """Send the letter of a notification where its member wants one. Again after a success sends nothing."""
    notification = (
        Notification.objects.filter(pk=notification_id, mailed_at=None, read_at=None)
        .select_related("membership__user")
        .first()
    )
    if notification is None or not notification.membership.user.is_active:
        return
    kind = Kind(notification.kind)
    if Channel.EMAIL in selectors.wanted_channels(membership_id=notification.membership_id, kind=kind):
        _letter(notification).send()
        Notification.objects.filter(pk=notification.pk).update(mailed_at=clock.Now())


def _letter(notification: Notification) -> EmailMessage:
    stop_url = f"{settings.SITE_URL}{reverse('marketplace:unsubscribe', args=[unsubscribe_token(notification)])}"
    body = render_to_string(
        "marketplace/letters/notification.txt",
        {
            "notification": notification,
            "url": f"{settings.SITE_URL}{notification.path}",
            "choices_url": f"{settings.SITE_URL}{reverse('marketplace:notification_choices')}",
            "stop_url": stop_url,
        },
    )
    one_click = {"List-Unsubscribe": f"<{stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return EmailMessage(notification.says, body, to=[notification.membership.user.email], headers=one_click)


@transactions.write
def mark_read(*, membership: Membership, notification_ids: list[UUID] | None = None) -> int:
    """Note that a member has seen these notifications, or all of them; return how many were unread."""
    unread = Notification.objects.unread().filter(membership=membership)
    if notification_ids is not None:
        unread = unread.filter(pk__in=notification_ids)
    return unread.update(read_at=clock.Now())


@transactions.write
def choose_notifications(*, membership_id: UUID, choices: Mapping[tuple[Kind, Channel], bool]) -> None:
    """Keep by which channels a member wants to hear of which kinds; what is not named stays as it is."""
    NotificationChoice.objects.bulk_create(
        [
            NotificationChoice(membership_id=membership_id, kind=kind, channel=channel, is_wanted=is_wanted)
            for (kind, channel), is_wanted in sorted(choices.items())
        ],
        update_conflicts=True,
        unique_fields=["membership", "kind", "channel"],
        update_fields=["is_wanted"],
    )


def unsubscribe_token(notification: Notification) -> str:
    """What a letter's link carries: whose letters of which kind end. It opens nothing else, and never ends."""
    return signing.dumps([str(notification.membership_id), notification.kind], salt=_SALT)


def read_unsubscribe_token(token: str) -> tuple[UUID, Kind]:
    """Whose letters of which kind the link of a letter ends.

    :raises signing.BadSignature: we did not write it
    """
    membership_id, kind = signing.loads(token, salt=_SALT)
    return UUID(membership_id), Kind(kind)
