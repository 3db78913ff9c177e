"""Orders, captures, refunds, kept wallets and disputes."""

import copy
from datetime import timedelta
from typing import Any, Final

from billing.providers.fakes.paypal import demands
from billing.providers.fakes.paypal.account import Account, Thing, at, cents, fee_of, found, moment, money
from billing.providers.fakes.paypal.demands import Refusal

WAITS: Final = timedelta(hours=6)
"""How long an order that nobody approved is remembered."""
DISPUTE_FEE_CENTS: Final = 1_500
EVIDENCE_DAYS: Final = 10
DECLINES: Final = "INSTRUMENT_DECLINED"
PENDS: Final = "PENDING"
"""What a wallet does beside paying: the bank says no, or the money takes days."""


class Payments(Account):
    """What is paid once, and what goes back.

    :ivar outcomes: what the wallet behind an order, a kept wallet or a subscription does when it is asked; nothing
        said: it pays
    """

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.orders: dict[str, Thing] = {}
        self.captures: dict[str, Thing] = {}
        self.made_refunds: dict[str, Thing] = {}
        self.setups: dict[str, Thing] = {}
        self.tokens: dict[str, Thing] = {}
        self.disputes: dict[str, Thing] = {}
        self.outcomes: dict[str, str] = {}
        self.pages: dict[str, Thing] = {}
        """Where a page leads, by what it is about."""

    # Orders

    def create_order(self, asked: Any) -> Thing:
        told = demands.taken(demands.NewOrder, asked)
        wallet = told["payment_source"]["paypal"]
        order_id, now = self.new_id(), at(self.now())
        unit = {**copy.deepcopy(told["purchase_units"][0]), "reference_id": "default", "payments": {}}
        _adds_up(unit["amount"])
        order = {
            "id": order_id,
            "intent": "CAPTURE",
            "status": "PAYER_ACTION_REQUIRED",
            "create_time": now,
            "purchase_units": [unit],
            "payment_source": {"paypal": {}},
        }
        if wallet.get("vault_id"):
            return self._charged(order, found(self.tokens, wallet["vault_id"]))
        if not wallet.get("experience_context"):
            raise Refusal(422, "MISSING_REQUIRED_PARAMETER", "experience_context")
        self.pages[order_id] = wallet["experience_context"] | {"keeps": bool(wallet.get("attributes"))}
        order["links"] = [
            self.link(f"/v2/checkout/orders/{order_id}", "self"),
            self.link(f"/checkoutnow?token={order_id}", "payer-action"),
        ]
        self.orders[order_id] = order
        return order

    def order(self, order_id: str) -> Thing:
        """An order; one that nobody approved in time is forgotten."""
        order = found(self.orders, order_id)
        if order["status"] == "PAYER_ACTION_REQUIRED" and moment(order["create_time"]) + WAITS <= self.now():
            del self.orders[order_id]
        return found(self.orders, order_id)

    def mark_order(self, order_id: str, asked: Any) -> None:
        order = self.order(order_id)
        if order["status"] == "COMPLETED":
            raise Refusal(422, "ORDER_ALREADY_COMPLETED", "The order cannot be patched after it is completed.")
        for change in demands.patches(asked):
            order["purchase_units"][0]["custom_id"] = change["value"]

    def approve(self, order_id: str, outcome: str = "") -> Thing:
        """The buyer says yes on the page, with a wallet that will do so when it is asked."""
        order = self.order(order_id)
        if order["status"] == "COMPLETED":
            raise Refusal(422, "ORDER_ALREADY_CAPTURED", "Order already captured.")
        earlier = order.get("update_time")
        again = moment(earlier) + timedelta(seconds=1) if earlier else self.now()
        order["update_time"] = at(max(self.now(), again))
        order["status"] = "APPROVED"
        order["payer"] = {"payer_id": "ALICE00000001", "email_address": "alice@example.com"}
        order["payment_source"] = {"paypal": {"email_address": "alice@example.com", "account_id": "ALICE00000001"}}
        self.outcomes[order_id] = outcome
        self.tell("CHECKOUT.ORDER.APPROVED", "checkout-order", copy.deepcopy(order))
        return order

    def capture(self, order_id: str) -> Thing:
        order = self.order(order_id)
        if order["status"] == "COMPLETED":
            raise Refusal(422, "ORDER_ALREADY_CAPTURED", "Order already captured.")
        if order["status"] != "APPROVED":
            raise Refusal(422, "ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
        self._take(order, self.outcomes.get(order_id, ""))
        if self.pages[order_id]["keeps"]:
            token = self._keep()
            vault = {"id": token["id"], "status": "VAULTED", "customer": token["customer"]}
            order["payment_source"]["paypal"]["attributes"] = {"vault": vault}
        return order

    def _charged(self, order: Thing, token: Thing) -> Thing:
        order["payment_source"] = {"paypal": {"email_address": "alice@example.com"}}
        order["links"] = [self.link(f"/v2/checkout/orders/{order['id']}", "self")]
        self._take(order, self.outcomes.get(token["id"], ""))
        self.orders[order["id"]] = order
        return order

    def _take(self, order: Thing, outcome: str) -> None:
        if outcome == DECLINES:
            raise Refusal(422, DECLINES, "The instrument presented was either declined by the processor or bank.")
        unit = order["purchase_units"][0]
        amount = {name: unit["amount"][name] for name in ("currency_code", "value")}
        capture = self._captured(amount, unit["custom_id"], is_pending=outcome == PENDS)
        capture["invoice_id"] = unit["invoice_id"]
        capture["supplementary_data"] = {"related_ids": {"order_id": order["id"]}}
        order["status"] = "COMPLETED"
        self._tell_of(capture)

    def _captured(self, amount: Thing, custom_id: str, *, capture_id: str = "", is_pending: bool = False) -> Thing:
        capture_id, now, fee = capture_id or self.new_id(), at(self.now()), fee_of(cents(amount))
        capture = {
            "id": capture_id,
            "status": "PENDING" if is_pending else "COMPLETED",
            "amount": amount,
            "custom_id": custom_id,
            "final_capture": True,
            "create_time": now,
            "update_time": now,
            "seller_receivable_breakdown": {
                "gross_amount": amount,
                "paypal_fee": money(fee),
                "net_amount": money(cents(amount) - fee),
            },
            "links": [self.link(f"/v2/payments/captures/{capture_id}", "self")],
        }
        if is_pending:
            capture["status_details"] = {"reason": "ECHECK"}
        else:
            self.move("T0006", capture_id, cents(amount), fee=fee, custom=custom_id)
        self.captures[capture_id] = capture
        return capture

    def shown(self, order: Thing) -> Thing:
        """An order with what was captured of it and went back."""
        told = copy.deepcopy(order)
        mine = [one for one in self.captures.values() if _order_of(one) == order["id"]]
        if mine:
            ids = {one["id"] for one in mine}
            back = [one for one in self.made_refunds.values() if _above(one) in ids]
            listed = [{name: value for name, value in one.items() if name != "supplementary_data"} for one in mine]
            told["purchase_units"][0]["payments"] = {"captures": listed} | ({"refunds": back} if back else {})
        return copy.deepcopy(told)

    def settle(self, capture_id: str, *, comes: bool) -> None:
        """Money that was on its way comes, or does not."""
        capture = found(self.captures, capture_id)
        if capture["status"] != PENDS:
            raise Refusal(422, "NOT_PENDING", "It is not on its way.")
        capture["status"] = "COMPLETED" if comes else "DECLINED"
        capture["update_time"] = at(self.now())
        if comes:
            amount = cents(capture["amount"])
            capture.pop("status_details")
            self.move("T0006", capture_id, amount, fee=fee_of(amount), custom=capture["custom_id"])
        self._tell_of(capture)

    def _tell_of(self, capture: Thing) -> None:
        self.tell(f"PAYMENT.CAPTURE.{capture['status']}", "capture", copy.deepcopy(capture))

    # Refunds

    def refund(self, capture_id: str, asked: Any) -> Thing:
        told = demands.taken(demands.NewRefund, asked)
        return self.give_back(capture_id, cents(told["amount"]), told["custom_id"])

    def give_back(self, capture_id: str, amount: int, custom_id: str = "") -> Thing:
        """Money back, ours or of PayPal's own desk, which knows no reference of ours."""
        capture = found(self.captures, capture_id)
        if capture["status"] == "REFUNDED":
            raise Refusal(422, "CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.")
        if capture["status"] not in {"COMPLETED", "PARTIALLY_REFUNDED"}:
            raise Refusal(422, "CAPTURE_STATUS_NOT_VALID", "Capture status is not valid.")
        before = [cents(one["amount"]) for one in self.made_refunds.values() if _above(one) == capture_id]
        if amount <= 0 or sum(before) + amount > cents(capture["amount"]):
            raise Refusal(422, "REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than the capture's.")
        refund_id, now = self.new_id(), at(self.now())
        refund = {
            "id": refund_id,
            "status": "COMPLETED",
            "amount": money(amount),
            "create_time": now,
            "update_time": now,
            "seller_payable_breakdown": {"gross_amount": money(amount), "net_amount": money(amount)},
            "links": [
                self.link(f"/v2/payments/refunds/{refund_id}", "self"),
                self.link(f"/v2/payments/captures/{capture_id}", "up"),
            ],
        }
        if custom_id:
            refund["custom_id"] = custom_id
        self.made_refunds[refund_id] = refund
        is_whole = sum(before) + amount == cents(capture["amount"])
        capture["status"] = "REFUNDED" if is_whole else "PARTIALLY_REFUNDED"
        self.move("T1107", refund_id, -amount, about=capture_id, custom=custom_id)
        name = "PAYMENT.CAPTURE.REFUNDED" if _order_of(capture) else "PAYMENT.SALE.REFUNDED"
        self.tell(name, "refund", copy.deepcopy(refund))
        return refund

    # Kept wallets

    def create_setup(self, asked: Any) -> Thing:
        told = demands.taken(demands.NewSetupToken, asked)
        setup_id = self.new_id()
        self.pages[setup_id] = told["payment_source"]["paypal"]["experience_context"]
        self.setups[setup_id] = {
            "id": setup_id,
            "status": "PAYER_ACTION_REQUIRED",
            "customer": {"id": told["customer"].get("id") or self.new_id("C")},
            "payment_source": {"paypal": {"usage_type": "MERCHANT"}},
            "links": [
                self.link(f"/v3/vault/setup-tokens/{setup_id}", "self"),
                self.link(f"/agreements/approve?approval_session_id={setup_id}", "approve"),
            ],
        }
        return self.setups[setup_id]

    def approve_setup(self, setup_id: str) -> None:
        """The buyer lets us keep their wallet."""
        found(self.setups, setup_id)["status"] = "APPROVED"

    def exchange(self, asked: Any) -> Thing:
        told = demands.taken(demands.NewPaymentToken, asked)
        setup = found(self.setups, told["payment_source"]["token"]["id"])
        if setup["status"] != "APPROVED":
            raise Refusal(422, "SETUP_TOKEN_NOT_APPROVED", "The payer has not approved it.")
        setup["status"] = "VAULTED"
        return self._keep(setup["customer"]["id"])

    def _keep(self, customer_id: str = "") -> Thing:
        token_id = self.new_id("V")
        self.tokens[token_id] = {
            "id": token_id,
            "customer": {"id": customer_id or self.new_id("C")},
            "payment_source": {"paypal": {"email_address": "alice@example.com", "usage_type": "MERCHANT"}},
            "links": [self.link(f"/v3/vault/payment-tokens/{token_id}", "self")],
        }
        self.tell("VAULT.PAYMENT-TOKEN.CREATED", "payment_token", copy.deepcopy(self.tokens[token_id]))
        return self.tokens[token_id]

    # Disputes

    def dispute(self, capture_id: str) -> Thing:
        """The buyer takes a payment back; PayPal holds its money."""
        capture = found(self.captures, capture_id)
        dispute_id, now = self.new_id("PP-D-"), self.now()
        self.disputes[dispute_id] = {
            "dispute_id": dispute_id,
            "create_time": at(now),
            "update_time": at(now),
            "disputed_transactions": [{"seller_transaction_id": capture_id, "custom": capture["custom_id"]}],
            "reason": "UNAUTHORISED",
            "status": "WAITING_FOR_SELLER_RESPONSE",
            "dispute_state": "REQUIRED_ACTION",
            "dispute_amount": capture["amount"],
            "dispute_life_cycle_stage": "CHARGEBACK",
            "seller_response_due_date": at(now + timedelta(days=EVIDENCE_DAYS)),
            "money_movements": [],
            "links": [self.link(f"/v1/customer/disputes/{dispute_id}", "self")],
        }
        self.move("T1111", self.new_id(), -cents(capture["amount"]), about=capture_id)
        self._tell_dispute("CREATED", dispute_id)
        return self.disputes[dispute_id]

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """PayPal or the bank decides."""
        dispute = found(self.disputes, dispute_id)
        if dispute["status"] == "RESOLVED":
            raise Refusal(422, "DISPUTE_RESOLVED", "It is over.")
        outcome = "RESOLVED_SELLER_FAVOUR" if won else "RESOLVED_BUYER_FAVOUR"
        dispute |= {"status": "RESOLVED", "dispute_state": "RESOLVED", "update_time": at(self.now())}
        dispute["dispute_outcome"] = {"outcome_code": outcome}
        capture_id = dispute["disputed_transactions"][0]["seller_transaction_id"]
        if won:
            self.move("T1112", self.new_id(), cents(dispute["dispute_amount"]), about=capture_id)
        else:
            fee = {"affected_party": "SELLER", "type": "DEBIT", "reason": "CHARGEBACK_FEE"}
            dispute["money_movements"].append(fee | {"amount": money(DISPUTE_FEE_CENTS)})
            self.move("T0106", self.new_id(), -DISPUTE_FEE_CENTS, about=capture_id)
        self._tell_dispute("RESOLVED", dispute_id)

    def disputes_of(self, capture_id: str) -> list[Thing]:
        return [
            one
            for one in self.disputes.values()
            if one["disputed_transactions"][0]["seller_transaction_id"] == capture_id
        ]

    def _tell_dispute(self, what: str, dispute_id: str) -> None:
        self.tell(f"CUSTOMER.DISPUTE.{what}", "dispute", copy.deepcopy(self.disputes[dispute_id]))


def _adds_up(amount: Thing) -> None:
    parts = amount["breakdown"]
    if cents(parts["item_total"]) + cents(parts["tax_total"]) != cents(amount):
        raise Refusal(422, "AMOUNT_MISMATCH", "Should equal item_total + tax_total.")


def _order_of(capture: Thing) -> str:
    return str(capture.get("supplementary_data", {}).get("related_ids", {}).get("order_id", ""))


def _above(refund: Thing) -> str:
    return str(refund["links"][1]["href"].rsplit("/", 1)[-1])
