"""The desks under test. A provider joins by a line in ``DESKS``."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import Any
from uuid import uuid4

import pytest

from billing.providers.port import Buyer, Charge, Money, Order, Price, Returning, Setup, SubscriptionOrder
from tests.billing.contract.desk import Cast, Desk, NotHere
from tests.billing.contract.paypal_desks import paypal_stand_in, paypal_test_mode
from tests.billing.contract.sandbox_desk import sandbox_itself
from tests.billing.contract.stripe_desks import stripe_stand_in, stripe_test_mode

DESKS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "stripe": stripe_stand_in,
    "stripe-test-mode": stripe_test_mode,
    "paypal": paypal_stand_in,
    "paypal-test-mode": paypal_test_mode,
    "sandbox": sandbox_itself,
}


REMEMBERS_HERE = {"sandbox": pytest.mark.django_db}
"""The sandbox remembers in our database."""


@pytest.fixture(scope="module", params=[pytest.param(name, marks=REMEMBERS_HERE.get(name, ())) for name in DESKS])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Each provider in its turn; one stand-in serves a file of tests, whose rows are new in each."""
    try:
        opened = DESKS[request.param]()
        with opened as found:
            yield found
    except NotHere as reason:
        pytest.skip(str(reason))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test mode without its keys is told of by one test that is skipped, not by all."""
    told: set[str] = set()
    for item in [one for one in items if _mode_of(one) and not _is_open(_mode_of(one))]:
        if _mode_of(item) in told:
            items.remove(item)
        told.add(_mode_of(item))


def _mode_of(item: pytest.Item) -> str:
    """The test mode that a test of ours would be run against, if any."""
    name = getattr(item, "callspec", None) and item.callspec.params.get("desk", "")  # type: ignore[attr-defined]
    return name if isinstance(name, str) and name.endswith("-test-mode") else ""


@cache
def _is_open(name: str) -> bool:
    try:
        with DESKS[name]():
            return True
    except NotHere:
        return False


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """What a desk cannot do is skipped, saying so."""
    outcome: Any = yield
    if outcome.excinfo and issubclass(outcome.excinfo[0], NotHere):
        outcome.force_exception(pytest.skip.Exception(str(outcome.excinfo[1])))


class Orders:
    """What is asked of a provider, with keys and references that are new each time."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.returning = Returning(done_url=self.cast.done_url, cancelled_url=self.cast.cancelled_url)

    def buyer(self, customer_id: str = "") -> Buyer:
        return Buyer(
            organisation_id=self.cast.organisation_id,
            name=self.cast.name,
            email=self.cast.email,
            customer_id=customer_id,
        )

    def order(self, *, minor: int = 5_300, tax: int = 300, saves_method: bool = False) -> Order:
        reference = str(uuid4())
        return Order(
            key=f"{reference}:1",
            reference=reference,
            buyer=self.buyer(),
            description="50 credits",
            total=Money(minor=minor),
            tax=Money(minor=tax),
            returning=self.returning,
            saves_method=saves_method,
        )

    def setup(self) -> Setup:
        reference = str(uuid4())
        return Setup(key=f"{reference}:1", reference=reference, buyer=self.buyer(), returning=self.returning)

    def charge(self, customer_id: str, method_id: str, *, minor: int = 2_500) -> Charge:
        reference = str(uuid4())
        return Charge(
            key=f"{reference}:1",
            reference=reference,
            customer_id=customer_id,
            method_id=method_id,
            description="25 credits",
            total=Money(minor=minor),
            tax=Money(minor=0),
        )

    def price(self, minor: int) -> Price:
        return Price(code=f"pro-{uuid4().hex[:12]}", name="Pro", monthly=Money(minor=minor))

    def subscription(self, price_id: str, *, trial_days: int = 0, tax_millipercent: int = 0) -> SubscriptionOrder:
        reference = str(uuid4())
        return SubscriptionOrder(
            key=f"{reference}:1",
            reference=reference,
            buyer=self.buyer(),
            price_id=price_id,
            trial_days=trial_days,
            tax_millipercent=tax_millipercent,
            returning=self.returning,
        )


@pytest.fixture
def orders() -> Orders:
    return Orders()
