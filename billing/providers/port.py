"""What billing asks of those who take the money, in words that are no provider's.

Money is in the currency's minor units. Every call that moves something takes an idempotency key of our own, made of
a row's id and its attempt; a provider that times out after acting is asked again with the same key. Nothing here
runs inside a transaction. What an event says is a hint: the object is fetched and its state acted upon.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ProviderRefused(Exception):
    """The provider understood and said no; nothing moved.

    :param code: the provider's own word (``card_declined``), for our records
    :param says: a sentence for the buyer
    """

    def __init__(self, code: str, says: str) -> None:
        super().__init__(f"{code}: {says}")
        self.code = code
        self.says = says


class ProviderUnreachable(Exception):
    """No answer that counts: a time-out, a broken connection, 5xx or 429. Ask again with the same key.

    :param may_have_acted: whether the request left, so that the provider may have done what was asked
    """

    def __init__(self, says: str, *, may_have_acted: bool) -> None:
        super().__init__(says)
        self.may_have_acted = may_have_acted


class ProviderMisunderstood(Exception):
    """The answer is not what the protocol promises, or our request was malformed: a defect, ours or theirs."""


class KeyConflict(ProviderMisunderstood):
    """The key was sent before with another request: what is ordered changed in between. Nothing moved now."""


class NotFound(ProviderRefused):
    """The provider knows no such object."""


class Forged(Exception):
    """A message that its signature does not cover: not from the provider, or changed on its way."""


class Stale(Exception):
    """A signed message from too long ago or from the future: a replay, or a wrong clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in the minor units of an ISO 4217 currency: 4,900 "USD" are 49 dollars."""

    minor: int
    currency: str = "USD"

    @property
    def usd_cents(self) -> int:
        """US cents.

        :raises ProviderMisunderstood: it is another currency's, in which our books have nothing
        """
        if self.currency != "USD":
            raise ProviderMisunderstood(f"{self.minor} of {self.currency}, and we are paid in USD")
        return self.minor


class PaymentStatus(StrEnum):
    """What became of a payment. The last three are final."""

    OPEN = "open"
    """The buyer has not finished."""
    PENDING = "pending"
    """The buyer has finished and the money is on its way: bank debits, reviews."""
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


class SubscriptionStatus(StrEnum):
    INCOMPLETE = "incomplete"
    """Its first payment has not come."""
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    ENDED = "ended"


class BillStatus(StrEnum):
    """A subscription's bill for one period or one upgrade."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    """Nobody pays it any more."""


class RefundStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class ObjectKind(StrEnum):
    """What an event is about, and so which call fetches it."""

    CHECKOUT = "checkout"
    PAYMENT = "payment"
    SETUP = "setup"
    REFUND = "refund"
    DISPUTE = "dispute"
    SUBSCRIPTION = "subscription"
    BILL = "bill"
    OTHER = "other"
    """Nothing that we act upon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who pays: our organisation, and the provider's customer where there is one already."""

    organisation_id: str
    name: str
    email: str
    customer_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """Where the provider sends the buyer's browser afterwards."""

    done_url: str
    cancelled_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One payment on the provider's own page.

    :param reference: our payment's id, which comes back in every state
    :param total: what is paid, tax included
    :param saves_method: whether the way of paying is kept for charges without the buyer
    """

    key: str
    reference: str
    buyer: Buyer
    description: str
    total: Money
    tax: Money
    returning: Returning
    saves_method: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Keeping a way of paying on the provider's own page; nothing is paid."""

    key: str
    reference: str
    buyer: Buyer
    returning: Returning


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One payment by a kept way of paying, without the buyer."""

    key: str
    reference: str
    customer_id: str
    method_id: str
    description: str
    total: Money
    tax: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A plan's version as a provider knows it, a month at a time.

    :param code: ours, the same for ever: ``pro-3``
    """

    code: str
    name: str
    monthly: Money

    @property
    def key(self) -> str:
        """What it is found by. The amount is part of it: installations that share an account at a provider, each
        with a version three of its own, never bill each other's price.
        """
        return f"{self.code}-{self.monthly.minor}-{self.monthly.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionOrder:
    """A subscription begun on the provider's own page.

    :param price_id: what ``ensure_price`` answered
    :param tax_millipercent: of the price, on top of it, in thousandths of a percent: 8,875 are 8.875 %
    :param is_tax_automatic: the provider reckons it itself, for each bill anew, by the address on its page
    """

    key: str
    reference: str
    buyer: Buyer
    price_id: str
    trial_days: int
    tax_millipercent: int
    returning: Returning
    is_tax_automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChange:
    """Another price for a subscription.

    :param at_once: charge the difference of what is left of the period now, and change only if it is paid; else the
        next period is the first of the new price
    :param returning: where the buyer comes back to, where they have to agree to it at the provider's
    """

    key: str
    subscription_id: str
    price_id: str
    at_once: bool
    returning: Returning | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """Money back to where it came from.

    :param reference: our refund's id
    """

    key: str
    reference: str
    capture_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A page of the provider's that waits for the buyer.

    :param checkout_id: the provider's, until ``expires_at``
    """

    checkout_id: str
    url: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMethod:
    """A way of paying that the provider keeps. ``label`` is for people: "Visa ending in 4242"."""

    customer_id: str
    method_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentState:
    """A payment as it stands now.

    :param capture_id: the provider's id of the money that came in; empty before
    :param reference: ours, as given; empty where the provider made the payment by itself
    :param refunded: all that went back so far
    :param says: a sentence for the buyer where it failed
    """

    status: PaymentStatus
    reference: str
    capture_id: str
    paid: Money
    refunded: Money
    customer_id: str = ""
    method: SavedMethod | None = None
    code: str = ""
    says: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionState:
    """A subscription as it stands now.

    :param reference: our subscription's id
    :param price_id: what it runs on; a change that waits for its payment is not there yet
    """

    subscription_id: str
    reference: str
    status: SubscriptionStatus
    price_id: str
    customer_id: str
    period_start: datetime | None
    period_end: datetime | None
    trial_end: datetime | None
    cancels_at_period_end: bool
    consent_url: str = ""
    """The provider's page where the buyer must agree to the change that was just asked; until then it is not
    made.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class BillState:
    """One bill of a subscription: a period, or the difference that an upgrade costs.

    :param is_upgrade: whether it is for a change within the period
    :param total: tax included
    :param attempts: how often the provider tried to collect it
    :param pay_url: the provider's page on which the buyer can pay it
    """

    bill_id: str
    subscription_id: str
    status: BillStatus
    is_upgrade: bool
    price_id: str
    total: Money
    tax: Money
    capture_id: str
    period_start: datetime
    period_end: datetime
    attempts: int
    next_attempt_at: datetime | None
    pay_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundState:
    """A refund as it stands now; ``reference`` is empty where it was made at the provider's own desk."""

    refund_id: str
    reference: str
    capture_id: str
    status: RefundStatus
    amount: Money
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeState:
    """A buyer's bank takes a payment back.

    :param fee: what the provider charges us for it, once it has
    """

    dispute_id: str
    capture_id: str
    status: DisputeStatus
    amount: Money
    fee: Money
    reason: str
    opened_at: datetime
    evidence_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A message, verified: what happened to which object.

    :param event_id: unique at the provider
    :param name: the provider's own word (``charge.dispute.created``)
    """

    event_id: str
    name: str
    kind: ObjectKind
    object_id: str
    occurred_at: datetime


class MovementKind(StrEnum):
    """Why our balance at a provider moved."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee"
    PAYOUT = "payout"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One line of our balance at a provider.

    :param source_id: the capture, refund or dispute behind it
    :param gross: above zero what came in, below what went out
    :param fee: what of it the provider keeps
    """

    movement_id: str
    kind: MovementKind
    source_id: str
    gross: Money
    fee: Money
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a buyer is, as their invoices say it. ``country`` is ISO 3166's, ``region`` without it: TX."""

    country: str
    region: str = ""
    postal_code: str = ""
    city: str = ""
    street: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxQuestion:
    """What is sold to whom, tax left out.

    :param reference: our payment's id
    """

    reference: str
    net: Money
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPart:
    """What one of those who levy takes of it; ``says`` is for people: "Texas, 6.25 %"."""

    says: str
    tax: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxAnswer:
    """The tax on top of a price, which its office keeps until ``expires_at`` as ``calculation_id``.

    :param millipercent: in thousandths of a percent; 0 where no one rate says it
    :param parts: those that are above nothing; they sum to ``tax``
    """

    calculation_id: str
    net: Money
    tax: Money
    millipercent: int
    label: str
    region: str
    parts: tuple[TaxPart, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxReported:
    """What an office was told, and by which names it knows it."""

    transaction_id: str
    line_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxBack:
    """So much of a reported tax goes back.

    :param reference: our credit note's id
    :param is_whole: all of it, and nothing went back before
    """

    reference: str
    reported: TaxReported
    net: Money
    tax: Money
    is_whole: bool


class TaxOffice(Protocol):
    """One that knows what is taxed where. It is asked apart from who takes the money, and raises as they do."""

    def reckon(self, question: TaxQuestion) -> TaxAnswer:
        """:raises ProviderRefused: it cannot tell where the place is (``place_unknown``)"""

    def report(self, *, calculation_id: str, reference: str) -> TaxReported:
        """Say that the money came in; the same reference again is the same report.

        :raises ProviderRefused: the calculation has ended, or the reference was used without us
        """

    def take_back(self, back: TaxBack) -> str:
        """Say that so much went back; the id of that. The same reference again is the same.

        :raises ProviderRefused: so much was not reported
        """


class Provider(Protocol):
    """One that takes the money. Every method may raise ``ProviderRefused``, ``ProviderUnreachable`` or
    ``ProviderMisunderstood``; each that fetches raises ``NotFound`` for what there is not."""

    name: str
    """``stripe``, ``paypal``, ``sandbox``: in addresses, keys of journals and the API."""

    def start_checkout(self, order: Order) -> Started: ...

    def fetch_checkout(self, checkout_id: str) -> PaymentState:
        """What became of a checkout. Where the provider waits for us to take approved money, it is taken here."""

    def fetch_payment(self, capture_id: str) -> PaymentState: ...

    def expire_checkout(self, checkout_id: str) -> None:
        """Close a page that nobody is to pay on any more; what is paid already stays paid."""

    def start_setup(self, setup: Setup) -> Started: ...

    def fetch_setup(self, checkout_id: str) -> SavedMethod | None:
        """The way of paying that the buyer left on the page, or None so far."""

    def charge(self, charge: Charge) -> PaymentState: ...

    def ensure_price(self, price: Price) -> str:
        """The provider's id of a plan's version, made where there is none; the same for the same code."""

    def start_subscription(self, order: SubscriptionOrder) -> Started: ...

    def fetch_started_subscription(self, checkout_id: str) -> SubscriptionState | None:
        """The subscription that came of the page, or None so far."""

    def fetch_subscription(self, subscription_id: str) -> SubscriptionState: ...

    def bills(self, subscription_id: str) -> list[BillState]:
        """All bills of a subscription, oldest first."""

    def fetch_bill(self, bill_id: str) -> BillState: ...

    def change_subscription(self, change: SubscriptionChange) -> SubscriptionState: ...

    def cancel_subscription(self, subscription_id: str, *, key: str, at_once: bool) -> SubscriptionState:
        """End it with its period, or ``at_once``."""

    def resume_subscription(self, subscription_id: str, *, key: str) -> SubscriptionState:
        """Take a cancellation or a pause back."""

    def pause_subscription(self, subscription_id: str, *, key: str) -> SubscriptionState:
        """Bill no further period until it is resumed."""

    def portal_url(self, customer_id: str, *, return_url: str) -> str:
        """The provider's page where a customer changes how they pay; empty where it has none."""

    def refund(self, order: RefundOrder) -> RefundState: ...

    def fetch_refund(self, refund_id: str) -> RefundState: ...

    def refunds(self, capture_id: str) -> list[RefundState]:
        """All refunds of a payment, those of the provider's own desk among them, oldest first."""

    def fetch_dispute(self, dispute_id: str) -> DisputeState: ...

    def verify(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Event:
        """Read a message of the provider's.

        :param raw: the body as it came
        :param headers: names in lower case
        :raises Forged: the signature does not cover it
        :raises Stale: it was signed more than 300 seconds before or after ``now``
        """

    def events(self, *, since: datetime) -> Iterator[Event]:
        """What happened since then, oldest first, as far back as the provider remembers."""

    def movements(self, *, since: datetime) -> Iterator[Movement]:
        """Our balance's lines since then, oldest first."""
