"""Telling members on their telephones: sent after the fact is committed, tried again while it is news.

What is due stands on the notification itself, so nothing is lost with the broker. A notice is sent at least once;
its collapse key makes it one on the telephone. It carries no name, no place and no link: the app asks the API.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db.models import Q

from accounts.models import Membership
from aiqleads.core import clock, push, transactions
from aiqleads.core.personal_data import keyed_hash, keyed_hashes
from marketplace import selectors
from marketplace.models import Device, Notification, NotificationChoice

log = structlog.get_logger(__name__)

MOST_DEVICES: Final = 10
NEWS_FOR: Final = timedelta(hours=1)
"""What could not be pushed within it is not pushed any more: it stands among the alerts."""
FIRST_WAIT: Final = timedelta(minutes=1)
BATCH: Final = 100
_PURPOSE: Final = "push token"


@transactions.write
def register_device(*, member: Membership, token: str, platform: Device.Platform, name: str = "") -> Device:
    """Tell a member on this device from now on. A token that another member registered moves to this one.

    Of more than ``MOST_DEVICES`` the oldest is forgotten.
    """
    Membership.objects.select_for_update(no_key=True).get(pk=member.pk)
    token_hash = keyed_hash(token, purpose=_PURPOSE)
    known = Device.objects.filter(token_hash__in=keyed_hashes(token, purpose=_PURPOSE))
    known.exclude(token_hash=token_hash).delete()  # under a key that was replaced since
    facts = {"membership": member, "token": token, "platform": platform, "name": name, "registered_at": clock.now()}
    Device.objects.bulk_create(
        [Device(token_hash=token_hash, **facts)],
        update_conflicts=True,
        unique_fields=["token_hash"],
        update_fields=list(facts),
    )
    too_old = Device.objects.filter(membership=member).order_by("-registered_at", "-pk")[MOST_DEVICES:]
    Device.objects.filter(pk__in=list(too_old.values_list("pk", flat=True))).delete()
    return Device.objects.get(token_hash=token_hash)


@transactions.write
def forget_device(*, member: Membership, device_id: UUID) -> None:
    """Tell the member on this device no more.

    :raises Device.DoesNotExist: it is none of theirs
    """
    Device.objects.get(pk=device_id, membership=member).delete()


def push_due() -> int:
    """Push what is due, the oldest first; return how many notifications were settled. Safe to run twice.

    A service that is busy or out of reach ends the run: the rest waits with what failed.
    """
    if not push.is_available():
        return 0
    settled = 0
    for notification in _leased():
        if not _push(notification):
            break
        Notification.objects.filter(pk=notification.pk).update(pushed_at=clock.Now())
        settled += 1
    return settled


@transactions.write
def _leased() -> list[Notification]:
    """Take what is due for this run; whatever a crash leaves is due again when its wait is over."""
    due = Notification.objects.filter(
        is_pushed=True,
        pushed_at=None,
        read_at=None,
        push_retry_at__lte=clock.Now(),
        made_at__gt=clock.now() - NEWS_FOR,
        membership__user__is_active=True,
    )
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("made_at", "pk")[:BATCH])
    now = clock.now()
    for row in rows:
        row.push_retry_at, row.push_tries = now + FIRST_WAIT * 2**row.push_tries, row.push_tries + 1
    Notification.objects.bulk_update(rows, ["push_retry_at", "push_tries"])
    return rows


def _push(notification: Notification) -> bool:
    """Push to every device of its member, and forget those that are gone; False where the service cannot now."""
    kind = Notification.Kind(notification.kind)
    wanted = selectors.wanted_channels(membership_id=notification.membership_id, kind=kind)
    if NotificationChoice.Channel.PUSH not in wanted:
        return True
    notice = push.Notice(
        title="AIQLeads",
        body=kind.label,
        collapse_key=str(notification.pk),
        data={"kind": kind.value, "notification": str(notification.pk)},
    )
    for device in Device.objects.filter(membership=notification.membership_id).order_by("pk"):
        try:
            push.send(token=str(device.token), notice=notice)
        except push.DeviceGone:
            device.delete()
        except push.PushUnavailable as error:
            log.warning("push.unavailable", why=str(error))
            _wait(notification, error.retry_after_seconds)
            return False
    return True


def _wait(notification: Notification, seconds: int | None) -> None:
    """Wait for as long as the service asked, where that is longer than we would."""
    if seconds is not None:
        later = clock.now() + timedelta(seconds=seconds)
        Notification.objects.filter(Q(push_retry_at__lt=later), pk=notification.pk).update(push_retry_at=later)
