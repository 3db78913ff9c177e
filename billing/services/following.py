"""What became of a subscription: asked of its provider, and acted upon as it stands, as often as one likes.

Pages on which buyers come back, the inbox, the sweep and operators all call ``look_at_subscription``. Nothing is
asked of a provider inside a transaction; two looks at once are told apart by ``looked_at``, when the provider was
asked: who was overtaken by a look that began later is content with it, and else asks again, so that no old answer
overwrites a newer one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from accounts.services import entitle
from aiqleads.core import alerts, clock, events, transactions
from billing import dunning, selectors
from billing.events import PlanChanged, PlanNotBegun, PlanReminderDue
from billing.models import (
    Bill,
    Customer,
    Payment,
    Plan,
    PlanAtProvider,
    PlanChange,
    Subscription,
    SubscriptionPeriod,
)
from billing.providers import choosing
from billing.providers.port import (
    BillState,
    BillStatus,
    NotFound,
    Provider,
    ProviderMisunderstood,
    ProviderUnreachable,
    SubscriptionState,
    SubscriptionStatus,
)
from billing.selectors.plans import PAGE_LIVES
from billing.services import plan_changes, plan_posting
from billing.services.invoicing import invoice

log = structlog.get_logger(__name__)

LOOKS: Final = 5
"""How often one look asks again because others that had begun before it were quicker."""
_STATUS: Final = {theirs: Subscription.Status(str(theirs)) for theirs in SubscriptionStatus}
_OURS: Final = Subscription.Status
_NOT_THERE: Final = {SubscriptionStatus.INCOMPLETE, SubscriptionStatus.ENDED}
_FOLLOWED: Final = (
    "plan",
    "next_plan",
    "consent_url",
    "subscription_id",
    "status",
    "cancels_at_period_end",
    "is_frozen",
    "period_start",
    "period_end",
    "past_due_since",
    "reminders_sent",
    "ended_at",
    "is_over_there",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A subscription as its provider tells it, and its bills, which were asked for before."""

    state: SubscriptionState
    bills: Sequence[BillState]


def look_at_subscription(subscription_id: UUID) -> Subscription:
    """Ask the provider how a subscription and its bills stand, and act upon it.

    :raises ProviderUnreachable | ProviderMisunderstood | ProviderNotOffered: nothing was learnt or changed
    """
    transactions.refuse_transaction()
    subscription = _look(subscription_id)
    if not plan_changes.carry_out_asked(subscription) and not _end_what_is_over(subscription):
        return subscription
    return _look(subscription_id)


def look_at_subscription_of(*, provider: str, object_id: str) -> Subscription | None:
    """The same by what a provider calls a subscription or one of its bills; None where it is none of ours.

    :raises ProviderUnreachable | ProviderMisunderstood | ProviderNotOffered: nothing was learnt or changed
    """
    transactions.refuse_transaction()
    known = selectors.subscription_at(provider=provider, object_id=object_id)
    subscription_id = known.pk if known else _reference(choosing.provider(provider), object_id)
    if subscription_id is None or not Subscription.objects.filter(pk=subscription_id, provider=provider).exists():
        return None
    return look_at_subscription(subscription_id)


def _reference(provider: Provider, object_id: str) -> UUID | None:
    """Our subscription, as the provider's object says: where its page was finished and nobody came back from it."""
    try:
        state = provider.fetch_subscription(object_id)
    except NotFound:
        try:
            state = provider.fetch_subscription(provider.fetch_bill(object_id).subscription_id)
        except NotFound:
            return None
    try:
        return UUID(state.reference)
    except ValueError:
        return None


def look_at_due(*, limit: int = 100) -> int:
    """Look at the subscriptions of which something is due. Safe to run twice.

    :return: how many were looked at
    """
    away: set[str] = set()
    looked = 0
    for subscription in selectors.subscriptions_to_look_at()[:limit]:
        if subscription.provider in away:
            continue
        try:
            look_at_subscription(subscription.pk)
        except ProviderUnreachable:
            away.add(subscription.provider)
            log.warning("subscription.provider_away", provider=subscription.provider)
        except Exception:  # whatever one stumbles over, the others are looked at
            log.exception("subscription.look_failed", subscription=str(subscription.pk))
        looked += 1
    return looked


def _look(subscription_id: UUID) -> Subscription:
    begun_at = clock.now()
    for _ in range(LOOKS):
        subscription = Subscription.objects.get(pk=subscription_id)
        asked_at = clock.now()
        seen = _ask(subscription, choosing.provider(subscription.provider))
        is_known = _follow(
            subscription_id=subscription_id, before=subscription, seen=seen, begun_at=begun_at, asked_at=asked_at
        )
        if is_known:
            return Subscription.objects.select_related("plan", "next_plan", "organisation").get(pk=subscription_id)
    raise transactions.LockTimeout("look_at_subscription")


def _ask(subscription: Subscription, provider: Provider) -> Seen | None:
    """Bills first: a bill that is paid meanwhile is seen by the next look, never a state older than its bills."""
    known = subscription.subscription_id
    if not known:
        started = (
            provider.fetch_started_subscription(subscription.checkout_id) if subscription.checkout_id else None
        )
        if started is None:
            return None
        known = started.subscription_id
    bills = provider.bills(known)
    state = provider.fetch_subscription(known)
    if state.reference not in {"", str(subscription.pk)}:
        raise ProviderMisunderstood(f"{subscription.provider} answered for another subscription")
    return Seen(state=state, bills=bills)


@transactions.write
def _follow(
    *, subscription_id: UUID, before: Subscription, seen: Seen | None, begun_at: datetime, asked_at: datetime
) -> bool:
    """Act upon what was seen; False, and nothing is done, where somebody looked meanwhile.

    :param begun_at: who looked meanwhile and had not asked before that learnt all that this look could
    :param asked_at: when what was ``seen`` was asked for
    """
    kept = Subscription.objects.filter(organisation=before.organisation_id).select_for_update()  # nothing joined
    rows = {row.pk: row for row in kept.order_by("pk")}
    row = rows.pop(subscription_id)
    if row.looked_at != before.looked_at:
        return row.looked_at is not None and row.looked_at >= begun_at
    if (row.changes, row.is_frozen) != (before.changes, before.is_frozen):
        return False
    if seen is None:
        _wait(row)
    else:
        _act(row, seen, can_live=_can_live(row, list(rows.values())))
    Subscription.objects.filter(pk=row.pk).update(looked_at=asked_at)
    return True


def _wait(row: Subscription) -> None:
    """Nobody has finished the page so far; after a day nobody is waited for, though one who comes is met."""
    if row.status == _OURS.INCOMPLETE and clock.now() > row.created_at + PAGE_LIVES:
        _end(row)
        row.save(update_fields=["status", "ended_at", "past_due_since", "next_plan", "consent_url"])


def _can_live(row: Subscription, others: Sequence[Subscription]) -> bool:
    """One plan at a time and one trial for ever: a second that was begun in another window does not count."""
    if row.status == _OURS.ENDED or any(other.status in Subscription.LIVE for other in others):
        return False
    tried = any(other.is_trial_granted and other.period_start for other in others)
    return not (row.is_trial_granted and tried)


def _act(row: Subscription, seen: Seen, *, can_live: bool) -> None:
    was, plan_was = row.status, row.plan_id
    is_met = was == _OURS.INCOMPLETE or not row.subscription_id
    row.subscription_id = row.subscription_id or seen.state.subscription_id
    _note_customer(row, seen.state.customer_id)
    _set_status(row, seen, can_live=can_live)
    if was == _OURS.INCOMPLETE:  # it was not there to be stopped when the dispute began
        row.is_frozen = selectors.is_disputed(row.organisation_id)
    payments = _note_bills(row, seen.bills, can_live=can_live)
    if can_live and row.status != _OURS.INCOMPLETE:
        _note_trial(row, seen.state)
        give_periods(row)
        _set_plan(row)
        _remind(row)
        _give_up(row)
    row.save(update_fields=_FOLLOWED)
    if can_live:
        write_entitlements(row)
    elif is_met and seen.state.status not in _NOT_THERE:
        events.publish(PlanNotBegun(subscription_id=row.pk))
    if (was, plan_was) != (row.status, row.plan_id):
        events.publish(PlanChanged(organisation_id=row.organisation_id))
    for payment in payments:  # at last: who takes a number lets everybody else wait until the commit
        invoice(payment)


def give_periods(row: Subscription) -> None:
    """Give the credits of each period that has not, unless a payment is disputed. Joins the transaction."""
    if not row.is_frozen:
        for period in row.periods.filter(granted=None).select_related("plan").order_by("starts_at"):
            plan_posting.give_period(row, period)


def _plans(provider: str) -> dict[str, Plan]:
    known = PlanAtProvider.objects.filter(provider=provider).select_related("plan")
    return {one.price_id: one.plan for one in known}


def _note_customer(row: Subscription, customer_id: str) -> None:
    if customer_id:
        customer = Customer(organisation_id=row.organisation_id, provider=row.provider, customer_id=customer_id)
        Customer.objects.bulk_create([customer], ignore_conflicts=True)


def _set_status(row: Subscription, seen: Seen, *, can_live: bool) -> None:
    row.is_over_there = row.is_over_there or seen.state.status == SubscriptionStatus.ENDED
    if row.status == _OURS.ENDED:
        return
    status = _STATUS[seen.state.status] if can_live else _OURS.ENDED
    if status == _OURS.INCOMPLETE and row.status != _OURS.INCOMPLETE:
        raise ProviderMisunderstood(f"{row.provider} takes back that a subscription has begun")
    if can_live and status != _OURS.INCOMPLETE:
        row.period_start, row.period_end = _period(row, seen)
        row.cancels_at_period_end = seen.state.cancels_at_period_end
    if status == _OURS.ENDED:
        _tell_of_the_end(row)
        _end(row)
        return
    if status == _OURS.TRIALING and row.status not in {_OURS.INCOMPLETE, _OURS.TRIALING}:
        status = _OURS.ACTIVE  # a trial is not begun twice
    _set_past_due(row, is_past_due=status == _OURS.PAST_DUE)
    row.status = status


def _tell_of_the_end(row: Subscription) -> None:
    """The last letter, where the provider has given up on a bill before us."""
    if row.past_due_since and row.reminders_sent < len(dunning.REMINDER_DAYS):
        row.reminders_sent = len(dunning.REMINDER_DAYS)
        events.publish(PlanReminderDue(subscription_id=row.pk, number=row.reminders_sent))


def _set_past_due(row: Subscription, *, is_past_due: bool) -> None:
    if is_past_due and row.past_due_since is None:
        row.past_due_since, row.reminders_sent = clock.now(), 0
    elif not is_past_due:
        row.past_due_since, row.reminders_sent = None, 0


def _end(row: Subscription) -> None:
    row.status, row.ended_at = _OURS.ENDED, clock.now()
    row.past_due_since, row.next_plan, row.consent_url = None, None, ""


def _period(row: Subscription, seen: Seen) -> tuple[datetime | None, datetime | None]:
    """The provider's own; where it tells none, that of its last bill."""
    if seen.state.period_start and seen.state.period_end:
        return seen.state.period_start, seen.state.period_end
    periods = [bill for bill in seen.bills if not bill.is_upgrade]
    if periods:
        return periods[-1].period_start, periods[-1].period_end
    return row.period_start, row.period_end


def _note_bills(row: Subscription, bills: Sequence[BillState], *, can_live: bool) -> list[Payment]:
    """Keep what the bills say by now, and act upon those that are newly paid; their payments."""
    posted = []
    known = {bill.bill_id: bill for bill in row.bills.all()}
    plans = _plans(row.provider)
    for theirs in [_with_its_money(row, told) for told in bills]:
        bill = known.get(theirs.bill_id) or Bill(subscription=row, bill_id=theirs.bill_id)
        if bill.pk and bill.status != Bill.Status.OPEN:
            continue
        before = selectors.plan_in_force(row)
        _write_bill(bill, theirs, plan=plans.get(theirs.price_id) or _plan_of_unknown_price(row, theirs))
        if bill.status == Bill.Status.PAID:
            posted.append(_post(row, bill, capture_id=theirs.capture_id, before=before, can_live=can_live))
    return [payment for payment in posted if payment]


def _with_its_money(row: Subscription, theirs: BillState) -> BillState:
    """A bill that is paid and names no money is open until somebody has looked, or its money is told."""
    key = f"bill:{row.provider}:{theirs.bill_id}"
    if theirs.status != BillStatus.PAID:
        return theirs
    if theirs.capture_id or not theirs.total.minor:
        alerts.close_alert(key=key)
        return theirs
    told = (
        f"{row.provider} calls a bill of {theirs.total.minor / 100:.2f} {theirs.total.currency} paid and names no"
    )
    alerts.open_alert(key=key, says=f"{told} payment of it: {theirs.bill_id}. Nothing was booked.", subject=row)
    return replace(theirs, status=BillStatus.OPEN)


def _plan_of_unknown_price(row: Subscription, theirs: BillState) -> Plan:
    """The plan that the owner has: whoever changed its price at the provider's desk did not ask them."""
    if theirs.price_id:
        alerts.open_alert(
            key=f"price:{row.provider}:{theirs.price_id}",
            says=f"{row.provider} bills {theirs.price_id}, which is no plan of ours. It counts as {row.plan.name}.",
            subject=row,
        )
    return row.plan


def _write_bill(bill: Bill, theirs: BillState, *, plan: Plan) -> None:
    bill.plan, bill.is_upgrade, bill.status = plan, theirs.is_upgrade, Bill.Status(str(theirs.status))
    bill.net_cents = max(0, theirs.total.usd_cents - theirs.tax.usd_cents)
    bill.tax_cents = max(0, theirs.tax.usd_cents)
    bill.starts_at, bill.ends_at = theirs.period_start, theirs.period_end
    bill.attempts, bill.next_attempt_at, bill.pay_url = theirs.attempts, theirs.next_attempt_at, theirs.pay_url
    bill.save()


def _post(row: Subscription, bill: Bill, *, capture_id: str, before: Plan, can_live: bool) -> Payment | None:
    """A bill was paid: once, as only this takes it from open to paid, with the row locked."""
    payment = plan_posting.post_bill(bill, capture_id=capture_id)
    if not can_live:
        if payment:
            plan_posting.turn_into_credits(payment)
        return payment
    if not bill.is_upgrade:
        SubscriptionPeriod.objects.get_or_create(
            subscription=row, starts_at=bill.starts_at, defaults={"ends_at": bill.ends_at, "plan": bill.plan}
        )
    elif period := selectors.last_period(row):
        plan_posting.give_upgrade(row, bill, before=before, period=period)
    if payment:
        plan_posting.tell_of_credits(payment)
    return payment


def _note_trial(row: Subscription, state: SubscriptionState) -> None:
    """A trial is a period that nobody pays for; some providers bill it with nothing, some not at all."""
    is_tried = state.status == SubscriptionStatus.TRIALING and row.is_trial_granted
    if is_tried and row.period_start and row.period_end and not row.periods.exists():
        ends = state.trial_end or row.period_end
        SubscriptionPeriod.objects.create(subscription=row, plan=row.plan, starts_at=row.period_start, ends_at=ends)


def _set_plan(row: Subscription) -> None:
    """The plan is what was paid for, never what was asked for. A change that is taken back waits, too, where the
    buyer has to agree to that.
    """
    row.plan = selectors.plan_in_force(row)
    period = selectors.last_period(row)
    is_there = row.next_plan == row.plan and not row.consent_url
    if row.next_plan and (is_there or _has_begun_since(row, period)):
        row.next_plan, row.consent_url = None, ""


def _has_begun_since(row: Subscription, period: SubscriptionPeriod | None) -> bool:
    """Whether a period began after the smaller plan was asked for, whatever plan it is."""
    asked = row.plan_changes.filter(kind=PlanChange.Kind.DOWNGRADE).order_by("-number").first()
    return bool(asked and period and period.starts_at > asked.asked_at)


def _remind(row: Subscription) -> None:
    """Letters of a plan that is past due."""
    if row.status != _OURS.PAST_DUE or row.past_due_since is None:
        return
    now = clock.now()
    due = dunning.reminders_due(past_due_since=row.past_due_since, now=now)
    if due > row.reminders_sent:
        row.reminders_sent = due
        events.publish(PlanReminderDue(subscription_id=row.pk, number=due))


def _give_up(row: Subscription) -> None:
    """Have the provider end what nobody waits for any longer: a bill that is not paid, or one whose bank kept it;
    with its period, what everybody has left.

    What is asked of it already is carried out first, and the next look finds this again.
    """
    if row.status not in Subscription.LIVE or row.plan_changes.filter(status=PlanChange.Status.ASKED).exists():
        return
    since = row.past_due_since
    is_unpaid = since is not None and dunning.is_over(past_due_since=since, now=clock.now())
    if is_unpaid or (row.is_frozen and selectors.has_lost_a_bill(row)):
        plan_changes.ask_for(row, kind=PlanChange.Kind.END, member=None)
    elif not row.cancels_at_period_end and selectors.is_deserted(row):
        plan_changes.ask_for(row, kind=PlanChange.Kind.CANCEL, member=None)


def write_entitlements(row: Subscription) -> None:
    """Write what a subscription grants, until when. Joins the transaction; the row is locked."""
    period = selectors.last_period(row)
    if period is None:
        return
    goes_on = row.status in {_OURS.TRIALING, _OURS.ACTIVE, _OURS.PAST_DUE} and not row.cancels_at_period_end
    until = dunning.granted_until(paid_until=period.ends_at, goes_on=goes_on)
    if row.is_frozen or row.status == _OURS.ENDED:
        until = min(until, clock.now())
    values = {key: int(getattr(row.plan, key)) for key in Plan.ENTITLEMENTS}
    entitle(organisation_id=row.organisation_id, values=values, until=until)


def freeze_plan(*, subscription_id: UUID, is_frozen: bool) -> None:
    """Stop what a subscription grants while a payment of it is disputed, or let it go on. Joins the transaction."""
    transactions.require_transaction()
    row = Subscription.objects.select_for_update().get(pk=subscription_id)
    if row.is_frozen == is_frozen:
        return
    row.is_frozen = is_frozen
    row.save(update_fields=["is_frozen"])
    if row.status in Subscription.LIVE:
        give_periods(row)
        write_entitlements(row)
    events.publish(PlanChanged(organisation_id=row.organisation_id))


def _end_what_is_over(subscription: Subscription) -> bool:
    """Have a provider bill nothing more for what has ended here."""
    if subscription.status != _OURS.ENDED or subscription.is_over_there or not subscription.subscription_id:
        return False
    provider = choosing.provider(subscription.provider)
    provider.cancel_subscription(subscription.subscription_id, key=f"{subscription.pk}:over", at_once=True)
    return True
