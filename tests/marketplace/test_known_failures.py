"""Ten ways in which shops and ticket sellers are known to fail, each tried on holding and buying here."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from redis import Redis as Client
from rest_framework.test import APIClient

from accounts.models import Membership, User
from aiqleads.core import clock as database_clock
from aiqleads.core.postgres import violated_constraint
from aiqleads.core.refusals import Refusal
from billing import selectors as billing
from billing.invariants import broken
from marketplace import errors, services
from marketplace.models import Claim, Listing, Purchase
from pricing.models import Quote
from tests.api.conftest import client_of
from tests.conftest import give_credits, make_source, offer_lead, open_membership
from tests.marketplace.conftest import browser_of
from tests.marketplace.test_pages_buying import checkout_fields, text_of
from tests.marketplace.test_races import at_once
from tests.tokens import access_token

pytestmark = pytest.mark.django_db


def hold(client: APIClient, lead_id: Any, **asked: Any) -> Any:
    return client.post("/api/v1/cart/items/", {"lead": str(lead_id), **asked}, format="json")


def pay(client: APIClient, key: str = "order", **asked: Any) -> Any:
    return client.post("/api/v1/cart/checkout/", asked, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_a_click_that_changes_nothing_moves_no_timer(alices, alice, charlie, make_lead, clock):
    alice_api, lead = client_of(alice), make_lead(copies=2)
    item = hold(alice_api, lead.pk).json()
    [before] = Claim.objects.values_list("during", "max_until")
    clock.advance(minutes=2)

    answers = [
        hold(alice_api, lead.pk).status_code,
        hold(alice_api, lead.pk, copies="all").status_code,
        alice_api.post(f"/api/v1/cart/items/{item['id']}/extend/").status_code,
        pay(alice_api).status_code,
        pay(alice_api, "other", items=[item["id"]], total_credits=9).status_code,
        client_of(charlie).delete(f"/api/v1/cart/items/{item['id']}/").status_code,
        alice_api.post(f"/api/v1/leads/{lead.pk}/waitlist/").status_code,
        alices.get("/cart/").status_code,
        alices.post(f"/leads/{lead.pk}/hold/").status_code,
        alices.post(f"/cart/items/{item['id']}/extend/").status_code,
    ]

    assert answers == [201, 422, 422, 402, 409, 422, 409, 200, 302, 422]
    assert Claim.objects.values_list("during", "max_until").get() == before


@pytest.mark.race
@pytest.mark.no_cover
@pytest.mark.django_db(transaction=True)
def test_the_last_copy_goes_to_one_of_many_who_press_at_once():
    lead = offer_lead(make_source("open-site", may_list=True), copies=2)
    crowd = [open_membership(f"buyer{number}") for number in range(9)]
    for member in crowd:
        give_credits(member, 100)
    first = crowd.pop()
    services.hold_lead(lead_id=lead.pk, buyer=first)
    services.check_out(buyer=first, idempotency_key="first")

    answers = at_once([partial(hold, client_of(member), lead.pk) for member in crowd])
    winner = crowd[[answer.status_code for answer in answers].index(201)]
    services.check_out(buyer=winner, idempotency_key="last")

    assert sorted(answer.status_code for answer in answers) == [201] + 7 * [409]
    assert Listing.objects.get().copies_left == 0
    assert Claim.objects.filter(state="sold").values("slot").distinct().count() == 2
    assert broken() == []


def test_the_same_lead_is_one_line_of_a_cart_whatever_is_pressed(alice, grant, make_lead):
    grant(alice, 50)
    alice_api, lead = client_of(alice), make_lead(copies=2)
    item = hold(alice_api, lead.pk).json()
    again = hold(alice_api, lead.pk).json()

    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO marketplace_claim (id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle,
                                              state, quote_id, release_reason)
               SELECT gen_random_uuid(), lead_id, (SELECT id FROM marketplace_leadslot WHERE number = 2),
                      organisation_id, membership_id, cart_id, gen_random_uuid(), 'held', quote_id, ''
               FROM marketplace_claim"""
        )
    bought = pay(alice_api, items=[item["id"], item["id"]])

    assert again == item
    assert violated_constraint(refusal.value) == "one_bundle_per_organisation"
    assert bought.json()["total_credits"] == 10
    assert billing.balance_credits(alice.organisation_id) == 40


def test_a_price_that_changes_during_the_hold_is_not_the_one_that_is_charged(alice, grant, lead):
    grant(alice, 50)
    alice_api = client_of(alice)
    item = hold(alice_api, lead.pk).json()
    for price_credits in (40, 2):
        quote = Quote.objects.create(lead=lead, price_credits=price_credits, parts=[], model_version="test")
        Listing.objects.filter(pk=lead.pk).update(quote=quote, price_credits=price_credits)

    shown = alice_api.get("/api/v1/cart/").json()
    receipt = pay(alice_api, items=[item["id"]], total_credits=shown["total_credits"]).json()

    assert (shown["total_credits"], receipt["total_credits"]) == (10, 10)
    assert billing.balance_credits(alice.organisation_id) == 40


def test_a_hold_that_runs_out_between_the_page_and_the_click_charges_nothing(alices, alice, charlie, lead, clock):
    give_credits(alice, 50)
    services.hold_lead(lead_id=lead.pk, buyer=alice)
    shown = alices.get("/cart/").context
    clock.advance(minutes=5)
    services.hold_lead(lead_id=lead.pk, buyer=charlie)

    answer = alices.post("/cart/checkout/", checkout_fields(shown))

    assert answer.status_code == 422
    assert "The hold ended at" in text_of(answer)
    assert billing.balance_credits(alice.organisation_id) == 50
    assert Claim.objects.live().get().membership == charlie


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_web_machine_whose_clock_is_wrong_holds_and_frees_by_the_databases(alice, charlie, lead, clock, hours):
    """The database's clock is moved away from this process's, which is the same as the other way round."""
    Listing.objects.update(opens_at=lead.first_seen_at - timedelta(days=1))
    clock.advance(hours=hours)
    claim = services.hold_lead(lead_id=lead.pk, buyer=alice)
    page = browser_of(alice.user).get("/cart/").content.decode()

    assert abs(claim.during.lower - datetime.now(UTC) - timedelta(hours=hours)) < timedelta(minutes=1)
    assert ">5:00</time>" in page or ">4:5" in page
    clock.advance(minutes=4, seconds=50)
    with pytest.raises(errors.LeadUnavailable):
        services.hold_lead(lead_id=lead.pk, buyer=charlie)
    clock.advance(seconds=10)
    assert services.hold_lead(lead_id=lead.pk, buyer=charlie).during.lower <= database_clock.now()


@pytest.mark.race
@pytest.mark.no_cover
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("untraced", "redis")
def test_a_flushed_redis_frees_and_sells_nothing(web, alice, charlie, lead):
    holder, other = ({"Authorization": f"Bearer {access_token(who.user)}"} for who in (alice, charlie))
    take = partial(web.post, "/api/v1/cart/items/", json={"lead": str(lead.pk)})
    held = take(headers=holder)

    Client.from_url(os.environ["REDIS_URL"]).flushall()

    assert held.status_code == 201
    assert take(headers=other).status_code == 409
    assert web.get("/api/v1/cart/", headers=holder).json()["items"][0]["until"] == held.json()["until"]
    assert not Purchase.objects.exists()


@pytest.mark.race
@pytest.mark.no_cover
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keys", [["same"] * 6, list("abcdef")], ids=["one key", "a key each"])
def test_pressing_pay_many_times_at_once_charges_once(alice, lead, keys):
    give_credits(alice, 50)
    item = hold(client_of(alice), lead.pk).json()

    answers = at_once([partial(pay, client_of(alice), key, items=[item["id"]]) for key in keys])

    bought = [answer.json()["purchases"][0]["id"] for answer in answers if answer.status_code == 201]
    assert set(bought) == {str(Purchase.objects.get().pk)}
    assert len(bought) == 1 or len(set(keys)) == 1  # the same request again has the same answer
    assert {answer.status_code for answer in answers} <= ({201, 409} if len(set(keys)) == 1 else {201, 422})
    if keys[0] == keys[1]:
        assert pay(client_of(alice), keys[0], items=[item["id"]]).json()["purchases"][0]["id"] == bought[0]
    assert billing.balance_credits(alice.organisation_id) == 40


def test_what_one_tab_did_is_told_in_the_other(alices, alice, make_lead):
    give_credits(alice, 50)
    kept, returned = make_lead(price_credits=12), make_lead(street="Returned Road")
    for lead in (kept, returned):
        services.hold_lead(lead_id=lead.pk, buyer=alice)
    other_tab = alices.get("/cart/").context
    alices.post(f"/cart/items/{Claim.objects.get(lead=returned).pk}/release/")

    answer = alices.post("/cart/checkout/", checkout_fields(other_tab))
    paid = alices.post("/cart/checkout/", checkout_fields(answer.context))
    again = alices.post("/cart/checkout/", checkout_fields(answer.context) | {"idempotency_key": str(kept.pk)})

    assert "You gave it back." in text_of(answer)
    assert paid.status_code == 302
    assert "You have bought these leads already" in text_of(again)
    assert billing.balance_credits(alice.organisation_id) == 38


def test_a_buyer_who_is_deleted_while_holding_keeps_no_lead_from_the_others(alice, bob, charlie, lead, clock):
    """A user who acted is kept for the books, so deleting is refused; switching them off ends what they can do."""
    bob.role = Membership.Role.BUYER
    bob.save(update_fields=["role"])
    give_credits(alice, 50)
    agent = client_of(bob)
    hold(agent, lead.pk)

    with pytest.raises(ProtectedError):
        bob.user.delete()
    User.objects.filter(pk=bob.user_id).update(is_active=False)
    answer = pay(agent)
    clock.advance(minutes=5)

    assert answer.status_code == 401
    assert services.hold_lead(lead_id=lead.pk, buyer=charlie).membership == charlie
    assert billing.balance_credits(alice.organisation_id) == 50
    assert not Purchase.objects.exists()


def test_a_hold_that_runs_out_before_any_statement_of_a_checkout_is_refused_or_bought_whole(
    make_lead, alice, grant, clock
):
    grant(alice, 1_000)
    refused = 0
    for moment in range(30):
        lead, statements = make_lead(), itertools.count()
        services.hold_lead(lead_id=lead.pk, buyer=alice)

        def runs_out(execute, statement, *rest, moment=moment, statements=statements):
            if next(statements) == moment:
                clock.advance(minutes=6)
            return execute(statement, *rest)

        try:
            with connection.execute_wrapper(runs_out):
                services.check_out(buyer=alice, idempotency_key=str(moment))
        except Refusal:
            refused += 1
            clock.advance(minutes=6)  # what passed in the transaction was undone with it
    connection.check_constraints()
    assert 0 < refused < 30
    assert billing.balance_credits(alice.organisation_id) == 1_000 - 10 * (30 - refused)
    assert Purchase.objects.count() == 30 - refused
