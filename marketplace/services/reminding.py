"""The steps of plans as reminders: told when they are due, mailed once a morning, done, skipped or put off."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.urls import reverse

from accounts import permissions
from accounts.models import Membership
from aiqleads.core import clock, transactions
from marketplace import errors, selectors
from marketplace.engagement.hours import MIDDLE_OF_THE_COUNTRY, due_at, part_of
from marketplace.models import Claim, FollowUp, Notification, NotificationChoice
from marketplace.selectors.reminding import DueStep
from marketplace.services.notifying import News, notify_all
from marketplace.services.outcomes import outcome_token

Channel = NotificationChoice.Channel


class Action(models.TextChoices):
    """What a member may do with a step."""

    DONE = "done", "Done"
    SKIP = "skip", "Skip"
    SNOOZE = "snooze", "Tomorrow"


LETTER_FROM_HOUR: Final = 7
LETTER_UNTIL_HOUR: Final = 12
"""When on a member's clock the letter of a day may leave; later that day nobody wants it any more."""
LETTER_LOOKS_BACK: Final = timedelta(days=3)
STEPS_AT_ONCE: Final = 200
MEMBERS_AT_ONCE: Final = 50


class _Span(TypedDict):
    """From when until when steps are due."""

    since: datetime
    before: datetime


def remind() -> None:
    """End what its passport outlived, tell what is due, and mail the plan of the day. Safe to run again."""
    now = clock.now()
    _end_outlived()
    while _tell_some(since=now - selectors.FORGOTTEN_AFTER, before=now):
        pass
    today = _Span(since=now - LETTER_LOOKS_BACK, before=now + timedelta(days=1))
    in_their_morning = selectors.members_in_their_morning(
        now=now, **today, from_hour=LETTER_FROM_HOUR, until_hour=LETTER_UNTIL_HOUR
    )
    for start in range(0, len(in_their_morning), MEMBERS_AT_ONCE):
        _mail_some(in_their_morning[start : start + MEMBERS_AT_ONCE], today, now)


@transactions.write
def _end_outlived() -> None:
    outlived = FollowUp.objects.filter(
        state=FollowUp.State.OPEN, engagement__purchase__passport__valid_until__lte=clock.Now()
    )
    outlived.update(state=FollowUp.State.ENDED, closed_at=clock.Now())


@transactions.write
def _tell_some(*, since: datetime, before: datetime) -> int:
    """Tell the next steps that are due; return how many they were. What somebody changes just now is left."""
    due = selectors.open_steps(since=since, before=before).filter(told_at=None)
    some = list(due.select_for_update(of=("self",), skip_locked=True)[:STEPS_AT_ONCE])
    notify_all([_news(step) for step in some])
    return FollowUp.objects.filter(pk__in=[step.pk for step in some]).update(told_at=clock.Now())


def _news(step: FollowUp) -> News:
    purchase = step.engagement.purchase
    return News(
        membership_id=purchase.in_charge_id,
        kind=Notification.Kind.PLAN,
        key=f"step:{step.pk}:{step.due_at:%Y%m%d%H%M}",
        says=f"{purchase.lead}: {step.says}",
        path=f"{purchase.get_absolute_url()}#engagement",
        channels=frozenset(Channel) - {Channel.EMAIL},
    )


@transactions.write
def _mail_some(membership_ids: list[UUID], today: _Span, now: datetime) -> None:
    """Write the letters of some members' day."""
    theirs = selectors.open_steps(**today).filter(selectors.in_charge(membership_ids))
    notify_all([letter for member, steps in _by_member(theirs) for letter in _letter(member, steps, now)])


def _by_member(steps: Iterable[FollowUp]) -> Iterator[tuple[Membership, list[FollowUp]]]:
    """The steps of each active member, by who is in charge."""
    found: dict[UUID, list[FollowUp]] = defaultdict(list)
    for step in steps:
        found[step.engagement.purchase.in_charge_id].append(step)
    active = Membership.objects.filter(pk__in=found, user__is_active=True).select_related("user")
    for member in active.order_by("pk"):
        yield member, found[member.pk]


def _letter(member: Membership, steps: list[FollowUp], now: datetime) -> Iterator[News]:
    """The letter of a member's day, in their morning; none where nothing is due."""
    due = selectors.due_today(steps, user=member.user, now=now)
    if not due:
        return
    local = now.astimezone(due[0].zone)
    if LETTER_FROM_HOUR <= local.hour < LETTER_UNTIL_HOUR:
        yield News(
            membership_id=member.pk,
            kind=Notification.Kind.PLAN,
            key=f"day:{local:%Y-%m-%d}",
            says=f"Your plans today: {len(due)} step{'' if len(due) == 1 else 's'}",
            body="\n\n".join(map(_lines, due)),
            path=reverse("landing"),
            channels=frozenset({Channel.EMAIL}),
        )


def _lines(due: DueStep) -> str:
    """One step in a letter: what the member may see anyway, and nobody's name or number."""
    marking = reverse("marketplace:mark_outcome_by_letter", args=[outcome_token(due.purchase)])
    owners = f" ({due.owners_time} for the owner)" if due.owners_time else ""
    return "\n".join(
        [
            f"{due.when}{owners}: {due.step.says}",
            f"{due.purchase.lead}: {settings.SITE_URL}{due.purchase.get_absolute_url()}",
            f"You know what became of it? {settings.SITE_URL}{marking}",
        ]
    )


@transactions.write
def change_step(*, step_id: UUID, member: Membership, action: Action) -> FollowUp:
    """Note that a step was done or is left out, or put it off to the same part of the owner's next day.

    :raises FollowUp.DoesNotExist: their organisation has none such
    :raises NotYourRole | StepClosed | PassportEnds: as they say; nothing was changed
    """
    step = _locked_step(step_id, member)
    if action == Action.SNOOZE:
        changed = _snoozed(step)
    else:
        step.state = FollowUp.State.DONE if action == Action.DONE else FollowUp.State.SKIPPED
        step.closed_at, step.closed_by = clock.now(), member
        changed = ["state", "closed_at", "closed_by"]
    with errors.refusals():
        step.save(update_fields=changed)
    return step


def _snoozed(step: FollowUp) -> list[str]:
    zone = ZoneInfo(step.engagement.time_zone or MIDDLE_OF_THE_COUNTRY)
    begins_at = max(clock.now(), step.due_at)
    step.due_at = due_at(
        begins_at=begins_at,
        days_after=1,
        part=part_of(step.due_at, zone),
        zone=zone,
        state_code=step.engagement.purchase.lead.state_code,
    )
    step.told_at = None
    return ["due_at", "told_at"]


def _locked_step(step_id: UUID, member: Membership) -> FollowUp:
    """Lock the claim before its step, as what ends a sale does."""
    permissions.require(member, permissions.Action.WORK)
    kit = selectors.access_step(viewer=member, step_id=step_id).engagement
    Claim.objects.filter(purchase=kit.pk).locked().get()
    return (
        FollowUp.objects.select_related("engagement__purchase__lead")
        .select_for_update(of=("self",))
        .get(pk=step_id)
    )
