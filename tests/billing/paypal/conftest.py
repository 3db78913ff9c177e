"""PayPal's stand-in, fresh for each test on a server that is shared."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from billing.providers.port import (
    Buyer,
    Money,
    Order,
    PaymentState,
    Price,
    Returning,
    Setup,
    Started,
    SubscriptionOrder,
    SubscriptionState,
)
from tests.billing.paypal.served import StandIn, paypal_stand_in

RETURNING = Returning(
    done_url="https://leads.example.com/credits/done/?from=paypal",
    cancelled_url="https://leads.example.com/credits/",
)
BUYER = Buyer(organisation_id=str(uuid4()), name="Alice Homes", email="alice@example.com")


@pytest.fixture(scope="module")
def served() -> Iterator[StandIn]:
    with paypal_stand_in() as desk:
        yield desk


@pytest.fixture
def desk(served: StandIn) -> Iterator[StandIn]:
    """The stand-in with nothing told it and nothing waiting."""
    served.control.forget_messages()
    served.control.lag(0)
    yield served
    while served.control.next() != "well":
        pass


def an_order(*, minor: int = 5_300, saves_method: bool = False) -> Order:
    reference = str(uuid4())
    return Order(
        key=f"{reference}:1",
        reference=reference,
        buyer=BUYER,
        description="50 credits",
        total=Money(minor=minor),
        tax=Money(minor=300),
        returning=RETURNING,
        saves_method=saves_method,
    )


def a_setup() -> Setup:
    reference = str(uuid4())
    return Setup(key=f"{reference}:1", reference=reference, buyer=BUYER, returning=RETURNING)


def started(desk: StandIn) -> Started:
    return desk.provider.start_checkout(an_order())


def paid(desk: StandIn, *, minor: int = 5_300) -> PaymentState:
    opened = desk.provider.start_checkout(an_order(minor=minor))
    desk.pay(opened)
    return desk.provider.fetch_checkout(opened.checkout_id)


def priced(desk: StandIn, minor: int) -> str:
    return desk.provider.ensure_price(Price(code=f"pro-{uuid4().hex[:8]}", name="Pro", monthly=Money(minor=minor)))


def subscribed(desk: StandIn, *, minor: int = 4_900, trial_days: int = 0, tax: int = 0) -> SubscriptionState:
    reference = str(uuid4())
    order = SubscriptionOrder(
        key=f"{reference}:1",
        reference=reference,
        buyer=BUYER,
        price_id=priced(desk, minor),
        trial_days=trial_days,
        tax_millipercent=tax,
        returning=RETURNING,
    )
    opened = desk.provider.start_subscription(order)
    desk.pay(opened)
    return desk.provider.fetch_subscription(opened.checkout_id)
