"""What an operator has to look at: opened where it is noticed, closed when it is over. One open alert per key.

Text and key name sources, fields and days; never a person, an address or a price that was not published.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import models, transaction
from django.db.models import F, QuerySet

from aiqleads.core import audit, clock
from aiqleads.core.models import Alert

log = structlog.get_logger(__name__)

SAYS_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a watch found wrong; ``key`` begins with the watch's area."""

    key: str
    says: str
    subject: models.Model | None = None


Watch = Callable[[], Iterable[Finding]]

_WATCHES: dict[str, Watch] = {}


def watch(area: str, find: Watch) -> None:
    """Have ``find`` called by ``check_all``: an open alert of ``area`` that it no longer finds is closed.

    :param area: what its keys begin with, up to the colon (``"right.expiring"``)
    """
    _WATCHES[area] = find


def check_all() -> QuerySet[Alert]:
    """Ask every watch, and return what is open then. Safe to run twice and side by side."""
    for area, find in sorted(_WATCHES.items()):
        found = {finding.key: finding for finding in find()}
        for finding in found.values():
            open_alert(key=finding.key, says=finding.says, subject=finding.subject)
        gone = open_alerts().filter(key__startswith=f"{area}:").exclude(key__in=found)
        for key in gone.values_list("key", flat=True):
            close_alert(key=key)
    return open_alerts()


def open_alerts() -> QuerySet[Alert]:
    """What somebody has to look at now, the newest first."""
    return Alert.objects.filter(closed_at=None).order_by("-opened_at", "key")


def open_alert(*, key: str, says: str, subject: models.Model | None = None) -> Alert:
    """Tell operators of something. The same key again, while it is open, is the same alert with newer words.

    Joins the caller's transaction, if there is one.
    """
    told = says[:SAYS_CHARACTERS]
    row = f"{subject._meta.label_lower}:{subject.pk}" if subject else ""
    with transaction.atomic():
        alert, is_new = Alert.objects.select_for_update().get_or_create(
            key=key, closed_at=None, defaults={"says": told, "subject": row}
        )
        if not is_new:
            alert.says, alert.subject = told, row
            alert.times, alert.noticed_at = F("times") + 1, clock.Now()
            alert.save(update_fields=["says", "subject", "times", "noticed_at"])
            alert.refresh_from_db()
    if is_new:
        log.warning("alert.opened", area=key.partition(":")[0], alert=str(alert.pk))
    return alert


def close_alert(*, key: str, actor_id: int | None = None) -> bool:
    """Note that an alert is over; return whether it was open. Joins the caller's transaction, if there is one.

    :param actor_id: the operator who dealt with it; None where the product saw that it is over
    """
    with transaction.atomic():
        alert = Alert.objects.select_for_update().filter(key=key, closed_at=None).first()
        if alert is None:
            return False
        alert.closed_at = clock.Now()
        alert.save(update_fields=["closed_at"])
        if actor_id is not None:
            audit.record(actor_id=actor_id, action="alert.closed", subject=alert, key=key)
    return True


def mail_new_alerts() -> int:
    """Send what was opened since the last mail to ``ALERT_EMAILS``, in one mail; return how many alerts.

    A mail that cannot be sent raises, and its alerts are sent next time: at least once.
    """
    if not settings.ALERT_EMAILS:
        return 0
    new = list(open_alerts().filter(mailed_at=None)[:100])
    if new:
        subject = "1 alert" if len(new) == 1 else f"{len(new)} alerts"
        send_mail(f"AIQLeads: {subject}", "\n\n".join(alert.says for alert in new), None, settings.ALERT_EMAILS)
        Alert.objects.filter(pk__in=[alert.pk for alert in new]).update(mailed_at=clock.Now())
    return len(new)
