"""Telling members what happened: once each, in the ways they chose.

The row is written with the fact; letters leave later, from an event, and a letter is sent at least once.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Membership
from aiqleads.core import clock, events, transactions
from marketplace import selectors
from marketplace.events import MemberNotified
from marketplace.models import Notification, NotificationChoice

Kind = Notification.Kind
Channel = NotificationChoice.Channel

EVERY_WAY: Final = frozenset(Channel)
_SALT: Final = "marketplace.notifications.unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One fact for one member.

    :param key: names the fact among all that this member is ever told
    :param says: a sentence that ends without a full stop needs none added: it is a headline and a mail's subject
    :param path: the page to open, from ``/`` on
    :param body: what a letter says beside it
    :param channels: the ways that this fact may go; a member's choice narrows them further
    """

    membership_id: UUID
    kind: Kind
    key: str
    says: str
    path: str
    body: str = ""
    channels: frozenset[Channel] = EVERY_WAY


def notify(
    *,
    membership_id: UUID,
    kind: Kind,
    key: str,
    says: str,
    path: str,
    body: str = "",
    channels: frozenset[Channel] = EVERY_WAY,
) -> None:
    """Tell one member one fact: ``News``. Joins the caller's transaction; the same ``key`` again tells nothing."""
    news = News(membership_id=membership_id, kind=kind, key=key, says=says, path=path, body=body, channels=channels)
    notify_all([news])


def notify_all(news: Sequence[News]) -> None:
    """Tell many facts at once. Joins the caller's transaction; what a member was told before tells nothing."""
    transactions.require_transaction()
    members = {one.membership_id for one in news}
    unwanted, pushed_to = selectors.unwanted_news(members), selectors.pushed_to(members)
    rows = [row for one in news for row in _rows(one, unwanted, can_be_pushed=one.membership_id in pushed_to)]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    told = Notification.objects.filter(Q(is_mailed=True) | Q(is_pushed=True), pk__in=[row.pk for row in rows])
    events.publish(*(MemberNotified(notification_id=pk) for pk in told.values_list("pk", flat=True)))


def _rows(news: News, unwanted: Set[tuple[UUID, str, str]], *, can_be_pushed: bool) -> Iterator[Notification]:
    """The row of one fact; none where its member wants to hear of it in no way."""
    wanted = {way for way in news.channels if (news.membership_id, news.kind, way) not in unwanted}
    if not can_be_pushed:
        wanted -= {Channel.PUSH}
    if wanted:
        yield Notification(
            membership_id=news.membership_id,
            key=news.key,
            kind=news.kind,
            says=news.says[:300],
            body=news.body,
            path=news.path,
            is_shown=Channel.IN_APP in wanted,
            is_mailed=Channel.EMAIL in news.channels,
            is_pushed=Channel.PUSH in wanted,
        )


def mail_notification(*, notification_id: UUID) -> None:
    """Send the letter of a notification where its member wants one. Again after a success sends nothing."""
    notification = (
        Notification.objects.filter(pk=notification_id, is_mailed=True, mailed_at=None, read_at=None)
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
    subject = " ".join(notification.says.split())  # it quotes names that members wrote, maybe on two lines
    return EmailMessage(subject, body, to=[notification.membership.user.email], headers=one_click)


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
