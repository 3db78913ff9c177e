"""Forty buyers over HTTP while Redis dies under the server: nothing is sold twice, lost or held up."""

import signal
from collections import Counter
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from accounts.models import Membership
from aiqleads.core import events
from aiqleads.core.models import OutboxEvent
from billing import selectors as billing
from billing.invariants import broken
from marketplace.models import Claim, Purchase
from tests.conftest import at_length, give_credits, make_source, offer_lead, open_membership
from tests.marketplace.test_races import BUYERS, ROUNDS, at_once
from tests.tokens import access_token

pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("untraced"),
]


@pytest.fixture
def crowd() -> list[Membership]:
    members = [open_membership(f"buyer{number}") for number in range(BUYERS)]
    for member in members:
        give_credits(member, 1000)
    return members


def buy(web: httpx.Client, lead_id: UUID, headers: dict[str, str], on_hold: Any = None) -> str:
    """Hold and check out as a mobile client does; the outcome is the status and the problem's code."""
    held = web.post("/api/v1/cart/items/", json={"lead": str(lead_id)}, headers=headers)
    if held.status_code != 201:
        return f"{held.status_code} {held.json()['code']}"
    if on_hold:
        on_hold()
    bought = web.post("/api/v1/cart/checkout/", headers={**headers, "Idempotency-Key": str(lead_id)})
    return f"{bought.status_code} {bought.json().get('code', 'bought')}"


def headers_of(member: Membership) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token(member.user)}"}


@pytest.mark.parametrize(
    ("stop", "rounds"),
    [
        pytest.param(signal.SIGKILL, at_length(short=4, soak=ROUNDS), id="killed"),
        pytest.param(signal.SIGSTOP, 2, id="hanging"),
    ],
)
def test_redis_stopped_in_the_middle_of_the_race_changes_nothing(web, redis, crowd, stop, rounds):
    source = make_source("open-site", may_list=True)
    tokens = [headers_of(member) for member in crowd]
    outcomes: Counter[str] = Counter()
    for number in range(rounds):
        lead = offer_lead(source)
        stop_redis = partial(redis.send_signal, stop) if number == rounds // 2 else None
        outcomes.update(at_once([partial(buy, web, lead.pk, headers, stop_redis) for headers in tokens]))

    assert outcomes == {"201 bought": rounds, "409 lead_unavailable": (BUYERS - 1) * rounds}
    assert Purchase.objects.count() == Claim.objects.filter(state="sold").count() == rounds
    assert sum(1000 - billing.balance_credits(member.organisation_id) for member in crowd) == 10 * rounds
    assert broken() == []
    events.deliver_all()
    assert not OutboxEvent.objects.filter(delivered_at=None).exists()
