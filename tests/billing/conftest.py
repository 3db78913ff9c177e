"""What tests of money share."""

from collections.abc import Iterator
from typing import Any

import pytest

from billing.models import Pack
from tests.billing import dying
from tests.billing import till as tills


@pytest.fixture
def till(settings: Any) -> Iterator[tills.Till]:
    """A provider in memory that nothing was asked of so far; it stands where the sandbox would."""
    settings.PAYMENT_ADAPTERS = {**settings.PAYMENT_ADAPTERS, "sandbox": tills.__name__}
    settings.PAYMENT_SANDBOX = True
    tills.till.forget()
    yield tills.till
    tills.till.forget()


@pytest.fixture
def line(settings: Any) -> dying.Dying:
    """A line to the sandbox that breaks where a test says so."""
    settings.PAYMENT_ADAPTERS = {**settings.PAYMENT_ADAPTERS, "sandbox": dying.__name__}
    dying.line.dies, dying.line.asked, dying.line.meanwhile = set(), [], {}
    return dying.line


@pytest.fixture
def pack(db: None) -> Pack:
    return Pack.objects.create(code="fifty", name="50 credits", price_cents=4_900, amount_credits=50)
