"""Many buyers at once, over real connections and committed transactions."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Entitlement
from aiqleads.core.refusals import Refusal
from billing import selectors as billing
from billing.invariants import broken
from leads.models import Lead
from marketplace import errors, services
from marketplace.models import Cart, Claim, Listing, Purchase
from tests.billing.test_adjusting import wait_for_locks
from tests.conftest import at_length, give_credits, make_source, offer_lead, open_membership
from tests.marketplace.colleagues import join

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]

BUYERS = 40
ROUNDS = at_length(short=10, soak=100)


def at_once(actions: list[Callable[[], Any]]) -> list[Any]:
    """Run every action on its own thread and connection, started together; exceptions are results."""
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return action()
        except Exception as error:  # noqa: BLE001  (the race's outcome, looked at by the test)
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


@pytest.fixture
def crowd() -> list[Any]:
    members = [open_membership(f"buyer{number}") for number in range(BUYERS)]
    for member in members:
        give_credits(member, 1000)
    return members


def hold_and_buy(lead_id: Any, buyer: Any) -> str:
    services.hold_lead(lead_id=lead_id, buyer=buyer)
    services.check_out(buyer=buyer, idempotency_key=str(lead_id))
    return "bought"


def run_rounds(crowd: list[Any], rounds: int) -> Counter[str]:
    source = make_source("open-site", may_list=True)
    outcomes: Counter[str] = Counter()
    for _ in range(rounds):
        lead = offer_lead(source)
        results = at_once([partial(hold_and_buy, lead.pk, buyer) for buyer in crowd])
        outcomes.update(result if isinstance(result, str) else type(result).__name__ for result in results)
    return outcomes


def test_forty_buyers_of_one_lead_end_in_one_sale_each_round(crowd):
    outcomes = run_rounds(crowd, ROUNDS)

    assert outcomes == {"bought": ROUNDS, "LeadUnavailable": (BUYERS - 1) * ROUNDS}
    assert Purchase.objects.count() == ROUNDS
    assert sum(1000 - billing.balance_credits(member.organisation_id) for member in crowd) == 10 * ROUNDS
    assert broken() == []


def insert_carelessly(lead: Any, buyer: Any) -> str:
    """A hold as wrong code would take it: no lock, no look at who else holds."""
    cart = buyer.cart
    Claim.objects.create(
        lead=lead,
        slot=lead.slots.get(),
        organisation_id=buyer.organisation_id,
        membership=buyer,
        cart=cart,
        quote_id=lead.listing.quote_id,
    )
    return "held"


@pytest.fixture
def careless_holds(crowd) -> Callable[[], int]:
    for member in crowd[:12]:
        Cart.objects.create(membership=member)

    def run() -> int:
        lead = offer_lead(make_source("open-site", may_list=True))
        results = at_once([partial(insert_carelessly, lead, buyer) for buyer in crowd[:12]])
        return results.count("held")

    return run


def test_the_exclusion_constraint_stops_code_that_takes_no_lock(careless_holds):
    assert careless_holds() == 1


@pytest.fixture
def without_slot_constraint() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE marketplace_claim DROP CONSTRAINT slot_claimed_once")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE marketplace_claim DISABLE TRIGGER USER; TRUNCATE marketplace_claim CASCADE;")
        cursor.execute("ALTER TABLE marketplace_claim ENABLE TRIGGER USER")
        cursor.execute(
            "ALTER TABLE marketplace_claim ADD CONSTRAINT slot_claimed_once "
            "EXCLUDE USING gist (lead_id WITH =, slot_id WITH =, during WITH &&)"
        )


def test_without_the_exclusion_constraint_the_same_race_oversells(without_slot_constraint, careless_holds):
    assert careless_holds() > 1


def test_two_tabs_pressing_buy_are_charged_once(crowd):
    buyer = crowd[0]
    lead = offer_lead(make_source("open-site", may_list=True))
    services.hold_lead(lead_id=lead.pk, buyer=buyer)

    results = at_once([partial(services.check_out, buyer=buyer, idempotency_key="same")] * 8)

    assert {tuple(result) for result in results} == {tuple(Purchase.objects.all())}
    assert billing.balance_credits(buyer.organisation_id) == 990


def test_a_member_cannot_pass_the_quota_by_holding_many_leads_at_once(crowd):
    source = make_source("open-site", may_list=True)
    leads = [offer_lead(source) for _ in range(9)]

    results = at_once([partial(services.hold_lead, lead_id=lead.pk, buyer=crowd[0]) for lead in leads])

    refusals = [result for result in results if isinstance(result, Refusal)]
    assert len(refusals) == 4
    assert {type(refusal) for refusal in refusals} == {errors.HoldQuotaReached}


def test_two_members_at_once_do_not_wait_for_more_than_their_plan_allows():
    alice, holder = open_membership("alice"), open_membership("charlie")
    erin = join(alice, "erin")
    Entitlement.objects.update_or_create(
        organisation=alice.organisation, key="waitlists", defaults={"value": 1, "until": None}
    )
    source = make_source("open-site", may_list=True)
    for _ in range(at_length(short=3, soak=30)):
        wanted = [offer_lead(source), offer_lead(source)]
        for lead in wanted:
            services.hold_lead(lead_id=lead.pk, buyer=holder)

        ended = at_once(
            [
                partial(services.join_waitlist, lead_id=lead.pk, buyer=buyer)
                for lead, buyer in zip(wanted, (alice, erin), strict=True)
            ]
        )

        assert sorted(type(one).__name__ for one in ended) == ["TooManyWaitlists", "WaitlistEntry"]
        for lead in wanted:
            services.leave_waitlist(lead_id=lead.pk, buyer=alice)
        for claim in Claim.objects.filter(state=Claim.State.HELD):
            services.release_claim(claim_id=claim.pk, buyer=holder)


def test_who_waits_for_a_lead_does_not_have_its_offer_already(lead, alice):
    """Returns come by the lead and go on to the offer: they would wait for each other until one is undone."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
            held = pool.submit(at_once, [partial(services.hold_lead, lead_id=lead.pk, buyer=alice)])
            wait_for_locks(cursor, 1)

            Listing.objects.select_for_update(nowait=True).get(pk=lead.pk)

        assert [claim.lead_id for claim in held.result()] == [lead.pk]
