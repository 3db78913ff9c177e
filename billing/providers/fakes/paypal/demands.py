"""What PayPal takes, in strict shapes: an unknown field, a wrong word or a malformed amount is a refusal.

The SDK's models take anything, so they check names alone: what does not survive a way through them and back is a
field that the SDK does not know at that place. Kinds and words are checked by the shapes here.
"""

from typing import Annotated, Any, Final, Literal

from paypalserversdk.api_helper import APIHelper
from paypalserversdk.models.activate_subscription_request import ActivateSubscriptionRequest
from paypalserversdk.models.billing_plan import BillingPlan
from paypalserversdk.models.cancel_subscription_request import CancelSubscriptionRequest
from paypalserversdk.models.captured_payment import CapturedPayment
from paypalserversdk.models.create_subscription_request import CreateSubscriptionRequest
from paypalserversdk.models.customer_vault_payment_tokens_response import CustomerVaultPaymentTokensResponse
from paypalserversdk.models.modify_subscription_request import ModifySubscriptionRequest
from paypalserversdk.models.modify_subscription_response import ModifySubscriptionResponse
from paypalserversdk.models.order import Order
from paypalserversdk.models.order_request import OrderRequest
from paypalserversdk.models.payment_token_request import PaymentTokenRequest
from paypalserversdk.models.payment_token_response import PaymentTokenResponse
from paypalserversdk.models.plan_collection import PlanCollection
from paypalserversdk.models.plan_request import PlanRequest
from paypalserversdk.models.refund import Refund
from paypalserversdk.models.refund_request import RefundRequest
from paypalserversdk.models.search_response import SearchResponse
from paypalserversdk.models.setup_token_request import SetupTokenRequest
from paypalserversdk.models.setup_token_response import SetupTokenResponse
from paypalserversdk.models.subscription import Subscription
from paypalserversdk.models.suspend_subscription import SuspendSubscription
from paypalserversdk.models.transactions_list import TransactionsList
from pydantic import AnyHttpUrl, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


class Refusal(Exception):
    """An answer that is no good one."""

    def __init__(self, status: int, issue: str, says: str = "", *, name: str = "") -> None:
        super().__init__(f"{status} {issue} {says}".strip())
        self.status = status
        names = {400: "INVALID_REQUEST", 401: "AUTHENTICATION_FAILURE", 404: "RESOURCE_NOT_FOUND"}
        self.body = {
            "name": name or names.get(status, "UNPROCESSABLE_ENTITY"),
            "message": says or issue,
            "debug_id": "f0debu9",
            "details": [{"issue": issue, "description": says or issue}],
        }


class Shape(BaseModel):
    """Part of a request, and no field beside."""

    model_config = ConfigDict(extra="forbid", strict=True)


Id = Annotated[str, Field(min_length=1, max_length=127)]
Percentage = Annotated[str, Field(pattern=r"^[0-9]{1,2}(\.[0-9]{1,3})?$")]


class Money(Shape):
    currency_code: Literal["USD", "EUR", "GBP"]
    value: Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{2}$")]


class AmountParts(Shape):
    item_total: Money
    tax_total: Money


class Amount(Money):
    breakdown: AmountParts


class Unit(Shape):
    amount: Amount
    description: Annotated[str, Field(min_length=1, max_length=127)]
    custom_id: Id
    invoice_id: Id


class Experience(Shape):
    shipping_preference: Literal["NO_SHIPPING"]
    user_action: Literal["PAY_NOW", "CONTINUE", "SUBSCRIBE_NOW"] = "CONTINUE"
    contact_preference: Literal["NO_CONTACT_INFO"] = "NO_CONTACT_INFO"
    landing_page: Literal["NO_PREFERENCE"] = "NO_PREFERENCE"
    payment_method_preference: Literal["UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED"] = "UNRESTRICTED"
    return_url: Annotated[AnyHttpUrl, Field(strict=False)]
    cancel_url: Annotated[AnyHttpUrl, Field(strict=False)]


class VaultInstruction(Shape):
    store_in_vault: Literal["ON_SUCCESS"]
    usage_type: Literal["MERCHANT"]
    usage_pattern: Literal["THRESHOLD_PREPAID"]
    permit_multiple_payment_tokens: bool = False
    customer_type: Literal["CONSUMER", "BUSINESS"] = "CONSUMER"


class WalletCustomer(Shape):
    id: Id


class Attributes(Shape):
    vault: VaultInstruction
    customer: WalletCustomer | None = None


class Credential(Shape):
    payment_initiator: Literal["MERCHANT"]
    usage: Literal["SUBSEQUENT"]
    usage_pattern: Literal["THRESHOLD_PREPAID"]
    charge_pattern: Literal["IMMEDIATE"] = "IMMEDIATE"


class Wallet(Shape):
    vault_id: Id | None = None
    stored_credential: Credential | None = None
    experience_context: Experience | None = None
    attributes: Attributes | None = None


class Source(Shape):
    paypal: Wallet


class NewOrder(Shape):
    intent: Literal["CAPTURE"]
    purchase_units: Annotated[list[Unit], Field(min_length=1, max_length=1)]
    payment_source: Source


class Mark(Shape):
    op: Literal["replace"]
    path: Literal["/purchase_units/@reference_id=='default'/custom_id", "/custom_id"]
    value: Id


class NewRefund(Shape):
    amount: Money
    custom_id: Id


class VaultedWallet(Shape):
    usage_type: Literal["MERCHANT"]
    usage_pattern: Literal["THRESHOLD_PREPAID"]
    experience_context: Experience
    permit_multiple_payment_tokens: bool = False
    customer_type: Literal["CONSUMER", "BUSINESS"] = "CONSUMER"


class VaultedSource(Shape):
    paypal: VaultedWallet


class VaultCustomer(Shape):
    id: Id | None = None
    merchant_customer_id: Annotated[str, Field(max_length=64)] | None = None


class NewSetupToken(Shape):
    payment_source: VaultedSource
    customer: VaultCustomer


class SetupTokenSource(Shape):
    id: Id
    type: Literal["SETUP_TOKEN"]


class TokenSource(Shape):
    token: SetupTokenSource


class NewPaymentToken(Shape):
    payment_source: TokenSource


class NewProduct(Shape):
    id: Annotated[str, Field(min_length=6, max_length=50)]
    name: Annotated[str, Field(min_length=1, max_length=127)]
    type: Literal["SERVICE"]


class Monthly(Shape):
    interval_unit: Literal["MONTH"]
    interval_count: Literal[1] = 1


class Scheme(Shape):
    fixed_price: Money


class Cycle(Shape):
    frequency: Monthly
    tenure_type: Literal["REGULAR"]
    sequence: Literal[1]
    total_cycles: Literal[0]
    pricing_scheme: Scheme


class Preferences(Shape):
    auto_bill_outstanding: bool
    setup_fee_failure_action: Literal["CANCEL", "CONTINUE"] = "CANCEL"
    payment_failure_threshold: Annotated[int, Field(ge=0, le=999)]


class NewPlan(Shape):
    product_id: Id
    name: Annotated[str, Field(min_length=1, max_length=127)]
    description: Annotated[str, Field(min_length=1, max_length=127)]
    status: Literal["ACTIVE"] = "ACTIVE"
    billing_cycles: Annotated[list[Cycle], Field(min_length=1, max_length=1)]
    payment_preferences: Preferences
    quantity_supported: Literal[False] = False


class Taxes(Shape):
    percentage: Percentage
    inclusive: Literal[False]


class Override(Shape):
    taxes: Taxes


class Subscriber(Shape):
    email_address: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


class NewSubscription(Shape):
    plan_id: Id
    custom_id: Id
    start_time: Annotated[AwareDatetime, Field(strict=False)] | None = None
    subscriber: Subscriber
    auto_renewal: bool = False
    application_context: Experience
    plan: Override | None = None


class Revision(Shape):
    plan_id: Id
    application_context: Experience | None = None
    plan: Override | None = None


class Reason(Shape):
    reason: Annotated[str, Field(min_length=1, max_length=128)]


class Verification(Shape):
    auth_algo: Annotated[str, Field(pattern=r"^[a-zA-Z0-9]{1,100}$")]
    cert_url: Annotated[AnyHttpUrl, Field(strict=False)]
    transmission_id: Annotated[str, Field(pattern=r"^\w+\S*$", max_length=50)]
    transmission_sig: Annotated[str, Field(min_length=1, max_length=500)]
    transmission_time: Annotated[str, Field(max_length=100)]
    webhook_id: Annotated[str, Field(pattern=r"^[a-zA-Z0-9]{1,50}$")]
    webhook_event: dict[str, Any]


_SDK: Final[dict[type[Shape], Any]] = {
    NewOrder: OrderRequest,
    NewRefund: RefundRequest,
    NewSetupToken: SetupTokenRequest,
    NewPaymentToken: PaymentTokenRequest,
    NewPlan: PlanRequest,
    NewSubscription: CreateSubscriptionRequest,
    Revision: ModifySubscriptionRequest,
}
ANSWERS: Final[dict[str, Any]] = {
    "order": Order,
    "capture": CapturedPayment,
    "refund": Refund,
    "setup_token": SetupTokenResponse,
    "payment_token": PaymentTokenResponse,
    "payment_tokens": CustomerVaultPaymentTokensResponse,
    "plan": BillingPlan,
    "plans": PlanCollection,
    "subscription": Subscription,
    "revised": ModifySubscriptionResponse,
    "transactions": TransactionsList,
    "search": SearchResponse,
    "suspend": SuspendSubscription,
    "cancel": CancelSubscriptionRequest,
    "activate": ActivateSubscriptionRequest,
}
"""The SDK's model of each answer; disputes, products, events and verifications have none."""


def taken(shape: type[Shape], told: Any) -> dict[str, Any]:
    """A request's body, as it was told.

    :raises Refusal: it has another shape, or the SDK knows no such field
    """
    try:
        shape.model_validate(told)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise Refusal(400, "INVALID_PARAMETER_SYNTAX", f"{wrong['loc']}: {wrong['msg']}") from error
    if shape in _SDK and (unknown := _unknown(_SDK[shape], told)):
        raise Refusal(400, "UNKNOWN_FIELD", f"the SDK knows no {unknown}")
    return dict(told)


def patches(told: Any) -> list[dict[str, Any]]:
    """The changes of an order or a subscription that we ask for.

    :raises Refusal: they are others
    """
    try:
        TypeAdapter(list[Mark]).validate_python(told)
    except ValidationError as error:
        raise Refusal(400, "INVALID_PARAMETER_SYNTAX", str(error.errors()[0]["loc"])) from error
    return list(told)


def answered(kind: str, told: dict[str, Any]) -> dict[str, Any]:
    """An answer whose every field the SDK knows.

    :raises AssertionError: it does not: this stand-in is wrong
    """
    unknown = _unknown(ANSWERS[kind], told)
    if unknown:
        raise AssertionError(f"PayPal's {kind} has no {unknown}")
    return told


def _unknown(model: Any, told: dict[str, Any]) -> str:
    """The first field that does not come back from the SDK's model, or what it misses."""
    filled = _filled(told)
    try:
        known = APIHelper.to_dictionary(model.from_dictionary(filled)) or {}
    except ValueError as error:
        return f"sense: {error}"
    return _missing(filled, known)


def _filled(told: Any) -> Any:
    """The same names, and something under each: the SDK loses zeros, and then misses them."""
    if isinstance(told, dict):
        return {name: _filled(value) for name, value in told.items() if value not in ([], {})}
    if isinstance(told, list):
        return [_filled(one) for one in told]
    return told or 1


def _missing(told: Any, known: Any, place: str = "") -> str:
    if isinstance(told, dict):
        for name, value in told.items():
            if name not in (known or {}):
                return f"{place}.{name}"
            if missing := _missing(value, known[name], f"{place}.{name}"):
                return missing
    if isinstance(told, list):
        pairs = zip(told, known or [], strict=False)
        return next((found for one, other in pairs if (found := _missing(one, other, place))), "")
    return ""
