"""Public reads of what is on offer, who has which plan, and what a change would cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat

from accounts.models import Membership
from aiqleads.core import clock
from aiqleads.core.clock import Now
from billing import dunning, proration
from billing.errors import PlanNotOffered
from billing.models import (
    Account,
    Bill,
    Dispute,
    Entry,
    Journal,
    Payment,
    Plan,
    PlanChange,
    Refund,
    Subscription,
    SubscriptionPeriod,
)
from billing.proration import Period
from billing.providers import choosing
from billing.selectors.paying import tax_rate_of
from billing.tax import part_of

LOOKED_AT_LEAST: Final = timedelta(hours=24)
"""A live subscription is looked at so often, whatever events came."""
PAGE_LIVES: Final = timedelta(hours=26)
"""How long a provider's page for a new subscription may still be finished: a day, and a look after it."""
AGAIN_AFTER: Final = timedelta(minutes=10)


def plans_offered() -> list[Plan]:
    """The plans that can be had now, the cheapest first."""
    return list(Plan.objects.filter(offered_until=None).order_by("price_cents", "code"))


def plans_for(organisation_id: UUID) -> list[Plan]:
    """The same, but the organisation's own in the version that it has, which may be offered no more."""
    own = find_subscription(organisation_id)
    return [own.plan if own and own.plan.code == plan.code else plan for plan in plans_offered()]


def get_plan(code: str) -> Plan:
    """The version of a plan that is on offer.

    :raises PlanNotOffered: there is none
    """
    plan = Plan.objects.filter(code=code, offered_until=None).first()
    if plan is None:
        raise PlanNotOffered("There is no such plan.", field="plan", offered=[one.code for one in plans_offered()])
    return plan


def find_subscription(organisation_id: UUID) -> Subscription | None:
    """What the organisation subscribes to now, or None: it is on Starter."""
    live = Subscription.objects.filter(organisation=organisation_id, status__in=Subscription.LIVE)
    return live.select_related("plan", "next_plan", "organisation").first()


def subscription_at(*, provider: str, object_id: str) -> Subscription | None:
    """The subscription that a provider calls so: by its own id, a bill's, or the page's that it was begun on."""
    theirs = Subscription.objects.filter(provider=provider)
    return theirs.filter(
        Q(subscription_id=object_id) | Q(checkout_id=object_id) | Q(bills__bill_id=object_id)
    ).first()


def open_bills(subscription: Subscription) -> list[Bill]:
    """What the provider could not collect yet, the oldest first."""
    return list(
        subscription.bills.filter(status=Bill.Status.OPEN).select_related("plan").order_by("starts_at", "pk")
    )


def find_unpaid_upgrade(subscription: Subscription) -> Bill | None:
    """The difference to a larger plan that waits for its payment: until that comes or lapses, nothing changes."""
    return next((bill for bill in open_bills(subscription) if bill.is_upgrade), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """What a plan's provider could not collect.

    :ivar bills: the oldest first; never empty
    :ivar until: when the plan ends unless they are paid
    """

    bills: list[Bill]
    until: datetime


def find_overdue(organisation_id: UUID) -> Overdue | None:
    """The bills that the organisation's plan is past due with; None where it is not. One query."""
    late = Bill.objects.filter(
        subscription__organisation=organisation_id,
        subscription__status=Subscription.Status.PAST_DUE,
        status=Bill.Status.OPEN,
    )
    bills = list(late.select_related("plan", "subscription").order_by("starts_at", "pk"))
    since = bills[0].subscription.past_due_since if bills else None
    return Overdue(bills=bills, until=since + dunning.GRACE) if since else None


def last_period(subscription: Subscription) -> SubscriptionPeriod | None:
    """The last that was paid for or tried."""
    return subscription.periods.select_related("plan").order_by("-ends_at", "-pk").first()


def plan_in_force(subscription: Subscription) -> Plan:
    """What was paid for last: the period's plan, or the larger one whose difference was paid within it."""
    period = last_period(subscription)
    if period is None:
        return subscription.plan
    upgrade = (
        subscription.bills.filter(
            is_upgrade=True, status=Bill.Status.PAID, starts_at__gte=period.starts_at, starts_at__lt=period.ends_at
        )
        .select_related("plan")
        .order_by("-starts_at", "-pk")
        .first()
    )
    return upgrade.plan if upgrade else period.plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPreview:
    """What changing to a plan means, before anybody says yes.

    :ivar is_at_once: whether it begins now, when the difference is paid; else with the next period
    :ivar due_now_cents: about what is charged now, tax left out; the provider reckons it by the second
    :ivar credits_now: what the organisation gets with it now
    :ivar begins_at: when the plan begins
    :ivar then_cents: what each period costs from then on, tax left out
    """

    plan: Plan
    is_at_once: bool
    due_now_cents: int
    tax_now_cents: int
    credits_now: int
    begins_at: datetime
    then_cents: int
    then_tax_cents: int


def preview_change(subscription: Subscription, plan: Plan) -> PlanPreview:
    """What it would cost to change to ``plan`` now."""
    now, current = clock.now(), plan_in_force(subscription)
    starts_at, ends_at = subscription.period_start or now, subscription.period_end or now
    is_at_once = changes_at_once(subscription, plan)
    due = credits_now = 0
    if is_at_once:
        period = Period(starts_at=starts_at, ends_at=ends_at)
        due = proration.upgrade_cents(
            old_cents=current.price_cents, new_cents=plan.price_cents, period=period, at=now
        )
        credits_now = proration.upgrade_credits(
            old_credits=current.monthly_credits, new_credits=plan.monthly_credits, period=period, at=now
        )
    rate = tax_rate_of(subscription)
    return PlanPreview(
        plan=plan,
        is_at_once=is_at_once,
        due_now_cents=due,
        tax_now_cents=part_of(due, rate),
        credits_now=credits_now,
        begins_at=now if is_at_once else ends_at,
        then_cents=plan.price_cents,
        then_tax_cents=part_of(plan.price_cents, rate),
    )


def changes_at_once(subscription: Subscription, plan: Plan) -> bool:
    """Whether a change to ``plan`` is an upgrade within the period: a larger plan, of one that is paid for, where
    the provider charges the difference.
    """
    is_larger = plan.price_cents > plan_in_force(subscription).price_cents
    is_charged = choosing.changes_within_a_period(subscription.provider)
    return (
        is_larger and is_charged and subscription.status == Subscription.Status.ACTIVE and is_paid_for(subscription)
    )


def is_paid_for(subscription: Subscription) -> bool:
    """Whether the days that run now were paid for or are tried. After a pause a plan goes on unpaid until its next
    bill: nobody was billed for these days, and they grant nothing.
    """
    period = last_period(subscription)
    return period is not None and period.ends_at > clock.now()


def is_disputed(organisation_id: UUID) -> bool:
    """Whether a bank is taking a payment of the organisation back, and has not decided."""
    return Dispute.objects.filter(payment__organisation=organisation_id, status=Dispute.Status.OPEN).exists()


def has_lost_a_bill(subscription: Subscription) -> bool:
    """Whether a bank kept what was paid for a plan: no more is billed for what grants nothing."""
    return Dispute.objects.filter(payment__subscription=subscription, status=Dispute.Status.LOST).exists()


def is_deserted(subscription: Subscription) -> bool:
    """Whether everybody of its organisation has closed their account."""
    return not Membership.objects.filter(organisation=subscription.organisation_id, user__closed_at=None).exists()


def has_tried(member: Membership) -> bool:
    """Whether the member's organisation had its trial, or the member began one for another organisation."""
    of_either = Q(organisation=member.organisation_id) | Q(member__user=member.user_id)
    tried = Subscription.objects.filter(of_either, is_trial_granted=True)
    return tried.exclude(period_start=None).exists()


def subscriptions_to_look_at() -> QuerySet[Subscription]:
    """Those of which something is due: the longest not looked at first."""
    waits = Exists(PlanChange.objects.filter(subscription=OuterRef("pk"), status=PlanChange.Status.ASKED))
    is_late = Q(period_end__lte=Now(), looked_at__lt=Now() - AGAIN_AFTER) & ~Q(status=Subscription.Status.PAUSED)
    is_dunned = Q(status=Subscription.Status.PAST_DUE) & (
        Q(past_due_since__lte=Now() - dunning.GRACE) | _reminder_due(0) | _reminder_due(1) | _reminder_due(2)
    )
    is_begun = Q(status=Subscription.Status.INCOMPLETE) & (
        Q(looked_at=None, created_at__lt=Now() - AGAIN_AFTER)
        | Q(looked_at__lt=Now() - timedelta(hours=1))
        | Q(created_at__lt=Now() - PAGE_LIVES)
    )
    is_live = Q(status__in=Subscription.LIVE)
    is_left_over = Q(status=Subscription.Status.ENDED, is_over_there=False) & ~Q(subscription_id="")
    due = is_live & (is_late | is_dunned | Q(looked_at__lt=Now() - LOOKED_AT_LEAST)) | is_begun | is_left_over
    return Subscription.objects.filter(due | Q(waits)).order_by(F("looked_at").asc(nulls_first=True), "pk")


def _reminder_due(sent: int) -> Q:
    return Q(reminders_sent=sent, past_due_since__lte=Now() - timedelta(days=dunning.REMINDER_DAYS[sent]))


def plans_earned_cents(*, now: datetime) -> int:
    """US cents of plans that are earned and not booked so yet: below zero where money went back."""
    booked = Entry.objects.filter(account__kind=Account.Kind.UNEARNED_PLANS).aggregate(cents=Sum("amount"))["cents"]
    return -(booked or 0) - sum(_still_to_earn(now))


def _still_to_earn(now: datetime) -> Iterator[int]:
    """Of each bill whose time has not passed; not of those that became credits, nor of what went back."""
    running = Bill.objects.filter(status=Bill.Status.PAID, ends_at__gt=now)
    times = {
        (bill.subscription_id, bill.bill_id): Period(starts_at=bill.starts_at, ends_at=bill.ends_at)
        for bill in running.only("subscription", "bill_id", "starts_at", "ends_at")
    }
    instead = Journal.objects.filter(key=Concat(Value("instead:"), Cast(OuterRef("pk"), CharField())))
    paid = Payment.objects.filter(~Exists(instead), purpose=Payment.Purpose.BILL, status=Payment.Status.PAID)
    paid = paid.filter(bill_id__in={bill for _, bill in times})
    for one in paid.only("subscription", "bill_id", "net_cents", "tax_cents").annotate(gone_cents=_gone_cents()):
        if one.subscription_id and (period := times.get((one.subscription_id, one.bill_id))):
            net_cents = one.net_cents - min(one.net_cents, one.gone_cents)
            yield proration.unearned_cents(net_cents=net_cents, period=period, at=now)


def _gone_cents() -> Combinable:
    """Net US cents of a payment that were given back, or that a bank kept, as ``_lose`` books them."""
    refunds = Refund.objects.filter(payment=OuterRef("pk"), status=Refund.Status.SUCCEEDED).order_by()
    disputes = Dispute.objects.filter(payment=OuterRef("pk"), status=Dispute.Status.LOST).order_by()
    refunded = refunds.values("payment").annotate(cents=Sum("net_cents")).values("cents")
    lost = disputes.values("payment").annotate(cents=Sum("amount_cents")).values("cents")
    total = F("net_cents") + F("tax_cents")
    lost_cents = Coalesce(Subquery(lost), 0)
    return Coalesce(Subquery(refunded), 0) + lost_cents - F("tax_cents") * lost_cents / total
