"""What PayPal answers, as far as we read it: what is missing or of another kind is an error.

The SDK's own models take anything: an unknown word becomes nothing and a missing amount becomes None, so answers
are read here from their text instead.
"""

from datetime import datetime
from typing import Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from billing.providers.paypal import amounts
from billing.providers.port import Money as Amount
from billing.providers.port import ProviderMisunderstood


class Shape(BaseModel):
    """Part of an answer; what we do not read may be there too."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Read = TypeVar("Read", bound=Shape)


def parsed(kind: type[Read], text: str | bytes) -> Read:
    """An answer of this kind.

    :raises ProviderMisunderstood: it is not; says which fields, and nothing of what they hold
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) + ": " + one["type"] for one in error.errors()[:5])
        raise ProviderMisunderstood(f"PayPal's {kind.__name__} is of another shape: {wrong}") from error


class Money(Shape):
    currency_code: str
    value: str

    @property
    def amount(self) -> Amount:
        """In minor units."""
        return amounts.read(self.value, self.currency_code)


class Link(Shape):
    href: str
    rel: str


class Linked(Shape):
    links: list[Link] = []

    def link(self, *rels: str) -> str:
        """Where the first of these leads; empty where there is none."""
        return next((link.href for rel in rels for link in self.links if link.rel == rel), "")


class Token(Shape):
    access_token: str
    expires_in: int


class Issue(Shape):
    issue: str = ""
    description: str = ""


class Fault(Shape):
    """A refusal. ``debug_id`` is what PayPal's support asks for."""

    name: str = ""
    message: str = ""
    debug_id: str = ""
    details: list[Issue] = []


class Payer(Shape):
    payer_id: str = ""


class Reason(Shape):
    reason: str = ""


class RelatedIds(Shape):
    order_id: str = ""
    capture_id: str = ""


class Supplement(Shape):
    related_ids: RelatedIds = RelatedIds()


class Capture(Linked):
    id: str
    status: Literal["COMPLETED", "DECLINED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "FAILED"]
    status_details: Reason = Reason()
    amount: Money
    custom_id: str = ""
    create_time: AwareDatetime | None = None
    supplementary_data: Supplement = Supplement()


class Refund(Linked):
    id: str
    status: Literal["CANCELLED", "FAILED", "PENDING", "COMPLETED"]
    status_details: Reason = Reason()
    amount: Money
    custom_id: str = ""
    create_time: AwareDatetime | None = None


class Payments(Shape):
    captures: list[Capture] = []
    refunds: list[Refund] = []


class PurchaseUnit(Shape):
    reference_id: str = "default"
    custom_id: str = ""
    amount: Money | None = None
    payments: Payments = Payments()


class VaultCustomer(Shape):
    id: str = ""


class Vaulted(Shape):
    id: str = ""
    status: str = ""
    customer: VaultCustomer = VaultCustomer()


class WalletAttributes(Shape):
    vault: Vaulted | None = None


class Wallet(Shape):
    email_address: str = ""
    attributes: WalletAttributes = WalletAttributes()


class PaymentSource(Shape):
    paypal: Wallet | None = None


class Order(Linked):
    id: str
    status: Literal["CREATED", "SAVED", "APPROVED", "VOIDED", "COMPLETED", "PAYER_ACTION_REQUIRED"]
    create_time: AwareDatetime | None = None
    update_time: AwareDatetime | None = None
    purchase_units: list[PurchaseUnit] = []
    payer: Payer = Payer()
    payment_source: PaymentSource = PaymentSource()


class SetupToken(Linked):
    id: str
    status: Literal["CREATED", "PAYER_ACTION_REQUIRED", "APPROVED", "VAULTED", "TOKENIZED"]
    customer: VaultCustomer = VaultCustomer()


class PaymentToken(Shape):
    id: str
    customer: VaultCustomer = VaultCustomer()
    payment_source: PaymentSource = PaymentSource()


class PaymentTokens(Shape):
    payment_tokens: list[PaymentToken] = []


class Product(Shape):
    id: str


class PricingScheme(Shape):
    fixed_price: Money | None = None


class BillingCycle(Shape):
    tenure_type: Literal["REGULAR", "TRIAL"]
    pricing_scheme: PricingScheme = PricingScheme()


class Plan(Shape):
    id: str
    description: str = ""
    billing_cycles: list[BillingCycle] = []

    @property
    def monthly(self) -> Amount | None:
        """What a month of it costs, tax left out."""
        prices = [one.pricing_scheme.fixed_price for one in self.billing_cycles if one.tenure_type == "REGULAR"]
        return prices[0].amount if prices and prices[0] else None


class Plans(Linked):
    plans: list[Plan] = []


class LastPayment(Shape):
    time: AwareDatetime


class FailedPayment(Shape):
    time: AwareDatetime
    next_payment_retry_time: AwareDatetime | None = None


class BillingInformation(Shape):
    outstanding_balance: Money
    failed_payments_count: int
    last_payment: LastPayment | None = None
    next_billing_time: AwareDatetime | None = None
    last_failed_payment: FailedPayment | None = None


class Taxes(Shape):
    percentage: str = ""


class PlanDetails(Shape):
    taxes: Taxes | None = None


class Subscription(Linked):
    id: str
    status: Literal["APPROVAL_PENDING", "APPROVED", "ACTIVE", "SUSPENDED", "CANCELLED", "EXPIRED"]
    status_change_note: str = ""
    plan_id: str
    custom_id: str = ""
    start_time: AwareDatetime
    create_time: AwareDatetime
    subscriber: Payer = Payer()
    billing_info: BillingInformation | None = None
    plan: PlanDetails | None = None


class Revised(Linked):
    plan_id: str = ""


class BreakDown(Shape):
    gross_amount: Money
    tax_amount: Money | None = None


class Transaction(Shape):
    id: str
    status: Literal["COMPLETED", "DECLINED", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED"]
    amount_with_breakdown: BreakDown
    time: AwareDatetime


class Transactions(Linked):
    transactions: list[Transaction] = []
    total_pages: int = 1


class DisputedTransaction(Shape):
    seller_transaction_id: str


class Outcome(Shape):
    outcome_code: str = ""


class MoneyMovement(Shape):
    affected_party: str = ""
    amount: Money
    type: str = ""
    reason: str = ""


class Dispute(Shape):
    dispute_id: str
    create_time: AwareDatetime
    disputed_transactions: list[DisputedTransaction]
    reason: str
    status: str
    dispute_amount: Money
    dispute_outcome: Outcome = Outcome()
    seller_response_due_date: AwareDatetime | None = None
    money_movements: list[MoneyMovement] = []


class ListedDispute(Shape):
    dispute_id: str


class Disputes(Shape):
    items: list[ListedDispute] = []


class Verified(Shape):
    verification_status: Literal["SUCCESS", "FAILURE"]


class Resource(Linked):
    """What an event is about; which of these names it depends on the event."""

    id: str = ""
    dispute_id: str = ""
    billing_agreement_id: str = ""
    supplementary_data: Supplement = Supplement()


class Message(Shape):
    id: str
    event_type: str
    create_time: AwareDatetime
    resource: Resource


class Messages(Linked):
    events: list[Message] = []


class TransactionInformation(Shape):
    transaction_id: str
    paypal_reference_id: str = ""
    transaction_event_code: str
    transaction_initiation_date: AwareDatetime
    transaction_status: str = ""
    transaction_amount: Money
    fee_amount: Money | None = None
    invoice_id: str = ""
    custom_field: str = ""


class TransactionDetails(Shape):
    transaction_info: TransactionInformation


class SearchResults(Shape):
    transaction_details: list[TransactionDetails] = []
    last_refreshed_datetime: AwareDatetime | None = None
    total_pages: int = 1


def at(moment: datetime) -> str:
    """A moment as PayPal reads it, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
