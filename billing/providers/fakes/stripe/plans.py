"""Subscriptions of the account: prices, periods, bills, changes that wait for their payment, and renewals."""

from datetime import UTC, datetime
from typing import Final

from dateutil.relativedelta import relativedelta

from billing.providers.fakes.stripe.objects import DAY, HOUR, Refusal, Thing
from billing.providers.fakes.stripe.payments import SAYS
from billing.providers.fakes.stripe.taxes import Taxes

RETRY_DAYS: Final = (3, 4)
"""After a renewal that failed: between the attempts. After the last one the subscription ends."""
PENDING_HOURS: Final = 23
"""For so long a change waits for its payment."""
ENDED: Final = ("canceled", "incomplete_expired")


class Plans(Taxes):
    """What is paid for by the month."""

    # What the API is asked

    def make_price(self, asked: Thing) -> Thing:
        if any(price["lookup_key"] == asked.get("lookup_key") for price in self.all("price")):
            raise _invalid("A price already uses that lookup key.", "lookup_key")
        product = self.make(
            "prod", "product", active=True, images=[], marketing_features=[], updated=self.now(), type="service",
            name=asked["product_data"]["name"], metadata=asked["product_data"].get("metadata", {}),
        )  # fmt: skip
        return self.make(
            "price", "price", active=True, billing_scheme="per_unit", currency=asked["currency"], metadata={},
            lookup_key=asked.get("lookup_key"), product=product["id"], tax_behavior=asked.get("tax_behavior"),
            type="recurring", unit_amount=asked["unit_amount"], unit_amount_decimal=str(asked["unit_amount"]),
            recurring={"interval": asked["recurring"]["interval"], "interval_count": 1, "usage_type": "licensed"},
        )  # fmt: skip

    def make_tax_rate(self, asked: Thing) -> Thing:
        return self.make(
            "txr", "tax_rate", active=True, display_name=asked["display_name"], inclusive=asked["inclusive"],
            percentage=float(asked["percentage"]), metadata=asked.get("metadata", {}),
        )  # fmt: skip

    def change(self, subscription_id: str, asked: Thing) -> Thing:
        """An update: a price, the end, a pause, notes."""
        told = self._live(subscription_id)
        waits = asked.get("payment_behavior") == "pending_if_incomplete"
        if waits and (other := set(asked) - {"items", "proration_behavior", "payment_behavior", "expand"}):
            raise _invalid(f"{min(other)} is not supported with pending_if_incomplete.", min(other))
        if asked.get("cancel_at") and asked.get("cancel_at_period_end"):
            raise _invalid("Only one of cancel_at and cancel_at_period_end can be set.", "cancel_at")
        for name, value in asked.get("metadata", {}).items():
            told["metadata"].pop(name, None)
            told["metadata"].update({name: value} if value else {})
        self._set_end(told, asked)
        if "pause_collection" in asked:
            told["pause_collection"] = asked["pause_collection"] or None
        for item in asked.get("items", []):
            self._set_price(told, item, asked)
        self.happened("customer.subscription.updated", told)
        return told

    def _set_end(self, told: Thing, asked: Thing) -> None:
        if "cancel_at_period_end" in asked:
            told["cancel_at_period_end"] = asked["cancel_at_period_end"]
            told["cancel_at"] = _item(told)["current_period_end"] if asked["cancel_at_period_end"] else None
        if "cancel_at" in asked:
            told["cancel_at"] = asked["cancel_at"] or None

    def _set_price(self, told: Thing, asked_item: Thing, asked: Thing) -> None:
        item = _item(told)
        if asked_item.get("id") != item["id"]:
            raise _invalid("A subscription of ours has one item.", "items[0][id]")
        price = self.get(asked_item["price"], "price")
        if asked.get("proration_behavior") != "always_invoice" or told["status"] == "trialing":
            item["price"] = price
            return
        invoice = self._difference(told, price)
        if invoice["total"] <= 0 or self._collect_bill(invoice, told):
            item["price"] = price
        elif asked.get("payment_behavior") == "pending_if_incomplete":
            told["pending_update"] = {
                "expires_at": min(self.now() + PENDING_HOURS * HOUR, item["current_period_end"]),
                "subscription_items": [{**item, "price": price}],
            }
            invoice["_waits"] = True
        else:
            raise _invalid("Only pending_if_incomplete is known here.", "payment_behavior")

    def end(self, subscription_id: str) -> Thing:
        """End it now."""
        told = self._live(subscription_id)
        told.update(status="canceled", canceled_at=self.now(), ended_at=self.now(), pending_update=None)
        self.happened("customer.subscription.deleted", told)
        return told

    def _live(self, subscription_id: str) -> Thing:
        told = self.get(subscription_id, "subscription")
        if told["status"] in ENDED:
            raise Refusal(
                404, "invalid_request_error", f"No such subscription: '{subscription_id}'",
                code="resource_missing", param="id",
            )  # fmt: skip
        return told

    # What buyers do

    def subscribe(self, session: Thing, asked: Thing, method: Thing) -> None:
        given = asked.get("subscription_data", {})
        session["customer"] = session["customer"] or self.customer(session["customer_email"])["id"]
        method["customer"] = session["customer"]
        trial_days = given.get("trial_period_days", 0)
        start = self.now()
        end = start + trial_days * DAY if trial_days else _month_after(start)
        told = self.make(
            "sub",
            "subscription",
            automatic_tax={"enabled": session["automatic_tax"]["enabled"]},
            _lives=dict(self.page_address),
            billing_cycle_anchor=end if trial_days else start,
            billing_mode={"type": "flexible"},
            billing_schedules=[],
            cancel_at=None,
            cancel_at_period_end=False,
            collection_method="charge_automatically",
            currency="usd",
            customer=session["customer"],
            default_payment_method=method["id"],
            default_tax_rates=[self.get(rate, "tax_rate") for rate in given.get("default_tax_rates", [])],
            discounts=[],
            invoice_settings={"issuer": {"type": "self"}},
            metadata=given.get("metadata", {}),
            pause_collection=None,
            pending_update=None,
            start_date=start,
            status="trialing" if trial_days else "active",
            trial_end=end if trial_days else None,
            trial_start=start if trial_days else None,
        )
        price = self.get(asked["line_items"][0]["price"], "price")
        told["items"] = _list([self._item_of(told, price, start, end)])
        invoice = self._bill(told, "subscription_create", [(price, 0 if trial_days else None, (start, end))])
        self._collect_bill(invoice, told)
        session.update(
            status="complete", url=None, subscription=told["id"], payment_status="paid", invoice=invoice["id"]
        )
        self.happened("customer.subscription.created", told)
        self.happened("checkout.session.completed", session)

    def _item_of(self, told: Thing, price: Thing, start: int, end: int) -> Thing:
        plan = {
            "id": price["id"], "object": "plan", "active": True, "billing_scheme": "per_unit", "livemode": False,
            "created": price["created"], "currency": "usd", "interval": "month", "interval_count": 1,
            "usage_type": "licensed", "amount": price["unit_amount"], "metadata": {},
        }  # fmt: skip
        item = self.make(
            "si", "subscription_item", current_period_start=start, current_period_end=end, discounts=[],
            metadata={}, plan=plan, price=price, quantity=1, subscription=told["id"], tax_rates=[],
        )  # fmt: skip
        del item["livemode"]
        return item

    def pay_bill(self, invoice_id: str, outcome: str = "") -> Thing:
        """The buyer pays a bill on its own page, with a card that is theirs from now on if it pays."""
        invoice = self.get(invoice_id, "invoice")
        if invoice["status"] != "open":
            return invoice
        told = self.get(subscription_of(invoice))
        if outcome not in SAYS:
            self.replace_method(told["customer"], outcome="")
        self._collect_bill(invoice, told, outcome=outcome)
        return invoice

    def replace_method(self, customer_id: str, *, outcome: str) -> Thing:
        """The customer leaves another card; ``outcome`` is what it does when it is charged."""
        method = self._method({"id": customer_id, "customer_email": None}, outcome)
        method["customer"] = customer_id
        self.outcomes[method["id"]] = outcome
        for told in self.all("subscription"):
            if told["customer"] == customer_id and told["status"] not in ENDED:
                told["default_payment_method"] = method["id"]
        self.happened("payment_method.attached", method)
        return method

    def leave_at_period_end(self, subscription_id: str) -> None:
        """A cancellation on Stripe's own pages, which write ``cancel_at`` and not the other field."""
        told = self._live(subscription_id)
        told["cancel_at"] = _item(told)["current_period_end"]
        self.happened("customer.subscription.updated", told)

    # What time does

    def work(self) -> None:
        """Do all that has become due by the account's clock."""
        for session in self.all("checkout.session"):
            if session["status"] == "open" and session["expires_at"] <= self.now():
                self.close_page(session["id"])
        for told in self.all("subscription"):
            self._drop_late_change(told)
            while told["status"] not in ENDED and self._is_due(told):
                self._renew(told)
            self._retry(told)

    def _is_due(self, told: Thing) -> bool:
        return bool(_item(told)["current_period_end"] <= self.now())

    def _renew(self, told: Thing) -> None:
        item = _item(told)
        if told["cancel_at"] and told["cancel_at"] <= item["current_period_end"]:
            self.end(told["id"])
            return
        start = item["current_period_end"]
        item.update(current_period_start=start, current_period_end=_month_after(start))
        invoice = self._bill(
            told, "subscription_cycle", [(item["price"], None, (start, item["current_period_end"]))]
        )
        if told["pause_collection"]:
            invoice["status"] = "void"
            self.happened("invoice.voided", invoice)
        elif not self._collect_bill(invoice, told):
            told["status"] = "past_due"
        elif told["status"] == "trialing":
            told["status"] = "active"
        self.happened("customer.subscription.updated", told)

    def _retry(self, told: Thing) -> None:
        for invoice in self.all("invoice"):
            is_its = subscription_of(invoice) == told["id"] and invoice["status"] == "open"
            while (
                is_its and invoice["status"] == "open" and 0 < (invoice["next_payment_attempt"] or 0) <= self.now()
            ):
                self._collect_bill(invoice, told)

    def _drop_late_change(self, told: Thing) -> None:
        waiting = told["pending_update"]
        if waiting and waiting["expires_at"] <= self.now():
            told["pending_update"] = None
            for invoice in self.all("invoice"):
                if invoice.get("_waits") and subscription_of(invoice) == told["id"] and invoice["status"] == "open":
                    invoice["status"] = "void"
                    self.happened("invoice.voided", invoice)
            self.happened("customer.subscription.pending_update_expired", told)

    # Bills

    def _open_bills(self, told: Thing) -> list[Thing]:
        mine = (one for one in self.all("invoice") if subscription_of(one) == told["id"])
        return [one for one in mine if one["status"] == "open"]

    def _difference(self, told: Thing, price: Thing) -> Thing:
        """A bill for the rest of the period at another price, less the rest at the old one."""
        item, now = _item(told), self.now()
        whole = item["current_period_end"] - item["current_period_start"]
        left = max(item["current_period_end"] - now, 0)
        period = (now, item["current_period_end"])
        back = -_share(item["price"]["unit_amount"], left, whole)
        more = _share(price["unit_amount"], left, whole)
        return self._bill(told, "subscription_update", [(item["price"], back, period), (price, more, period)])

    def _bill(self, told: Thing, reason: str, parts: list[tuple[Thing, int | None, tuple[int, int]]]) -> Thing:
        """An invoice that is final; ``parts`` are prices, amounts where they are not the price's, periods."""
        lines = [self._bill_line(told, *part) for part in parts]
        subtotal = sum(line["amount"] for line in lines)
        is_taxed = told["automatic_tax"]["enabled"]
        taxes = [
            {
                "amount": cents,
                "tax_behavior": "exclusive",
                "taxable_amount": subtotal,
                "taxability_reason": "standard_rated" if is_taxed else "not_available",
                "type": "tax_rate_details",
                "tax_rate_details": {"tax_rate": rate["id"]},
            }
            for rate, cents in (self._levied(told, subtotal) if is_taxed else self._by_rates(told, subtotal))
        ]
        total = subtotal + sum(tax["amount"] for tax in taxes)
        invoice = self.make(
            "in", "invoice", amount_due=max(total, 0), amount_overpaid=0, amount_paid=0,
            amount_remaining=max(total, 0), amount_shipping=0, attempt_count=0, attempted=False,
            automatic_tax={"enabled": is_taxed, "status": "complete" if is_taxed else None},
            billing_reason=reason, collection_method="charge_automatically",
            currency="usd", customer=told["customer"], default_tax_rates=[], discounts=[],
            issuer={"type": "self"}, lines=_list(lines), metadata={}, next_payment_attempt=None,
            parent={"type": "subscription_details",
                    "subscription_details": {"subscription": told["id"], "metadata": told["metadata"]}},
            payment_settings={}, payments=_list([]), period_start=told["start_date"], period_end=self.now(),
            post_payment_credit_notes_amount=0, pre_payment_credit_notes_amount=0, starting_balance=0,
            status="open", status_transitions={"finalized_at": self.now()}, subtotal=subtotal, total=total,
            total_taxes=taxes,
        )  # fmt: skip
        invoice["hosted_invoice_url"] = f"{self.base_url}/bill/{invoice['id']}"
        self.happened("invoice.finalized", invoice)
        return invoice

    def _by_rates(self, told: Thing, subtotal: int) -> list[tuple[Thing, int]]:
        """The rates that were asked for, and what each comes to."""
        rates = told["default_tax_rates"]
        return [(rate, _share(subtotal, round(rate["percentage"] * 1_000), 100_000)) for rate in rates]

    def _levied(self, told: Thing, subtotal: int) -> list[tuple[Thing, int]]:
        """What Stripe Tax adds, by the address that was typed into the page."""
        return [
            (self.make_tax_rate({"display_name": who, "inclusive": False, "percentage": percent}), cents)
            for who, percent, cents in self.levied(subtotal, told["_lives"])
        ]

    def _bill_line(self, told: Thing, price: Thing, amount: int | None, period: tuple[int, int]) -> Thing:
        amount = price["unit_amount"] if amount is None else amount
        line = self.make(
            "il", "line_item", amount=amount, currency="usd", description=price["lookup_key"], discountable=True,
            discounts=[], metadata={}, period={"start": period[0], "end": period[1]}, quantity=1, subtotal=amount,
            pricing={"type": "price_details", "unit_amount_decimal": str(amount),
                     "price_details": {"price": price["id"], "product": price["product"]}},
            subscription=told["id"],
        )  # fmt: skip
        del line["created"]
        return line

    def _collect_bill(self, invoice: Thing, told: Thing, *, outcome: str | None = None) -> bool:
        """Try to collect a bill with the subscription's way of paying; whether it is paid now."""
        if invoice["amount_due"]:
            method = self.get(told["default_payment_method"])
            does = self.outcomes.get(method["id"], "") if outcome is None else outcome
            intent = self._intent(amount=invoice["amount_due"], customer=told["customer"])
            self.confirm(intent, method, does)
            invoice["attempt_count"] += 1
            invoice["attempted"] = True
            if intent["status"] != "succeeded":
                self._miss(invoice, told)
                return False
            invoice["payments"] = _list([self._paid_by(invoice, intent)])
        invoice.update(
            status="paid", amount_paid=invoice["amount_due"], amount_remaining=0, next_payment_attempt=None
        )
        self._caught_up(invoice, told)
        self.happened("invoice.paid", invoice)
        return True

    def _miss(self, invoice: Thing, told: Thing) -> None:
        """A bill could not be collected: it is tried again, and after the last time the subscription ends."""
        self.happened("invoice.payment_failed", invoice)
        if invoice["billing_reason"] != "subscription_cycle":
            return
        tried = invoice["attempt_count"]
        if tried <= len(RETRY_DAYS):
            since = invoice["next_payment_attempt"] or self.now()
            invoice["next_payment_attempt"] = since + RETRY_DAYS[tried - 1] * DAY
            return
        invoice["next_payment_attempt"] = None
        if told["status"] not in ENDED:
            self.end(told["id"])

    def _caught_up(self, invoice: Thing, told: Thing) -> None:
        if invoice.get("_waits") and told["pending_update"]:
            _item(told)["price"] = told["pending_update"]["subscription_items"][0]["price"]
            told["pending_update"] = None
            self.happened("customer.subscription.pending_update_applied", told)
        if told["status"] == "past_due":
            told["status"] = "active"
            self.happened("customer.subscription.updated", told)

    def _paid_by(self, invoice: Thing, intent: Thing) -> Thing:
        return self.make(
            "inpay", "invoice_payment", amount_paid=intent["amount"], amount_requested=intent["amount"],
            currency="usd", invoice=invoice["id"], is_default=True, status="paid",
            payment={"type": "payment_intent", "payment_intent": intent["id"]},
            status_transitions={"canceled_at": None, "paid_at": self.now()},
        )  # fmt: skip


def _item(told: Thing) -> Thing:
    found: Thing = told["items"]["data"][0]
    return found


def _list(things: list[Thing]) -> Thing:
    return {"object": "list", "data": things, "has_more": False, "url": "/v1/parts"}


def subscription_of(invoice: Thing) -> str:
    """The id of the subscription that a bill is of."""
    return str(invoice["parent"]["subscription_details"]["subscription"])


def _month_after(seconds: int) -> int:
    return int((datetime.fromtimestamp(seconds, UTC) + relativedelta(months=1)).timestamp())


def _share(amount: int, part: int, whole: int) -> int:
    """A part of an amount, halves rounded away from zero."""
    return (2 * amount * part + whole) // (2 * whole) if amount >= 0 else -_share(-amount, part, whole)


def _invalid(says: str, param: str) -> Refusal:
    return Refusal(400, "invalid_request_error", says, param=param)
