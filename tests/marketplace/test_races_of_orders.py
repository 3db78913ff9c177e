"""Several workers serve standing orders at once: one purchase per copy, no cap passed, nothing after a pause."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.models import Membership
from billing import selectors as billing
from billing.invariants import broken
from marketplace import services
from marketplace.models import Claim, Purchase, StandingOrder
from tests.conftest import give_credits, open_membership
from tests.marketplace.ordered import order_on

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def members(transactional_db) -> list[Membership]:
    members = [open_membership(name) for name in ("alice", "charlie")]
    for member in members:
        give_credits(member, 100)
    return members


def at_once(*works: Any) -> list[Any]:
    """Do all of it at the same time, each on a connection of its own."""

    def alone(work: Any) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as workers:
        return list(workers.map(alone, works))


def test_two_workers_buy_once_and_within_the_caps(members, make_lead):
    for member in members:
        order_on(member, daily_leads=1)
    leads = [make_lead() for _ in range(4)]

    at_once(*(partial(services.buy_for_orders, lead_id=lead.pk) for lead in (*leads, *leads)))

    assert sorted(Purchase.objects.values_list("membership", flat=True)) == sorted(one.pk for one in members)
    assert Claim.objects.filter(state="sold").count() == 2
    assert {billing.balance_credits(member.organisation_id) for member in members} == {90}
    assert broken() == []


def test_nothing_is_bought_after_a_pause(members, make_lead):
    order = order_on(members[0])
    leads = [make_lead() for _ in range(4)]
    pause = partial(services.pause_order, buyer=members[0], order_id=order.pk)

    def paused_then_bought() -> int:
        pause()
        return Purchase.objects.count()

    buying = (partial(services.buy_for_orders, lead_id=lead.pk) for lead in leads)
    known, *_ = at_once(paused_then_bought, *buying)

    assert StandingOrder.objects.get().state == "paused"
    assert Purchase.objects.count() == known
