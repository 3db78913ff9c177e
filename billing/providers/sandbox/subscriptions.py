"""Subscriptions in the sandbox: periods of a month, bills, tries to collect them, changes between.

What is due is done when somebody looks: nothing here runs by the clock.
"""

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Final

from billing.models.sandbox import SandboxObject
from billing.providers.port import (
    BillState,
    BillStatus,
    Money,
    NotFound,
    ObjectKind,
    Price,
    ProviderRefused,
    Started,
    SubscriptionChange,
    SubscriptionOrder,
    SubscriptionState,
    SubscriptionStatus,
)
from billing.providers.sandbox import memory
from billing.providers.sandbox.cards import CARDS, Conduct
from billing.providers.sandbox.memory import Kind
from billing.providers.sandbox.payments import open_page, page_of, take

RETRY_DAYS: Final = (3, 5, 7)
"""After a period began: when its bill is tried again. After the last try the subscription ends."""
UPGRADE_WAITS: Final = timedelta(hours=23)
"""For its payment; then its bill is void and everything stays as it was."""
Status = SubscriptionStatus


def ensure_price(price: Price) -> str:
    with memory.acting():
        kept, _ = SandboxObject.objects.get_or_create(
            id=f"sbprice_{price.key}",
            defaults={
                "kind": Kind.PRICE,
                "data": {"name": price.name, "minor": price.monthly.minor, "currency": price.monthly.currency},
            },
        )
    return kept.pk


def start_subscription(order: SubscriptionOrder) -> Started:
    price = memory.find(Kind.PRICE, order.price_id)
    tax = tax_on(price.data["minor"], order.tax_millipercent)
    facts = {
        "reference": order.reference,
        "description": price.data["name"],
        "price_id": order.price_id,
        "trial_days": order.trial_days,
        "tax_millipercent": order.tax_millipercent,
        "total": price.data["minor"] + tax,
        "tax": tax,
        "currency": price.data["currency"],
    }
    return open_page(order.key, "subscription", order.buyer, order.returning, facts)


def tax_on(net_minor: int, millipercent: int) -> int:
    """Tax on top of an amount, half a cent rounded up."""
    return (net_minor * millipercent + 50_000) // 100_000


def begin(page: SandboxObject, method: SandboxObject, *, conduct: Conduct) -> SandboxObject:
    """The subscription that a page asks for, its first bill paid or on its way; joins the sandbox's step.

    :raises ProviderRefused: the card declined; there is no subscription then
    """
    now = memory.now()
    days = page.data["trial_days"]
    ends_at = now + timedelta(days=days) if days else month_after(now, now.day)
    made = memory.add(
        Kind.SUBSCRIPTION,
        {
            "reference": page.data["reference"],
            "customer_id": page.data["customer_id"],
            "price_id": page.data["price_id"],
            "next_price_id": "",
            "tax_millipercent": page.data["tax_millipercent"],
            "status": Status.TRIALING if days else Status.INCOMPLETE,
            "period_start": memory.written(now),
            "period_end": memory.written(ends_at),
            "trial_end": memory.written(ends_at) if days else None,
            "anchor_day": ends_at.day if days else now.day,
            "cancels_at_period_end": False,
        },
        owner=page.data["customer_id"],
    )
    if not days:
        bill = _add_bill(made, _price_minor(page.data["price_id"]), is_upgrade=False)
        _collect(bill, made, method, conduct=conduct)
    memory.happened("subscription.began", ObjectKind.SUBSCRIPTION, made.pk)
    return made


def month_after(moment: datetime, anchor_day: int) -> datetime:
    """The same day of the next month, or its last one."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(anchor_day, monthrange(year, month)[1]))


def _price_minor(price_id: str) -> int:
    minor: int = memory.find(Kind.PRICE, price_id).data["minor"]
    return minor


def _add_bill(
    kept: SandboxObject,
    net_minor: int,
    *,
    is_upgrade: bool,
    price_id: str = "",
    period_start: datetime | None = None,
) -> SandboxObject:
    tax = tax_on(net_minor, kept.data["tax_millipercent"])
    bill = memory.add(
        Kind.BILL,
        {
            "status": BillStatus.OPEN,
            "is_upgrade": is_upgrade,
            "price_id": price_id or kept.data["price_id"],
            "total": net_minor + tax,
            "tax": tax,
            "currency": "USD",
            "capture_id": "",
            "period_start": memory.written(period_start) or kept.data["period_start"],
            "period_end": kept.data["period_end"],
            "attempts": 0,
            "next_attempt_at": None,
        },
        owner=kept.pk,
    )
    memory.happened("bill.opened", ObjectKind.BILL, bill.pk)
    return bill


def _collect(bill: SandboxObject, kept: SandboxObject, method: SandboxObject, *, conduct: Conduct) -> None:
    """Take what a bill says by a card.

    :raises ProviderRefused: it declined
    """
    facts = {
        "reference": "",
        "description": "Plan",
        "total": bill.data["total"],
        "currency": bill.data["currency"],
        "customer_id": kept.data["customer_id"],
        "keeps_method": True,
        "bill_id": bill.pk,
    }
    memory.change(bill, attempts=bill.data["attempts"] + 1)
    payment = take(facts, method, conduct=conduct)
    memory.change(bill, capture_id=payment.pk)
    if conduct != Conduct.PENDING:
        is_paid(bill)


def is_paid(bill: SandboxObject) -> None:
    """A bill is paid: its subscription runs, or has the larger price. Joins the sandbox's step."""
    memory.change(bill, status=BillStatus.PAID, next_attempt_at=None)
    memory.happened("bill.paid", ObjectKind.BILL, bill.pk)
    kept = memory.locked(Kind.SUBSCRIPTION, bill.owner)
    if bill.data["is_upgrade"]:
        memory.change(kept, price_id=bill.data["price_id"], next_price_id="")
        memory.happened("subscription.changed", ObjectKind.SUBSCRIPTION, kept.pk)
    elif kept.data["status"] in {Status.INCOMPLETE, Status.PAST_DUE}:
        memory.change(kept, status=Status.ACTIVE)
        memory.happened("subscription.changed", ObjectKind.SUBSCRIPTION, kept.pk)


def is_not_paid(bill: SandboxObject) -> None:
    """What was on its way for a bill came back; joins the sandbox's step."""
    memory.change(bill, capture_id="")
    _is_behind(bill, memory.locked(Kind.SUBSCRIPTION, bill.owner))


def pay_bill(bill: SandboxObject, method: SandboxObject, *, conduct: Conduct) -> None:
    """The customer pays an open bill on its page; joins the sandbox's step.

    :raises ProviderRefused: the card declined
    """
    if bill.data["status"] != BillStatus.OPEN or bill.data["capture_id"]:
        raise ProviderRefused("bill_closed", "There is nothing left to pay here.")
    _collect(bill, memory.locked(Kind.SUBSCRIPTION, bill.owner), method, conduct=conduct)


def catch_up(subscription_id: str) -> SandboxObject:
    """The subscription after all that fell due by now: renewals, tries of open bills, its end."""
    with memory.acting():
        kept = memory.locked(Kind.SUBSCRIPTION, subscription_id)
        _void_upgrades(kept, asked_before=memory.now() - UPGRADE_WAITS)
        while _is_due(kept):
            renew(kept, at=datetime.fromisoformat(kept.data["period_end"]))
        for bill in memory.those_of(Kind.BILL, subscription_id):
            while memory.is_over(bill.data["next_attempt_at"]):
                _try_again(bill, kept)
    kept.refresh_from_db()
    return kept


def _is_due(kept: SandboxObject) -> bool:
    runs = kept.data["status"] in {Status.TRIALING, Status.ACTIVE, Status.PAUSED}
    ends = kept.data["cancels_at_period_end"] and kept.data["status"] != Status.ENDED
    return (runs or ends) and memory.is_over(kept.data["period_end"])


def renew(kept: SandboxObject, *, at: datetime) -> None:
    """End the period, and begin and bill the next one ``at`` a moment, or nothing while it is paused; joins the
    sandbox's step.
    """
    is_paused = kept.data["status"] == Status.PAUSED
    if kept.data["cancels_at_period_end"]:
        _end(kept)
        return
    _void_upgrades(kept, asked_before=memory.now())
    memory.change(
        kept,
        status=Status.PAUSED if is_paused else Status.ACTIVE,
        price_id=kept.data["next_price_id"] or kept.data["price_id"],
        next_price_id="",
        period_start=memory.written(at),
        period_end=memory.written(month_after(at, kept.data["anchor_day"])),
    )
    memory.happened("subscription.renewed", ObjectKind.SUBSCRIPTION, kept.pk)
    if not is_paused:
        _try_again(_add_bill(kept, _price_minor(kept.data["price_id"]), is_upgrade=False), kept)


def _try_again(bill: SandboxObject, kept: SandboxObject) -> None:
    """Collect a bill by the customer's own card, without them; who cannot pay is past due."""
    method = default_method(kept)
    if method is None:
        memory.change(bill, attempts=bill.data["attempts"] + 1)
        _is_behind(bill, kept)
        return
    try:
        _collect(bill, kept, method, conduct=CARDS[method.data["card"]].later)
        memory.change(bill, next_attempt_at=None)
        kept.refresh_from_db()
    except ProviderRefused:
        _is_behind(bill, kept)


def _is_behind(bill: SandboxObject, kept: SandboxObject) -> None:
    memory.happened("bill.failed", ObjectKind.BILL, bill.pk)
    if bill.data["is_upgrade"]:
        return  # it may be paid on its page still, and nothing that was paid for is in question
    began = datetime.fromisoformat(bill.data["period_start"])
    tries_left = RETRY_DAYS[bill.data["attempts"] - 1 :]
    if kept.data["status"] == Status.INCOMPLETE or not tries_left:
        memory.change(bill, status=BillStatus.VOID, next_attempt_at=None)
        _end(kept)
        return
    memory.change(bill, next_attempt_at=memory.written(began + timedelta(days=tries_left[0])))
    memory.change(kept, status=Status.PAST_DUE)
    memory.happened("subscription.changed", ObjectKind.SUBSCRIPTION, kept.pk)


def _end(kept: SandboxObject) -> None:
    memory.change(kept, status=Status.ENDED, next_price_id="")
    for bill in memory.those_of(Kind.BILL, kept.pk):
        if bill.data["status"] == BillStatus.OPEN:
            memory.change(bill, status=BillStatus.VOID, next_attempt_at=None)
    memory.happened("subscription.ended", ObjectKind.SUBSCRIPTION, kept.pk)


def _void_upgrades(kept: SandboxObject, *, asked_before: datetime) -> None:
    """Wait no longer for what was asked by then and nobody paid; what is on its way already may still come."""
    for bill in memory.those_of(Kind.BILL, kept.pk):
        waits = bill.data["is_upgrade"] and bill.data["status"] == BillStatus.OPEN and not bill.data["capture_id"]
        if waits and bill.created_at <= asked_before:
            memory.change(bill, status=BillStatus.VOID)


def default_method(kept: SandboxObject) -> SandboxObject | None:
    """The card that a customer's subscriptions are paid by."""
    method_id = memory.find(Kind.CUSTOMER, kept.data["customer_id"]).data["method_id"]
    return memory.find(Kind.METHOD, method_id) if method_id else None


def collect_again(customer_id: str) -> None:
    """Try what a customer owes at once, as their card is another now; joins the sandbox's step."""
    for kept in memory.those_of(Kind.SUBSCRIPTION, customer_id):
        for bill in memory.those_of(Kind.BILL, kept.pk):
            if bill.data["status"] == BillStatus.OPEN and not bill.data["capture_id"]:
                _try_again(bill, memory.locked(Kind.SUBSCRIPTION, kept.pk))


def fetch_started_subscription(checkout_id: str) -> SubscriptionState | None:
    page = memory.find(Kind.CHECKOUT, checkout_id)
    if page.data["purpose"] != "subscription":
        raise NotFound("resource_missing", "No subscription is begun on this page.")
    made = page.data.get("subscription_id")
    return fetch_subscription(made) if made else None


def fetch_subscription(subscription_id: str) -> SubscriptionState:
    kept = catch_up(subscription_id)
    told = kept.data
    return SubscriptionState(
        subscription_id=kept.pk,
        reference=told["reference"],
        status=Status(told["status"]),
        price_id=told["price_id"],
        customer_id=told["customer_id"],
        period_start=memory.moment(told["period_start"]),
        period_end=memory.moment(told["period_end"]),
        trial_end=memory.moment(told["trial_end"]),
        cancels_at_period_end=told["cancels_at_period_end"],
    )


def bills(subscription_id: str) -> list[BillState]:
    catch_up(subscription_id)
    return [_bill_state(bill) for bill in memory.those_of(Kind.BILL, subscription_id)]


def fetch_bill(bill_id: str) -> BillState:
    return _bill_state(memory.find(Kind.BILL, bill_id))


def _bill_state(bill: SandboxObject) -> BillState:
    told = bill.data
    return BillState(
        bill_id=bill.pk,
        subscription_id=bill.owner,
        status=BillStatus(told["status"]),
        is_upgrade=told["is_upgrade"],
        price_id=told["price_id"],
        total=Money(minor=told["total"], currency=told["currency"]),
        tax=Money(minor=told["tax"], currency=told["currency"]),
        capture_id=told["capture_id"],
        period_start=datetime.fromisoformat(told["period_start"]),
        period_end=datetime.fromisoformat(told["period_end"]),
        attempts=told["attempts"],
        next_attempt_at=memory.moment(told["next_attempt_at"]),
        pay_url=page_of(bill.pk) if told["status"] == BillStatus.OPEN else "",
    )


def change_subscription(change: SubscriptionChange) -> SubscriptionState:
    memory.find(Kind.PRICE, change.price_id)

    def change_it() -> SandboxObject:
        kept = _running(change.subscription_id)
        if not change.at_once:
            memory.change(kept, next_price_id="" if change.price_id == kept.data["price_id"] else change.price_id)
        else:
            _change_at_once(kept, change.price_id)
        memory.happened("subscription.changed", ObjectKind.SUBSCRIPTION, kept.pk)
        return kept

    catch_up(change.subscription_id)
    asked = {"subscription": change.subscription_id, "price": change.price_id, "at_once": change.at_once}
    return fetch_subscription(memory.once(change.key, asked, change_it).pk)


def _change_at_once(kept: SandboxObject, price_id: str) -> None:
    """Charge what the rest of the period costs more by another price, which counts once that is paid. Where the
    card declines, or there is none, the bill stays open. What was to come with the next period is taken back.
    """
    memory.change(kept, next_price_id="")
    _void_upgrades(kept, asked_before=memory.now())
    difference = prorated(kept, price_id, at=memory.now())
    if kept.data["status"] == Status.TRIALING or difference <= 0:
        memory.change(kept, price_id=price_id, next_price_id="")
        return
    _try_again(_add_bill(kept, difference, is_upgrade=True, price_id=price_id, period_start=memory.now()), kept)


def prorated(kept: SandboxObject, price_id: str, *, at: datetime) -> int:
    """What the rest of the period costs more by another price, tax left out, half a cent rounded up."""
    starts_at, ends_at = (datetime.fromisoformat(kept.data[name]) for name in ("period_start", "period_end"))
    left, whole = (max(int(span.total_seconds()), 0) for span in (ends_at - at, ends_at - starts_at))
    more = _price_minor(price_id) - _price_minor(kept.data["price_id"])
    return (2 * more * min(left, whole) + whole) // (2 * whole)


def _running(subscription_id: str) -> SandboxObject:
    kept = memory.locked(Kind.SUBSCRIPTION, subscription_id)
    if kept.data["status"] in {Status.ENDED, Status.INCOMPLETE}:
        raise ProviderRefused("subscription_over", "This plan does not run any more.")
    return kept


def cancel_subscription(subscription_id: str, *, key: str, at_once: bool) -> SubscriptionState:
    def cancel() -> SandboxObject:
        kept = memory.locked(Kind.SUBSCRIPTION, subscription_id)
        if kept.data["status"] == Status.ENDED:
            return kept
        memory.change(kept, cancels_at_period_end=True)
        if at_once:
            _end(kept)
        else:
            memory.happened("subscription.changed", ObjectKind.SUBSCRIPTION, kept.pk)
        return kept

    asked = {"subscription": subscription_id, "cancel": True, "at_once": at_once}
    return fetch_subscription(memory.once(key, asked, cancel).pk)


def resume_subscription(subscription_id: str, *, key: str) -> SubscriptionState:
    def resume() -> SandboxObject:
        kept = _running(subscription_id)
        memory.change(kept, cancels_at_period_end=False)
        if kept.data["status"] == Status.PAUSED:
            memory.change(kept, status=Status.ACTIVE)
        memory.happened("subscription.changed", ObjectKind.SUBSCRIPTION, kept.pk)
        return kept

    catch_up(subscription_id)
    return fetch_subscription(memory.once(key, {"subscription": subscription_id, "resume": True}, resume).pk)


def pause_subscription(subscription_id: str, *, key: str) -> SubscriptionState:
    def pause() -> SandboxObject:
        kept = _running(subscription_id)
        memory.change(kept, status=Status.PAUSED)
        memory.happened("subscription.changed", ObjectKind.SUBSCRIPTION, kept.pk)
        return kept

    catch_up(subscription_id)
    return fetch_subscription(memory.once(key, {"subscription": subscription_id, "pause": True}, pause).pk)
