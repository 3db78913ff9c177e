"""Payments at PayPal: an order that the buyer approves there and that we capture, a kept wallet that is charged
without them, and refunds.

An order takes money only when it is captured, and only once: so approved orders are captured when they are
fetched, and an order that nobody is to pay any more is marked as closed at PayPal itself, where every process of
ours sees it.
"""

from dataclasses import replace
from typing import Final

from paypalserversdk.models.amount_breakdown import AmountBreakdown
from paypalserversdk.models.amount_with_breakdown import AmountWithBreakdown
from paypalserversdk.models.checkout_payment_intent import CheckoutPaymentIntent
from paypalserversdk.models.customer import Customer
from paypalserversdk.models.money import Money as Price
from paypalserversdk.models.order_request import OrderRequest
from paypalserversdk.models.patch import Patch
from paypalserversdk.models.payment_source import PaymentSource
from paypalserversdk.models.payment_token_request import PaymentTokenRequest
from paypalserversdk.models.payment_token_request_payment_source import PaymentTokenRequestPaymentSource
from paypalserversdk.models.paypal_wallet import PaypalWallet
from paypalserversdk.models.paypal_wallet_attributes import PaypalWalletAttributes
from paypalserversdk.models.paypal_wallet_customer_request import PaypalWalletCustomerRequest
from paypalserversdk.models.paypal_wallet_experience_context import PaypalWalletExperienceContext
from paypalserversdk.models.paypal_wallet_stored_credential import PaypalWalletStoredCredential
from paypalserversdk.models.paypal_wallet_vault_instruction import PaypalWalletVaultInstruction
from paypalserversdk.models.purchase_unit_request import PurchaseUnitRequest
from paypalserversdk.models.setup_token_request import SetupTokenRequest
from paypalserversdk.models.setup_token_request_payment_source import SetupTokenRequestPaymentSource
from paypalserversdk.models.vault_experience_context import VaultExperienceContext
from paypalserversdk.models.vault_paypal_wallet_request import VaultPaypalWalletRequest
from paypalserversdk.models.vault_token_request import VaultTokenRequest

from billing.providers.paypal import amounts, shapes
from billing.providers.paypal.references import CLOSED, reference
from billing.providers.paypal.shapes import parsed
from billing.providers.paypal.wire import OnTheWire
from billing.providers.port import (
    Buyer,
    Charge,
    Money,
    NotFound,
    Order,
    PaymentState,
    PaymentStatus,
    ProviderMisunderstood,
    ProviderRefused,
    SavedMethod,
    Setup,
    Started,
)

WHOLE: Final = "return=representation"
_CLOSE_AT: Final = "/purchase_units/@reference_id=='default'/custom_id"
_USE: Final = "THRESHOLD_PREPAID"
"""Why a kept wallet is charged: the balance fell below a threshold."""
_RETRIED_AT_PAYPAL: Final = frozenset({"INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED", "PAYER_CANNOT_PAY"})
"""The buyer may go back to PayPal's page and choose another way of paying there."""
_TAKEN: Final = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
_SAYS_FAILED: Final = "PayPal could not take the payment. Please choose another way of paying."


class Orders(OnTheWire):
    """The port's payments."""

    def start_checkout(self, order: Order) -> Started:
        """An order; PayPal keeps the key for six hours. A second order would do no harm: none is paid until
        captured.
        """
        wallet = PaypalWallet(
            experience_context=PaypalWalletExperienceContext(
                shipping_preference="NO_SHIPPING",
                user_action="PAY_NOW",
                return_url=order.returning.done_url,
                cancel_url=order.returning.cancelled_url,
            )
        )
        if order.saves_method:
            wallet.attributes = _kept(order.buyer)
        made = self._make(_request(order, wallet), key=order.key)
        return Started(checkout_id=made.id, url=_page(made.link("payer-action", "approve")), expires_at=None)

    def fetch_checkout(self, checkout_id: str) -> PaymentState:
        """What became of an order; an approved one is captured. One that is marked as closed never is.

        A decline leaves it open: at PayPal's page the buyer may choose another way of paying.
        """
        order = self._order(checkout_id)
        custom_id = _unit(order).custom_id
        if custom_id.startswith(CLOSED):
            return _unpaid(PaymentStatus.EXPIRED, reference(custom_id))
        if order.status != "APPROVED":
            return _state(order)
        try:
            return _state(self._capture(order))
        except ProviderRefused as refused:
            return self._after_refusal(checkout_id, refused)

    def fetch_payment(self, capture_id: str) -> PaymentState:
        answer = self.wire.sdk.payments.get_captured_payment({"capture_id": capture_id})
        capture = parsed(shapes.Capture, answer.text)
        order_id = capture.supplementary_data.related_ids.order_id
        if order_id:
            return _state(self._order(order_id))
        return _captured(capture, _refunded(capture, []), reference(capture.custom_id), None)

    def expire_checkout(self, checkout_id: str) -> None:
        """Mark an order as closed. What the buyer approved already is left to be captured: for them it is paid.
        What PayPal forgot needs no mark.
        """
        try:
            order = self._order(checkout_id)
        except NotFound:
            return
        custom_id = _unit(order).custom_id
        if order.status in {"APPROVED", "COMPLETED", "VOIDED"} or custom_id.startswith(CLOSED):
            return
        mark = [Patch(op="replace", path=_CLOSE_AT, value=CLOSED + custom_id)]
        try:
            self.wire.sdk.orders.patch_order({"id": checkout_id, "body": mark})
        except ProviderRefused:  # captured meanwhile
            if self._order(checkout_id).status != "COMPLETED":
                raise

    def start_setup(self, setup: Setup) -> Started:
        wallet = VaultPaypalWalletRequest(
            usage_type="MERCHANT",
            usage_pattern=_USE,
            experience_context=VaultExperienceContext(
                return_url=setup.returning.done_url,
                cancel_url=setup.returning.cancelled_url,
                shipping_preference="NO_SHIPPING",
            ),
        )
        body = SetupTokenRequest(payment_source=SetupTokenRequestPaymentSource(paypal=wallet))
        body.customer = _customer(setup.buyer)
        answer = self.wire.sdk.vault.create_setup_token({"paypal_request_id": setup.key, "body": body})
        token = parsed(shapes.SetupToken, answer.text)
        return Started(checkout_id=token.id, url=_page(token.link("approve", "payer-action")), expires_at=None)

    def fetch_setup(self, checkout_id: str) -> SavedMethod | None:
        answer = self.wire.sdk.vault.get_setup_token(checkout_id)
        token = parsed(shapes.SetupToken, answer.text)
        if token.status == "APPROVED":
            return self._exchange(checkout_id)
        if token.status == "VAULTED":
            return self._newest(token.customer.id)
        return None

    def charge(self, charge: Charge) -> PaymentState:
        """Make and capture an order in one step. PayPal keeps the key for six hours; after that, our payment's id
        as its invoice's number is what it refuses a second time, where the account says so.
        """
        wallet = PaypalWallet(
            vault_id=charge.method_id,
            stored_credential=PaypalWalletStoredCredential(
                payment_initiator="MERCHANT", usage="SUBSEQUENT", usage_pattern=_USE
            ),
        )
        order = self._make(_request(charge, wallet), key=charge.key)
        state = _state(order)
        if state.status == PaymentStatus.OPEN:
            raise ProviderRefused("PAYER_ACTION_REQUIRED", "PayPal asks for you to confirm this payment there.")
        return state

    def _make(self, body: OrderRequest, *, key: str) -> shapes.Order:
        options = {"body": body, "paypal_request_id": key, "prefer": WHOLE}
        return parsed(shapes.Order, self.wire.sdk.orders.create_order(options).text)

    def _order(self, order_id: str) -> shapes.Order:
        return parsed(shapes.Order, self.wire.sdk.orders.get_order({"id": order_id}).text)

    def _capture(self, order: shapes.Order) -> shapes.Order:
        """Take an approved order's money. Its key holds when it was approved: a decline is not asked about again,
        and what the buyer approved after it is.
        """
        approved_at = shapes.at(order.update_time) if order.update_time else "approved"
        key = f"{_unit(order).custom_id}:capture:{approved_at}"
        options = {"id": order.id, "paypal_request_id": key, "prefer": WHOLE}
        return parsed(shapes.Order, self.wire.sdk.orders.capture_order(options).text)

    def _after_refusal(self, checkout_id: str, refused: ProviderRefused) -> PaymentState:
        """What an order is after PayPal refused to capture it: another of our processes may have been faster."""
        order = self._order(checkout_id)
        if order.status == "COMPLETED":
            return _state(order)
        is_final = refused.code not in _RETRIED_AT_PAYPAL
        status = PaymentStatus.FAILED if is_final else PaymentStatus.OPEN
        return _unpaid(status, reference(_unit(order).custom_id), code=refused.code, says=refused.says)

    def _exchange(self, setup_id: str) -> SavedMethod:
        source = PaymentTokenRequestPaymentSource(token=VaultTokenRequest(id=setup_id, mtype="SETUP_TOKEN"))
        options = {"paypal_request_id": f"{setup_id}:keep", "body": PaymentTokenRequest(payment_source=source)}
        answer = self.wire.sdk.vault.create_payment_token(options)
        return _method(parsed(shapes.PaymentToken, answer.text))

    def _newest(self, customer_id: str) -> SavedMethod | None:
        """What the token was exchanged for: its customer is its own unless we named one."""
        answer = self.wire.sdk.vault.list_customer_payment_tokens({"customer_id": customer_id})
        tokens = parsed(shapes.PaymentTokens, answer.text).payment_tokens
        return _method(tokens[-1]) if tokens else None


def _request(order: Order | Charge, wallet: PaypalWallet) -> OrderRequest:
    currency = order.total.currency
    net = Money(minor=order.total.minor - order.tax.minor, currency=currency)
    amount = AmountWithBreakdown(
        currency_code=currency,
        value=amounts.spelt(order.total),
        breakdown=AmountBreakdown(item_total=_price(net), tax_total=_price(order.tax)),
    )
    unit = PurchaseUnitRequest(
        amount=amount,
        description=order.description[:127],
        custom_id=order.reference,
        invoice_id=order.reference,
    )
    return OrderRequest(
        intent=CheckoutPaymentIntent.CAPTURE,
        purchase_units=[unit],
        payment_source=PaymentSource(paypal=wallet),
    )


def _price(amount: Money) -> Price:
    return Price(currency_code=amount.currency, value=amounts.spelt(amount))


def _kept(buyer: Buyer) -> PaypalWalletAttributes:
    """Have PayPal keep the wallet when the order is paid."""
    vault = PaypalWalletVaultInstruction(store_in_vault="ON_SUCCESS", usage_type="MERCHANT", usage_pattern=_USE)
    attributes = PaypalWalletAttributes(vault=vault)
    if buyer.customer_id:
        attributes.customer = PaypalWalletCustomerRequest(id=buyer.customer_id)
    return attributes


def _customer(buyer: Buyer) -> Customer:
    if buyer.customer_id:
        return Customer(id=buyer.customer_id)
    return Customer(merchant_customer_id=buyer.organisation_id)


def _page(url: str) -> str:
    if not url:
        raise ProviderMisunderstood("PayPal named no page for the buyer")
    return url


def _unit(order: shapes.Order) -> shapes.PurchaseUnit:
    if len(order.purchase_units) != 1:
        raise ProviderMisunderstood("an order of ours has one purchase unit")
    return order.purchase_units[0]


def _unpaid(status: PaymentStatus, ours: str, *, code: str = "", says: str = "") -> PaymentState:
    nothing = Money(minor=0)
    return PaymentState(
        status=status, reference=ours, capture_id="", paid=nothing, refunded=nothing, code=code, says=says
    )


def _state(order: shapes.Order) -> PaymentState:
    """What an order that needs nothing of us is."""
    unit = _unit(order)
    ours = reference(unit.custom_id)
    if not unit.payments.captures:
        return _unpaid(PaymentStatus.EXPIRED if order.status == "VOIDED" else PaymentStatus.OPEN, ours)
    capture = unit.payments.captures[-1]
    refunded = _refunded(capture, unit.payments.refunds)
    return _captured(capture, refunded, ours, _saved(order.payment_source.paypal))


def _captured(capture: shapes.Capture, refunded: Money, ours: str, method: SavedMethod | None) -> PaymentState:
    amount = capture.amount.amount
    if capture.status == "PENDING":
        pending = _unpaid(PaymentStatus.PENDING, ours, code=capture.status_details.reason)
        return replace(pending, capture_id=capture.id)
    if capture.status not in _TAKEN:
        return _unpaid(
            PaymentStatus.FAILED, ours, code=capture.status_details.reason or capture.status, says=_SAYS_FAILED
        )
    return PaymentState(
        status=PaymentStatus.PAID,
        reference=ours,
        capture_id=capture.id,
        paid=amount,
        refunded=refunded,
        customer_id=method.customer_id if method else "",
        method=method,
        paid_at=capture.create_time,
    )


def _refunded(capture: shapes.Capture, refunds: list[shapes.Refund]) -> Money:
    amount = capture.amount.amount
    if capture.status == "REFUNDED":
        return amount
    done = [one.amount.amount.minor for one in refunds if one.status == "COMPLETED"]
    return Money(minor=sum(done), currency=amount.currency)


def _saved(wallet: shapes.Wallet | None) -> SavedMethod | None:
    vault = wallet.attributes.vault if wallet else None
    if wallet is None or vault is None or vault.status != "VAULTED":
        return None
    return SavedMethod(customer_id=vault.customer.id, method_id=vault.id, label=_label(wallet))


def _method(token: shapes.PaymentToken) -> SavedMethod:
    wallet = token.payment_source.paypal or shapes.Wallet()
    return SavedMethod(customer_id=token.customer.id, method_id=token.id, label=_label(wallet))


def _label(wallet: shapes.Wallet) -> str:
    """For people; the address shortened, since it is somebody's: ``PayPal a…@example.com``."""
    name, at, host = wallet.email_address.partition("@")
    return f"PayPal {name[:1]}…@{host}"[:60] if at else "PayPal"
