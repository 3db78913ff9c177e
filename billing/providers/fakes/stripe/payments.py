"""Payments of the account: pages, intents, charges, refunds and disputes."""

from typing import Any, Final

from billing.providers.fakes.stripe.objects import DAY, DISPUTE_FEE_MINOR, HOUR, Objects, Refusal, Thing, fee_on

SAYS: Final = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
"""What each decline says to the buyer."""


class Payments(Objects):
    """Money that comes in and goes back.

    :ivar outcomes: what a way of paying does when it is charged: a decline's code, ``processing``, or "": it pays
    """

    def __init__(self, *, base_url: str = "http://127.0.0.1") -> None:
        super().__init__(base_url=base_url)
        self.outcomes: dict[str, str] = {}

    # What the API is asked

    def open_page(self, asked: Thing) -> Thing:
        """A page of Checkout."""
        mode = asked["mode"]
        lines = self._priced(asked.get("line_items", []))
        if mode != "setup" and not lines:
            raise _invalid("You must provide at least one line item.", "line_items")
        if mode == "setup" and not asked.get("currency"):
            raise _invalid("`currency` is required in setup mode.", "currency")
        expires_at = asked.get("expires_at") or self.now() + DAY
        if not self.now() + HOUR // 2 <= expires_at <= self.now() + DAY:
            raise _invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours.", "expires_at")
        if asked.get("customer"):
            self.get(asked["customer"], "customer")
        is_taxed = _reckons_tax(asked)
        if is_taxed and asked.get("customer") and asked.get("customer_update", {}).get("address") != "auto":
            says = "Automatic tax calculation in Checkout requires a valid address on the Customer."
            raise _invalid(says, "customer", code="customer_tax_location_invalid")
        session = self.make(
            "cs_test",
            "checkout.session",
            mode=mode,
            status="open",
            payment_status="no_payment_required" if mode == "setup" else "unpaid",
            amount_subtotal=sum(line["amount"] for line in lines) or None,
            amount_total=sum(line["amount"] for line in lines) or None,
            automatic_tax={"enabled": is_taxed, "liability": None, "provider": None, "status": None},
            cancel_url=asked.get("cancel_url"),
            client_reference_id=asked.get("client_reference_id"),
            currency=asked.get("currency") or "usd",
            custom_fields=[],
            custom_text={},
            customer=asked.get("customer"),
            customer_creation=asked.get("customer_creation"),
            customer_email=asked.get("customer_email"),
            expires_at=expires_at,
            metadata=asked.get("metadata", {}),
            payment_intent=None,
            payment_method_types=["card"],
            setup_intent=None,
            shipping_options=[],
            subscription=None,
            success_url=asked.get("success_url"),
            ui_mode="hosted_page",
            _asked=asked,
            _lines=lines,
        )
        session["url"] = f"{self.base_url}/pay/{session['id']}"
        return session

    def _priced(self, asked: list[Thing]) -> list[Thing]:
        lines = []
        for line in asked:
            if "price" in line:
                price = self.get(line["price"], "price")
                lines.append({"name": price["id"], "amount": price["unit_amount"], "price": price["id"]})
            else:
                told = line["price_data"]
                name = told.get("product_data", {}).get("name", "")
                amount = told["unit_amount"] * line.get("quantity", 1)
                lines.append({"name": name, "amount": amount, "price": None})
        return lines

    def close_page(self, session_id: str) -> Thing:
        session = self.get(session_id, "checkout.session")
        if session["status"] != "open":
            raise _invalid('Only Checkout Sessions with a status in ["open"] can be expired.', "")
        session.update(status="expired", url=None)
        self.happened("checkout.session.expired", session)
        return session

    def charge_intent(self, asked: Thing) -> Thing:
        """An intent that is confirmed without its buyer."""
        method = self.get(asked["payment_method"], "payment_method")
        if method.get("customer") != asked.get("customer"):
            raise _invalid("The PaymentMethod does not belong to this Customer.", "payment_method")
        intent = self._intent(
            amount=asked["amount"],
            customer=asked.get("customer"),
            description=asked.get("description"),
            metadata=asked.get("metadata", {}),
        )
        self.confirm(intent, method, self.outcomes.get(method["id"], ""), raises=True)
        return intent

    def give_back(self, asked: Thing) -> Thing:
        """A refund, of all that is left where no amount is said."""
        intent = self.get(asked["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise _invalid("This PaymentIntent does not have a successful charge to refund.", "payment_intent")
        charge = self.get(intent["latest_charge"])
        left = charge["amount"] - charge["amount_refunded"]
        if charge["disputed"]:
            raise _invalid("Charge has been charged back.", "", code="charge_disputed")
        if not left:
            raise _invalid("Charge has already been refunded.", "", code="charge_already_refunded")
        amount = asked.get("amount", left)
        if not 0 < amount <= left:
            raise _invalid("Refund amount is greater than unrefunded amount on charge.", "amount")
        refund = self.make(
            "re",
            "refund",
            amount=amount,
            currency="usd",
            charge=charge["id"],
            payment_intent=intent["id"],
            metadata=asked.get("metadata", {}),
            reason=asked.get("reason"),
            status="succeeded",
        )
        del refund["livemode"]
        refund["balance_transaction"] = self.moved("refund", "refund", refund["id"], -amount)["id"]
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.happened("refund.created", refund)
        self.happened("charge.refunded", charge)
        return refund

    # What buyers and banks do

    def pay_page(self, session_id: str, outcome: str = "") -> Thing:
        """The buyer sends the page's form.

        :param outcome: of their way of paying: "" pays, ``processing`` takes days, all else is a decline's code
        """
        session = self.get(session_id, "checkout.session")
        if session["status"] != "open" or session["expires_at"] <= self.now():
            return session
        asked = session["_asked"]
        method = self._method(session, outcome)
        if session["mode"] == "payment":
            self._pay_once(session, asked, method, outcome)
        elif outcome in SAYS:
            return session
        elif session["mode"] == "setup":
            self._keep_method(session, asked, method)
        else:
            self.subscribe(session, asked, method)
        return session

    def subscribe(self, session: Thing, asked: Thing, method: Thing) -> None:
        """A page of ``mode`` subscription was filled in."""
        raise NotImplementedError

    def _pay_once(self, session: Thing, asked: Thing, method: Thing, outcome: str) -> None:
        told = asked.get("payment_intent_data", {})
        intent = self.things.get(session["payment_intent"] or "") or self._intent(
            amount=session["amount_total"],
            customer=session["customer"],
            description=told.get("description"),
            metadata=told.get("metadata", {}),
            setup_future_usage=told.get("setup_future_usage"),
        )
        session["payment_intent"] = intent["id"]
        if outcome not in SAYS and not session["customer"] and session["customer_creation"] == "always":
            session["customer"] = self.customer(session["customer_email"])["id"]
        intent["customer"] = session["customer"]
        if session["customer"] and intent.get("setup_future_usage"):
            method["customer"] = session["customer"]
        self.confirm(intent, method, outcome)
        if intent["status"] == "requires_payment_method":
            return
        session.update(
            status="complete", url=None, payment_status="paid" if intent["status"] == "succeeded" else "unpaid"
        )
        self.happened("checkout.session.completed", session)

    def _keep_method(self, session: Thing, asked: Thing, method: Thing) -> None:
        session["customer"] = session["customer"] or self.customer(session["customer_email"])["id"]
        method["customer"] = session["customer"]
        intent = self.make(
            "seti",
            "setup_intent",
            status="succeeded",
            usage="off_session",
            customer=session["customer"],
            payment_method=method["id"],
            payment_method_types=["card"],
            metadata=asked.get("setup_intent_data", {}).get("metadata", {}),
        )
        session.update(status="complete", url=None, setup_intent=intent["id"])
        self.happened("setup_intent.succeeded", intent)
        self.happened("checkout.session.completed", session)

    def customer(self, email: str | None) -> Thing:
        """A new customer."""
        customer = self.make(
            "cus", "customer", email=email, metadata={}, balance=0, delinquent=False, description=None, name=None,
            invoice_settings={"custom_fields": None, "default_payment_method": None, "footer": None,
                              "rendering_options": None},
        )  # fmt: skip
        self.happened("customer.created", customer)
        return customer

    def _method(self, session: Thing, outcome: str) -> Thing:
        """The card that the buyer typed; a page may be tried with several."""
        card = {
            "brand": "visa", "display_brand": "visa", "last4": "0002" if outcome in SAYS else "4242",
            "exp_month": 12, "exp_year": 2034, "country": "US", "funding": "credit",
            "fingerprint": session["id"][-16:],
            "checks": None, "generated_from": None, "networks": None, "three_d_secure_usage": None, "wallet": None,
            "regulated_status": "unregulated",
        }  # fmt: skip
        billing = {"address": None, "email": session["customer_email"], "name": None, "phone": None, "tax_id": None}
        return self.make(
            "pm", "payment_method", type="card", card=card, billing_details=billing, customer=None, metadata={}
        )

    def _intent(self, *, amount: int, **told: Any) -> Thing:
        intent = self.make(
            "pi",
            "payment_intent",
            amount=amount,
            amount_capturable=0,
            amount_received=0,
            capture_method="automatic",
            confirmation_method="automatic",
            currency="usd",
            latest_charge=None,
            last_payment_error=None,
            payment_method=None,
            payment_method_types=["card"],
            status="requires_payment_method",
            **{"metadata": {}, **told},
        )
        self.happened("payment_intent.created", intent)
        return intent

    def confirm(self, intent: Thing, method: Thing, outcome: str, *, raises: bool = False) -> None:
        """Try to collect.

        :raises Refusal: it was declined, and ``raises``
        """
        charge = self._charge(intent, method)
        intent["latest_charge"] = charge["id"]
        if outcome in SAYS:
            self._decline(intent, charge, method, outcome, raises=raises)
        elif outcome == "processing":
            intent.update(status="processing", payment_method=method["id"], last_payment_error=None)
            charge["status"] = "pending"
            self.happened("payment_intent.processing", intent)
        else:
            intent.update(payment_method=method["id"], last_payment_error=None)
            self._collect(intent, charge)

    def _decline(self, intent: Thing, charge: Thing, method: Thing, outcome: str, *, raises: bool) -> None:
        is_code = outcome in ("expired_card", "authentication_required")
        code = outcome if is_code else "card_declined"
        decline = "generic_decline" if outcome == "card_declined" else outcome
        error = {"type": "card_error", "code": code, "decline_code": decline, "message": SAYS[outcome]}
        charge.update(status="failed", paid=False, captured=False, failure_code=code, failure_message=SAYS[outcome])
        intent.update(
            status="requires_payment_method",
            payment_method=None,
            last_payment_error={**error, "charge": charge["id"], "payment_method": method},
        )
        self.happened("charge.failed", charge)
        self.happened("payment_intent.payment_failed", intent)
        if raises:
            raise Refusal(
                402, "card_error", SAYS[outcome], code=code, decline_code=decline, charge=charge["id"],
                payment_intent=self.told(intent, []),
            )  # fmt: skip

    def _collect(self, intent: Thing, charge: Thing) -> None:
        amount = intent["amount"]
        intent.update(status="succeeded", amount_received=amount)
        charge.update(status="succeeded", paid=True, captured=True, amount_captured=amount)
        line = self.moved("charge", "charge", charge["id"], amount, fee=fee_on(amount))
        charge["balance_transaction"] = line["id"]
        self.happened("charge.succeeded", charge)
        self.happened("payment_intent.succeeded", intent)

    def _charge(self, intent: Thing, method: Thing) -> Thing:
        return self.make(
            "ch",
            "charge",
            amount=intent["amount"],
            amount_captured=0,
            amount_refunded=0,
            balance_transaction=None,
            billing_details=method["billing_details"],
            captured=False,
            currency="usd",
            customer=intent.get("customer"),
            disputed=False,
            metadata=intent["metadata"],
            paid=False,
            payment_intent=intent["id"],
            payment_method=method["id"],
            refunded=False,
            status="pending",
        )

    def settle(self, intent_id: str, *, comes: bool) -> None:
        """A payment that took days comes, or does not."""
        intent = self.get(intent_id, "payment_intent")
        if intent["status"] != "processing":
            raise _invalid("This PaymentIntent is not processing.", "")
        charge = self.get(intent["latest_charge"])
        if comes:
            self._collect(intent, charge)
        else:
            self._decline(intent, charge, self.get(intent["payment_method"]), "insufficient_funds", raises=False)
        for session in self.all("checkout.session"):
            if session["payment_intent"] == intent_id:
                session["payment_status"] = "paid" if comes else "unpaid"
                became = "succeeded" if comes else "failed"
                self.happened(f"checkout.session.async_payment_{became}", session)

    def dispute(self, intent_id: str, *, is_inquiry: bool = False) -> Thing:
        """The buyer's bank takes a payment back, or asks about it."""
        charge = self.get(self.get(intent_id, "payment_intent")["latest_charge"])
        dispute = self.make(
            "du",
            "dispute",
            amount=charge["amount"],
            balance_transactions=[],
            charge=charge["id"],
            currency="usd",
            enhanced_eligibility_types=[],
            evidence={"enhanced_evidence": {}},
            evidence_details={
                "due_by": self.now() + 9 * DAY, "enhanced_eligibility": {}, "has_evidence": False,
                "past_due": False, "submission_count": 0,
            },
            is_charge_refundable=is_inquiry,
            metadata={},
            payment_intent=intent_id,
            reason="fraudulent",
            status="warning_needs_response" if is_inquiry else "needs_response",
        )  # fmt: skip
        self.happened("charge.dispute.created", dispute)
        if not is_inquiry:
            self._withdraw(dispute, charge)
        return dispute

    def _withdraw(self, dispute: Thing, charge: Thing) -> None:
        charge["disputed"] = True
        line = self.moved("dispute", "adjustment", dispute["id"], -dispute["amount"], fee=DISPUTE_FEE_MINOR)
        dispute["balance_transactions"].append(line)
        self.happened("charge.dispute.funds_withdrawn", dispute)

    def close_dispute(self, dispute_id: str, *, won: bool) -> Thing:
        """The bank decides."""
        dispute = self.get(dispute_id, "dispute")
        if dispute["status"].startswith("warning_"):
            dispute["status"] = "warning_closed"
        else:
            dispute["status"] = "won" if won else "lost"
            if won:
                line = self.moved("dispute_reversal", "adjustment", dispute_id, dispute["amount"])
                dispute["balance_transactions"].append(line)
                self.happened("charge.dispute.funds_reinstated", dispute)
        self.happened("charge.dispute.closed", dispute)
        return dispute

    def fail_refund(self, refund_id: str) -> Thing:
        """The buyer's bank sends a refund back."""
        refund = self.get(refund_id, "refund")
        charge = self.get(refund["charge"])
        refund.update(status="failed", failure_reason="expired_or_canceled_card")
        line = self.moved("refund_failure", "refund_failure", refund_id, refund["amount"])
        refund["failure_balance_transaction"] = line["id"]
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        self.happened("refund.failed", refund)
        return refund

    def pay_out(self) -> Thing:
        """All that is there goes to the bank."""
        there = sum(line["net"] for line in self.lines)
        payout = self.make(
            "po", "payout", amount=there, arrival_date=self.now() + DAY, automatic=True, currency="usd",
            method="standard", reconciliation_status="completed", source_type="card", status="paid",
            type="bank_account", metadata={},
        )  # fmt: skip
        self.moved("payout", "payout", payout["id"], -there)
        return payout


def _reckons_tax(asked: Thing) -> bool:
    """Whether a page is asked to reckon its tax by itself."""
    return bool(asked.get("automatic_tax", {}).get("enabled"))


def _invalid(says: str, param: str, *, code: str = "") -> Refusal:
    return Refusal(400, "invalid_request_error", says, code=code, param=param)
