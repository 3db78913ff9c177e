"""Reads of what a member has to do: the steps of their plans, on their own clock."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import Membership, User
from aiqleads.core import clock
from marketplace.engagement.hours import MIDDLE_OF_THE_COUNTRY
from marketplace.models import FollowUp, Purchase

MOST_STEPS: Final = 50
FORGOTTEN_AFTER: Final = timedelta(days=7)
"""A step that nobody did for so long is not shown among today's any more; its purchase still has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStep:
    """A step that is due today, on its member's clock, or was before."""

    step: FollowUp
    purchase: Purchase
    zone: ZoneInfo
    is_due: bool

    @property
    def when(self) -> str:
        """When it is due, for the member: "10:00 AM CST", and on which day where that was before today."""
        return f"{self.step.due_at.astimezone(self.zone):%a %-I:%M %p %Z}"

    @property
    def owners_time(self) -> str:
        """The owner's clock then, where it shows another time; else ""."""
        theirs = self.step.due_at.astimezone(ZoneInfo(self.step.engagement.time_zone or str(self.zone)))
        ours = self.step.due_at.astimezone(self.zone)
        return "" if theirs.utcoffset() == ours.utcoffset() else f"{theirs:%-I:%M %p %Z}"


def steps_today(member: Membership) -> list[DueStep]:
    """What a member has to do before their day ends, the oldest first."""
    now = clock.now()
    mine = open_steps(since=now - FORGOTTEN_AFTER, before=now + timedelta(days=1))
    rows = mine.filter(in_charge([member.pk]))
    return due_today(rows[:MOST_STEPS], user=member.user, now=now)


def in_charge(membership_ids: Collection[UUID]) -> Q:
    """That one of the members works on the purchase of a step, or bought it where nobody does."""
    works_on = Q(engagement__purchase__assignment__member__in=membership_ids)
    bought = Q(engagement__purchase__membership__in=membership_ids)
    return works_on | Q(engagement__purchase__assignment__member=None) & bought


MORNINGS: Final = """
SELECT DISTINCT member.id FROM marketplace_followup step
JOIN marketplace_engagement kit ON kit.purchase_id = step.engagement_id
JOIN marketplace_purchase bought ON bought.id = kit.purchase_id
LEFT JOIN marketplace_assignment work ON work.purchase_id = bought.id
JOIN accounts_membership member ON member.id = coalesce(work.member_id, bought.membership_id)
JOIN accounts_user person ON person.id = member.user_id AND person.is_active
CROSS JOIN LATERAL (
    SELECT %(now)s AT TIME ZONE coalesce(nullif(person.time_zone, ''), nullif(kit.time_zone, ''), %(middle)s) AS now
) theirs
WHERE step.state = 'open' AND step.due_at >= %(since)s AND step.due_at < %(before)s
AND extract(hour FROM theirs.now) >= %(from_hour)s AND extract(hour FROM theirs.now) < %(until_hour)s
AND NOT EXISTS (
    SELECT FROM marketplace_notification
    WHERE membership_id = member.id AND key = 'day:' || to_char(theirs.now, 'YYYY-MM-DD'))
ORDER BY member.id
"""


def members_in_their_morning(
    *, now: datetime, since: datetime, before: datetime, from_hour: int, until_hour: int
) -> list[UUID]:
    """The members in charge of steps of that time for whom it is between two hours, and who had no letter today."""
    facts: dict[str, Any] = {
        "now": now,
        "since": since,
        "before": before,
        "from_hour": from_hour,
        "until_hour": until_hour,
        "middle": str(MIDDLE_OF_THE_COUNTRY),
    }
    with connection.cursor() as cursor:
        cursor.execute(MORNINGS, facts)
        return [row[0] for row in cursor.fetchall()]


def open_steps(*, since: datetime, before: datetime) -> QuerySet[FollowUp]:
    """Open steps that are due in a span of time, each with its purchase."""
    rows = FollowUp.objects.filter(state=FollowUp.State.OPEN, due_at__gte=since, due_at__lt=before)
    whole = rows.select_related("engagement__purchase__lead__listing", "engagement__purchase__assignment")
    return whole.order_by("due_at", "number")


def due_today(steps: Iterable[FollowUp], *, user: User, now: datetime) -> list[DueStep]:
    """Those of a member's steps whose day is today or over."""
    found = []
    for step in steps:
        zone = time_zone_of(user, step)
        if step.due_at.astimezone(zone).date() <= now.astimezone(zone).date():
            purchase = step.engagement.purchase
            found.append(DueStep(step=step, purchase=purchase, zone=zone, is_due=step.due_at <= now))
    return found


def time_zone_of(user: User, step: FollowUp) -> ZoneInfo:
    """The zone that a member chose, or else the one of the home."""
    return ZoneInfo(user.time_zone or step.engagement.time_zone or MIDDLE_OF_THE_COUNTRY)


def access_step(*, viewer: Membership, step_id: UUID) -> FollowUp:
    """One step of a plan of the viewer's organisation.

    :raises FollowUp.DoesNotExist: there is none such for this viewer
    """
    theirs = FollowUp.objects.filter(engagement__purchase__organisation=viewer.organisation_id)
    return theirs.select_related("engagement__purchase__passport").get(pk=step_id)
