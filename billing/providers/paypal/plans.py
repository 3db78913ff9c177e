"""Subscriptions at PayPal, read as periods and bills that it does not have.

PayPal bills a plan by the month and says only when it was last paid. A change of plan counts from the next month
and after the buyer agreed to it at PayPal; nothing is prorated there. A cancellation is final there too: so an
end with the period, which may be taken back, is a suspension whose note says what it means.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from paypalserversdk.models.activate_subscription_request import ActivateSubscriptionRequest
from paypalserversdk.models.cancel_subscription_request import CancelSubscriptionRequest
from paypalserversdk.models.create_subscription_request import CreateSubscriptionRequest
from paypalserversdk.models.frequency import Frequency
from paypalserversdk.models.modify_subscription_request import ModifySubscriptionRequest
from paypalserversdk.models.money import Money as PriceMoney
from paypalserversdk.models.patch import Patch
from paypalserversdk.models.payment_preferences import PaymentPreferences
from paypalserversdk.models.plan_override import PlanOverride
from paypalserversdk.models.plan_request import PlanRequest
from paypalserversdk.models.subscriber_request import SubscriberRequest
from paypalserversdk.models.subscription_application_context import SubscriptionApplicationContext
from paypalserversdk.models.subscription_billing_cycle import SubscriptionBillingCycle
from paypalserversdk.models.subscription_patch_application_context import SubscriptionPatchApplicationContext
from paypalserversdk.models.subscription_pricing_scheme import SubscriptionPricingScheme
from paypalserversdk.models.suspend_subscription import SuspendSubscription
from paypalserversdk.models.taxes_override import TaxesOverride

from billing.providers.paypal import amounts, shapes
from billing.providers.paypal.periods import Period, period_of
from billing.providers.paypal.references import plan_before, reference, with_plan_before
from billing.providers.paypal.shapes import parsed
from billing.providers.paypal.wire import OnTheWire
from billing.providers.port import (
    BillState,
    BillStatus,
    Money,
    NotFound,
    Price,
    ProviderMisunderstood,
    ProviderRefused,
    Started,
    SubscriptionChange,
    SubscriptionOrder,
    SubscriptionState,
    SubscriptionStatus,
)

PRODUCT: Final = "AIQLEADS-PLANS"
PAUSED: Final = "Paused by the subscriber."
ENDING: Final = "Ends with the period that is paid."
ENDED: Final = "Ended at once."
_WHOLE: Final = "return=representation"
_TRIAL_AT_LEAST: Final = timedelta(hours=12)
"""Between its making and its first payment: no trial is shorter."""
_WINDOW: Final = timedelta(days=360)
_PAGE_SIZE: Final = 20
_PAID: Final = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})


class Plans(OnTheWire):
    """The port's prices, subscriptions and bills."""

    _monthly: dict[str, Money | None]
    """What the plans that were asked about cost; a plan's price never changes."""

    def ensure_price(self, price: Price) -> str:
        """A plan of PayPal's, found by our key: PayPal keeps the key of making one for three days only."""
        self._ensure_product()
        for plan in self._plans():
            if plan.description == price.key:
                return plan.id
        fixed = PriceMoney(currency_code=price.monthly.currency, value=amounts.spelt(price.monthly))
        monthly = SubscriptionBillingCycle(
            frequency=Frequency(interval_unit="MONTH", interval_count=1),
            tenure_type="REGULAR",
            sequence=1,
            pricing_scheme=SubscriptionPricingScheme(fixed_price=fixed),
            total_cycles=0,
        )
        body = PlanRequest(
            product_id=PRODUCT,
            name=price.name[:127],
            description=price.key,
            billing_cycles=[monthly],
            payment_preferences=PaymentPreferences(auto_bill_outstanding=False, payment_failure_threshold=0),
        )
        options = {"paypal_request_id": f"price:{price.key}", "prefer": _WHOLE, "body": body}
        return parsed(shapes.Plan, self.wire.sdk.subscriptions.create_billing_plan(options).text).id

    def start_subscription(self, order: SubscriptionOrder) -> Started:
        """A trial is a first payment that comes later. PayPal keeps the key for three days."""
        body = CreateSubscriptionRequest(
            plan_id=order.price_id,
            custom_id=order.reference,
            subscriber=SubscriberRequest(email_address=order.buyer.email),
            application_context=SubscriptionApplicationContext(
                return_url=order.returning.done_url,
                cancel_url=order.returning.cancelled_url,
                shipping_preference="NO_SHIPPING",
                user_action="SUBSCRIBE_NOW",
            ),
        )
        if order.trial_days:
            body.start_time = shapes.at(self.now() + timedelta(days=order.trial_days))
        if order.tax_millipercent:
            whole, thousandths = divmod(order.tax_millipercent, 1_000)
            body.plan = _taxed(f"{whole}.{thousandths:03}")
        options = {"paypal_request_id": order.key, "prefer": _WHOLE, "body": body}
        answer = self.wire.sdk.subscriptions.create_subscription(options)
        made = parsed(shapes.Subscription, answer.text)
        page = made.link("approve")
        if not page:
            raise ProviderMisunderstood("PayPal named no page for the subscriber")
        return Started(checkout_id=made.id, url=page, expires_at=None)

    def fetch_started_subscription(self, checkout_id: str) -> SubscriptionState | None:
        state = self.fetch_subscription(checkout_id)
        return None if state.status == SubscriptionStatus.INCOMPLETE else state

    def fetch_subscription(self, subscription_id: str) -> SubscriptionState:
        """As it stands; one whose last period is over is cancelled at PayPal, where it lay suspended."""
        subscription = self._subscription(subscription_id)
        state = self._state(subscription)
        if state.status == SubscriptionStatus.ENDED and subscription.status == "SUSPENDED":
            self._tell(self.wire.sdk.subscriptions.cancel_subscription, subscription_id, _cancelling())
        return state

    def bills(self, subscription_id: str) -> list[BillState]:
        """A bill for each month that PayPal took money for or tried to; its id holds when the month began, so it
        stays the same from the first attempt to the payment.
        """
        subscription = self._subscription(subscription_id)
        by_period: dict[Period, list[shapes.Transaction]] = defaultdict(list)
        for one in sorted(self._tried(subscription), key=lambda one: one.time):
            by_period[period_of(subscription.start_time, one.time)].append(one)
        bills: list[BillState] = []
        for period in sorted(by_period):
            is_last = period == max(by_period)
            bills += self._bills_of(subscription, period, by_period[period], is_last=is_last)
        return bills

    def fetch_bill(self, bill_id: str) -> BillState:
        for bill in self.bills(bill_id.partition(":")[0]):
            if bill.bill_id == bill_id:
                return bill
        raise NotFound("RESOURCE_NOT_FOUND", "PayPal knows no such bill.")

    def change_subscription(self, change: SubscriptionChange) -> SubscriptionState:
        """Have the next month be the first of another plan, once the buyer agreed at ``consent_url``.

        :raises ProviderRefused: ``at_once``: PayPal charges no difference within a month
        """
        if change.at_once:
            says = "PayPal changes a plan with its next month only. Choose that, or pay for the plan by card."
            raise ProviderRefused("unsupported", says)
        subscription = self._subscription(change.subscription_id, fields="plan")
        self._remember(subscription, self._runs_on(subscription))
        body = ModifySubscriptionRequest(plan_id=change.price_id)
        if change.returning:
            body.application_context = SubscriptionPatchApplicationContext(
                return_url=change.returning.done_url,
                cancel_url=change.returning.cancelled_url,
                shipping_preference="NO_SHIPPING",
            )
        taxes = subscription.plan.taxes if subscription.plan else None
        if taxes and taxes.percentage:
            body.plan = _taxed(taxes.percentage)  # a revision forgets what the subscription had of its own
        options = {"id": change.subscription_id, "body": body}
        revised = parsed(shapes.Revised, self.wire.sdk.subscriptions.revise_subscription(options).text)
        return self._state(self._subscription(change.subscription_id), consent_url=revised.link("approve"))

    def cancel_subscription(self, subscription_id: str, *, key: str, at_once: bool) -> SubscriptionState:
        subscription = self._subscription(subscription_id)
        if at_once and subscription.status in {"ACTIVE", "SUSPENDED"}:
            self._tell(self.wire.sdk.subscriptions.cancel_subscription, subscription_id, _cancelling())
        elif not at_once and subscription.status in {"ACTIVE", "SUSPENDED"}:
            self._suspend(subscription, ENDING)
        return self._state(self._subscription(subscription_id))

    def resume_subscription(self, subscription_id: str, *, key: str) -> SubscriptionState:
        """Take a cancellation or a pause back.

        :raises ProviderRefused: it was cancelled at PayPal, where that is final
        """
        if self._subscription(subscription_id).status != "ACTIVE":
            body = ActivateSubscriptionRequest(reason="Resumed by the subscriber.")
            self._tell(self.wire.sdk.subscriptions.activate_subscription, subscription_id, body)
        return self._state(self._subscription(subscription_id))

    def pause_subscription(self, subscription_id: str, *, key: str) -> SubscriptionState:
        self._suspend(self._subscription(subscription_id), PAUSED)
        return self._state(self._subscription(subscription_id))

    def portal_url(self, customer_id: str, *, return_url: str) -> str:
        """PayPal's page of automatic payments, the same for everybody who is logged in there."""
        return f"{self.wire.site}/myaccount/autopay"

    def _remember(self, subscription: shapes.Subscription, plan_id: str) -> None:
        """Keep at PayPal which plan it runs on: PayPal itself forgets that when the buyer agrees to another."""
        custom_id = with_plan_before(subscription.custom_id, plan_id)
        if custom_id != subscription.custom_id:
            kept = [Patch(op="replace", path="/custom_id", value=custom_id)]
            self.wire.sdk.subscriptions.patch_subscription({"id": subscription.id, "body": kept})

    def _suspend(self, subscription: shapes.Subscription, note: str) -> None:
        """Have no further month billed. What is suspended for another reason is woken first: a note is written
        once.
        """
        if subscription.status == "SUSPENDED" and subscription.status_change_note == note:
            return
        if subscription.status == "SUSPENDED":
            body = ActivateSubscriptionRequest(reason="To be suspended for another reason.")
            self._tell(self.wire.sdk.subscriptions.activate_subscription, subscription.id, body)
        suspending = SuspendSubscription(reason=note)
        self._tell(self.wire.sdk.subscriptions.suspend_subscription, subscription.id, suspending)

    def _tell(self, call: Any, subscription_id: str, body: Any) -> None:
        """These take no key: what they ask for is a state, and asking twice leaves the same one."""
        try:
            call({"id": subscription_id, "body": body})
        except ProviderRefused as refused:
            if refused.code != "SUBSCRIPTION_STATUS_INVALID" or self._subscription(subscription_id).status in {
                "CANCELLED",
                "EXPIRED",
            }:
                raise

    def _subscription(self, subscription_id: str, *, fields: str = "") -> shapes.Subscription:
        options = {"id": subscription_id} | ({"fields": fields} if fields else {})
        answer = self.wire.sdk.subscriptions.get_subscription(options)
        return parsed(shapes.Subscription, answer.text)

    def _state(self, subscription: shapes.Subscription, *, consent_url: str = "") -> SubscriptionState:
        period = _current(subscription)
        is_over = period is None or period.end <= self.now()
        is_ending = subscription.status == "CANCELLED" and subscription.status_change_note != ENDED
        is_ending |= subscription.status == "SUSPENDED" and subscription.status_change_note == ENDING
        status = _status(subscription)
        if is_ending:
            status = SubscriptionStatus.ENDED if is_over else _as_billed(subscription)
        begun = status != SubscriptionStatus.INCOMPLETE
        return SubscriptionState(
            subscription_id=subscription.id,
            reference=reference(subscription.custom_id),
            status=status,
            price_id=self._runs_on(subscription),
            customer_id="",  # one wallet may pay for several organisations
            period_start=period.start if period and begun else None,
            period_end=period.end if period and begun else None,
            trial_end=subscription.start_time if _is_tried(subscription) else None,
            cancels_at_period_end=is_ending and status != SubscriptionStatus.ENDED,
            consent_url=consent_url,
        )

    def _runs_on(self, subscription: shapes.Subscription) -> str:
        """The plan that its last month was paid for: PayPal names the one that was agreed to, from that day on."""
        last = subscription.billing_info.last_payment if subscription.billing_info else None
        if last is None:
            return subscription.plan_id
        month = period_of(subscription.start_time, last.time)
        begun = month.start - timedelta(days=2)
        paid = [
            one
            for one in self._paid_within(subscription.id, begun, min(month.end, self.now() + timedelta(days=1)))
            if one.status in _PAID
        ]
        return self._plan_of(paid[-1], subscription) if paid else subscription.plan_id

    def _plan_of(self, paid: shapes.Transaction, subscription: shapes.Subscription) -> str:
        """The plan whose price was paid: the agreed one, the one before it, or any other; else the agreed one."""
        net, _ = _amounts(paid)
        for plan_id in (subscription.plan_id, plan_before(subscription.custom_id)):
            if plan_id and self._price_of(plan_id) == net:
                return plan_id
        if net not in self._monthly.values():
            self._monthly |= {plan.id: plan.monthly for plan in self._plans()}
        return next((plan for plan, monthly in self._monthly.items() if monthly == net), subscription.plan_id)

    def _price_of(self, plan_id: str) -> Money | None:
        if plan_id not in self._monthly:
            answer = self.wire.sdk.subscriptions.get_billing_plan(plan_id)
            self._monthly[plan_id] = parsed(shapes.Plan, answer.text).monthly
        return self._monthly[plan_id]

    def _tried(self, subscription: shapes.Subscription) -> Iterator[shapes.Transaction]:
        begins, now = subscription.create_time - timedelta(days=1), self.now() + timedelta(days=1)
        while begins < now:
            ends = min(begins + _WINDOW, now)
            yield from self._paid_within(subscription.id, begins, ends)
            begins = ends

    def _paid_within(self, subscription_id: str, begins: datetime, ends: datetime) -> list[shapes.Transaction]:
        options = {"id": subscription_id, "start_time": shapes.at(begins), "end_time": shapes.at(ends)}
        answer = self.wire.sdk.subscriptions.list_subscription_transactions(options)
        listed = parsed(shapes.Transactions, answer.text)
        if listed.total_pages > 1:
            raise ProviderMisunderstood("more payments of a subscription than PayPal shows at once")
        return listed.transactions

    def _bills_of(
        self,
        subscription: shapes.Subscription,
        period: Period,
        tried: list[shapes.Transaction],
        *,
        is_last: bool,
    ) -> list[BillState]:
        paid = [one for one in tried if one.status in _PAID]
        if paid:
            return [
                self._bill(subscription, period, one, BillStatus.PAID, attempts=len(tried), number=number)
                for number, one in enumerate(paid, 1)
            ]
        is_alive = is_last and subscription.status not in {"CANCELLED", "EXPIRED"}
        status = BillStatus.OPEN if is_alive else BillStatus.VOID
        return [self._bill(subscription, period, tried[-1], status, attempts=len(tried), number=1)]

    def _bill(
        self,
        subscription: shapes.Subscription,
        period: Period,
        last: shapes.Transaction,
        status: BillStatus,
        *,
        attempts: int,
        number: int,
    ) -> BillState:
        net, tax = _amounts(last)
        failed = subscription.billing_info.last_failed_payment if subscription.billing_info else None
        is_open = status == BillStatus.OPEN
        again = f":{number}" if number > 1 else ""
        return BillState(
            bill_id=f"{subscription.id}:{period.start:%Y%m%d}{again}",
            subscription_id=subscription.id,
            status=status,
            is_upgrade=False,
            price_id=self._plan_of(last, subscription),
            total=Money(minor=net.minor + tax.minor, currency=net.currency),
            tax=tax,
            capture_id=last.id if status == BillStatus.PAID else "",
            period_start=period.start,
            period_end=period.end,
            attempts=attempts,
            next_attempt_at=failed.next_payment_retry_time if failed and is_open else None,
            pay_url=self.portal_url("", return_url="") if is_open else "",
        )

    def _plans(self) -> Iterator[shapes.Plan]:
        page, is_more = 1, True
        while is_more:
            options = {"product_id": PRODUCT, "prefer": _WHOLE, "page": page, "page_size": _PAGE_SIZE}
            found = parsed(shapes.Plans, self.wire.sdk.subscriptions.list_billing_plans(options).text)
            yield from found.plans
            page, is_more = page + 1, len(found.plans) == _PAGE_SIZE

    def _ensure_product(self) -> None:
        path = "/v1/catalogs/products"
        try:
            self.wire.ask(shapes.Product, "GET", f"{path}/{PRODUCT}")
        except NotFound:
            content = f'{{"id": "{PRODUCT}", "name": "AIQLeads plans", "type": "SERVICE"}}'
            self.wire.ask(shapes.Product, "POST", path, key=PRODUCT, content=content.encode())


def _cancelling() -> CancelSubscriptionRequest:
    return CancelSubscriptionRequest(reason=ENDED)


def _taxed(percentage: str) -> PlanOverride:
    return PlanOverride(taxes=TaxesOverride(percentage=percentage, inclusive=False))


def _amounts(paid: shapes.Transaction) -> tuple[Money, Money]:
    """What was paid without tax, and the tax."""
    whole = paid.amount_with_breakdown.gross_amount.amount
    told = paid.amount_with_breakdown.tax_amount
    tax = told.amount if told else Money(minor=0, currency=whole.currency)
    return Money(minor=whole.minor - tax.minor, currency=whole.currency), tax


def _is_tried(subscription: shapes.Subscription) -> bool:
    return subscription.start_time - subscription.create_time >= _TRIAL_AT_LEAST


def _current(subscription: shapes.Subscription) -> Period | None:
    """The trial, or the month that was last paid; None before."""
    billed = subscription.billing_info
    if billed and billed.last_payment:
        return period_of(subscription.start_time, billed.last_payment.time)
    if _is_tried(subscription):
        days = round((subscription.start_time - subscription.create_time) / timedelta(days=1))
        return Period(subscription.start_time - timedelta(days=days), subscription.start_time)
    return None


def _status(subscription: shapes.Subscription) -> SubscriptionStatus:
    if subscription.status in {"APPROVAL_PENDING", "APPROVED"}:
        return SubscriptionStatus.INCOMPLETE
    if subscription.status in {"CANCELLED", "EXPIRED"}:
        return SubscriptionStatus.ENDED
    if subscription.status == "ACTIVE":
        return _as_billed(subscription)
    is_paused = subscription.status_change_note == PAUSED
    return SubscriptionStatus.PAUSED if is_paused else SubscriptionStatus.PAST_DUE


def _as_billed(subscription: shapes.Subscription) -> SubscriptionStatus:
    """What one that runs is by its payments. PayPal takes the first one minutes after it was agreed to."""
    billed = subscription.billing_info
    has_failed = billed is not None and billed.failed_payments_count > 0
    if billed is not None and billed.last_payment is not None:
        is_owed = has_failed and billed.outstanding_balance.amount.minor > 0
        return SubscriptionStatus.PAST_DUE if is_owed else SubscriptionStatus.ACTIVE
    if _is_tried(subscription):
        return SubscriptionStatus.PAST_DUE if has_failed else SubscriptionStatus.TRIALING
    return SubscriptionStatus.INCOMPLETE
