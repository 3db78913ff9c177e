"""Products, plans and subscriptions that are billed by the month when the clock reaches it."""

import copy
from datetime import datetime, timedelta
from typing import Any, Final

from billing.providers.fakes.paypal import demands
from billing.providers.fakes.paypal.account import Thing, at, cents, found, moment, money
from billing.providers.fakes.paypal.demands import Refusal
from billing.providers.fakes.paypal.payments import DECLINES, Payments
from billing.providers.paypal.periods import months_after

RETRY_DAYS: Final = 5
RETRIES: Final = 2
"""How often PayPal tries again by itself."""


class Plans(Payments):
    """What is paid by the month.

    :ivar hidden: of each subscription what PayPal does not show: months billed, price agreed to, payments, retries
    """

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.products: dict[str, Thing] = {}
        self.plans: dict[str, Thing] = {}
        self.subscriptions: dict[str, Thing] = {}
        self.hidden: dict[str, Thing] = {}

    def create_product(self, asked: Any) -> Thing:
        told = demands.taken(demands.NewProduct, asked)
        if told["id"] in self.products:
            raise Refusal(422, "DUPLICATE_RESOURCE_IDENTIFIER", "Duplicate resource identifier.")
        self.products[told["id"]] = told | {"create_time": at(self.now())}
        return self.products[told["id"]]

    def create_plan(self, asked: Any) -> Thing:
        told = demands.taken(demands.NewPlan, asked)
        found(self.products, told["product_id"])
        plan_id = self.new_id("P-")
        self.plans[plan_id] = copy.deepcopy(told) | {
            "id": plan_id,
            "status": "ACTIVE",
            "create_time": at(self.now()),
        }
        return self.plans[plan_id]

    def plans_of(self, product_id: str, *, page: int, size: int) -> Thing:
        mine = [one for one in self.plans.values() if one["product_id"] == product_id]
        return {"plans": mine[(page - 1) * size : page * size]}

    def create_subscription(self, asked: Any) -> Thing:
        told = demands.taken(demands.NewSubscription, asked)
        found(self.plans, told["plan_id"])
        now = self.now()
        starts = moment(told["start_time"]) if "start_time" in told else now
        if starts < now:
            raise Refusal(422, "SUBSCRIPTION_START_TIME_IN_PAST", "start_time")
        subscription_id = self.new_id("I-")
        self.pages[subscription_id] = told["application_context"]
        self.subscriptions[subscription_id] = {
            "id": subscription_id,
            "status": "APPROVAL_PENDING",
            "plan_id": told["plan_id"],
            "custom_id": told["custom_id"],
            "create_time": at(now),
            "start_time": at(starts),
            "subscriber": {"email_address": told["subscriber"]["email_address"]},
            "plan_overridden": "plan" in told,
            "links": [
                self.link(f"/webapps/billing/subscriptions?ba_token={subscription_id}", "approve"),
                self.link(f"/v1/billing/subscriptions/{subscription_id}", "self"),
            ],
        }
        taxes = told.get("plan", {}).get("taxes")
        self.hidden[subscription_id] = {"taxes": taxes, "payments": [], "months": 0, "tries": 0, "agreed": None}
        self.tell("BILLING.SUBSCRIPTION.CREATED", "subscription", self.shown_subscription(subscription_id))
        return self.subscriptions[subscription_id]

    def shown_subscription(self, subscription_id: str, *, with_plan: bool = False) -> Thing:
        told = copy.deepcopy(found(self.subscriptions, subscription_id))
        taxes = self.hidden[subscription_id]["taxes"]
        if with_plan:
            told["plan"] = {"name": self.plans[told["plan_id"]]["name"]} | ({"taxes": taxes} if taxes else {})
        return told

    def agree(self, subscription_id: str, outcome: str = "") -> None:
        """The buyer says yes on the page: to the subscription, or to another plan for it."""
        subscription, hidden = found(self.subscriptions, subscription_id), self.hidden[subscription_id]
        if subscription["status"] == "APPROVAL_PENDING":
            self.outcomes[subscription_id] = outcome
            subscription |= {"status": "ACTIVE", "status_update_time": at(self.now())}
            due = max(self.now(), moment(subscription["start_time"]))
            subscription["billing_info"] = {
                "outstanding_balance": money(0),
                "failed_payments_count": 0,
                "next_billing_time": at(due),
            }
            subscription["subscriber"]["payer_id"] = "ALICE00000001"
            hidden["price_of"] = subscription["plan_id"]
            self._tell_subscription(subscription_id, "ACTIVATED")
            self.work()
        elif hidden["agreed"]:
            plan_id, taxes = hidden["agreed"]
            subscription["plan_id"] = plan_id  # from this day on, though it is billed from the next month on
            hidden |= {"taxes": taxes, "agreed": None}
            self._tell_subscription(subscription_id, "UPDATED")

    def revise(self, subscription_id: str, asked: Any) -> Thing:
        told = demands.taken(demands.Revision, asked)
        subscription = found(self.subscriptions, subscription_id)
        if subscription["status"] not in {"ACTIVE", "SUSPENDED"}:
            raise _wrong_status()
        found(self.plans, told["plan_id"])
        self.pages[subscription_id] = told.get("application_context") or self.pages[subscription_id]
        self.hidden[subscription_id]["agreed"] = (told["plan_id"], told.get("plan", {}).get("taxes"))
        return {
            "plan_id": told["plan_id"],
            "plan_overridden": "plan" in told,
            "links": [self.link(f"/webapps/billing/subscriptions/update?ba_token={subscription_id}", "approve")],
        }

    def patch(self, subscription_id: str, asked: Any) -> None:
        subscription = found(self.subscriptions, subscription_id)
        if subscription["status"] not in {"ACTIVE", "SUSPENDED"}:
            raise _wrong_status()
        for change in demands.patches(asked):
            subscription["custom_id"] = change["value"]

    def change_status(self, subscription_id: str, verb: str, asked: Any) -> None:
        reason = demands.taken(demands.Reason, asked)["reason"]
        subscription = found(self.subscriptions, subscription_id)
        before, after, event = {
            "suspend": ({"ACTIVE"}, "SUSPENDED", "SUSPENDED"),
            "activate": ({"SUSPENDED"}, "ACTIVE", "RE-ACTIVATED"),
            "cancel": ({"ACTIVE", "SUSPENDED"}, "CANCELLED", "CANCELLED"),
        }[verb]
        if subscription["status"] not in before:
            raise _wrong_status()
        subscription |= {"status": after, "status_change_note": reason, "status_update_time": at(self.now())}
        if verb == "activate":
            self._skip_months(subscription_id)
        self._tell_subscription(subscription_id, event)

    def payments_of(self, subscription_id: str, *, since: datetime, until: datetime) -> Thing:
        found(self.subscriptions, subscription_id)
        mine = [one for one in self.hidden[subscription_id]["payments"] if since <= moment(one["time"]) <= until]
        return {"transactions": [self._with_refunds(one) for one in mine], "total_pages": 1}

    def work(self) -> None:
        """Bill what is due by now, in the order in which it fell due."""
        end = self.shift
        now = self.now()
        while due := self._next_due(now):
            when, subscription_id = due
            self.shift = end - (now - when)
            self._bill(subscription_id)
        self.shift = end

    def _next_due(self, now: datetime) -> tuple[datetime, str] | None:
        due = [
            (moment(one["billing_info"]["next_billing_time"]), one["id"])
            for one in self.subscriptions.values()
            if one["status"] == "ACTIVE" and "next_billing_time" in one["billing_info"]
        ]
        return min((one for one in due if one[0] <= now), default=None)

    def _bill(self, subscription_id: str) -> None:
        subscription, hidden = self.subscriptions[subscription_id], self.hidden[subscription_id]
        if not hidden["tries"]:
            hidden["price_of"] = subscription["plan_id"]
        net, tax = self._price(hidden)
        paid_id, now, billed = self.new_id(), self.now(), subscription["billing_info"]
        has_failed = self.outcomes.get(subscription_id) == DECLINES
        payment = {
            "id": paid_id,
            "status": "DECLINED" if has_failed else "COMPLETED",
            "amount_with_breakdown": {"gross_amount": money(net + tax), "tax_amount": money(tax)},
            "time": at(now),
        }
        hidden["payments"].append(payment)
        if has_failed:
            self._note_failure(subscription_id, net + tax)
        else:
            self._captured(money(net + tax), subscription["custom_id"], capture_id=paid_id)
            billed |= {"last_payment": {"amount": money(net + tax), "time": at(now)}, "failed_payments_count": 0}
            billed["outstanding_balance"] = money(0)
            billed.pop("last_failed_payment", None)
            self._next_month(subscription_id)
            sale = {"id": paid_id, "billing_agreement_id": subscription_id, "state": "completed"}
            self.tell("PAYMENT.SALE.COMPLETED", "sale", sale | {"amount": {"total": money(net + tax)["value"]}})

    def _note_failure(self, subscription_id: str, amount: int) -> None:
        """Try again some days later, twice; then this month is over, and the next one is tried when it begins."""
        billed, hidden = self.subscriptions[subscription_id]["billing_info"], self.hidden[subscription_id]
        hidden["tries"] += 1
        failed = {"amount": money(amount), "time": at(self.now()), "reason_code": "PAYMENT_DENIED"}
        billed |= {
            "failed_payments_count": billed["failed_payments_count"] + 1,
            "outstanding_balance": money(amount),
        }
        if hidden["tries"] <= RETRIES:
            again = at(self.now() + timedelta(days=RETRY_DAYS))
            billed["next_billing_time"] = failed["next_payment_retry_time"] = again
        else:
            self._next_month(subscription_id)
        billed["last_failed_payment"] = failed
        shown = self.shown_subscription(subscription_id)
        self.tell("BILLING.SUBSCRIPTION.PAYMENT.FAILED", "subscription", shown)

    def _next_month(self, subscription_id: str) -> None:
        subscription, hidden = self.subscriptions[subscription_id], self.hidden[subscription_id]
        hidden |= {"months": hidden["months"] + 1, "tries": 0}
        starts = moment(subscription["start_time"])
        subscription["billing_info"]["next_billing_time"] = at(months_after(starts, hidden["months"]))

    def _skip_months(self, subscription_id: str) -> None:
        """Months that began while it was suspended are not billed any more."""
        while moment(self.subscriptions[subscription_id]["billing_info"]["next_billing_time"]) < self.now():
            self._next_month(subscription_id)

    def _price(self, hidden: Thing) -> tuple[int, int]:
        """Cents, and cents of tax on them, rounded half up."""
        net = cents(self.plans[hidden["price_of"]]["billing_cycles"][0]["pricing_scheme"]["fixed_price"])
        if not hidden["taxes"]:
            return net, 0
        whole, _, fraction = hidden["taxes"]["percentage"].partition(".")
        thousandths = int(whole) * 1_000 + int((fraction or "0").ljust(3, "0"))
        return net, (net * thousandths + 50_000) // 100_000

    def _with_refunds(self, payment: Thing) -> Thing:
        capture = self.captures.get(payment["id"])
        is_back = capture is not None and capture["status"].endswith("REFUNDED")
        return payment | ({"status": capture["status"]} if capture and is_back else {})

    def _tell_subscription(self, subscription_id: str, what: str) -> None:
        self.tell(f"BILLING.SUBSCRIPTION.{what}", "subscription", self.shown_subscription(subscription_id))


def _wrong_status() -> Refusal:
    return Refusal(422, "SUBSCRIPTION_STATUS_INVALID", "Invalid subscription status for this action.")
