"""Who may take a new lead first: its territory holders, plans with an early window, then everybody."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from aiqleads.core.postgres import violated_constraint
from marketplace import access, cards, errors, offering, selectors, services
from marketplace.grounds import Ground
from marketplace.models import Cart, Claim, Listing, WaitlistEntry
from pricing.models import Quote
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.conftest import open_membership
from tests.marketplace.conftest import browser_of

pytestmark = pytest.mark.django_db

HOLDERS_MINUTES = access.TERRITORY_MINUTES


@pytest.fixture
def holder(alice):
    """Alice, who owns the ZIP code of every lead here."""
    services.own_territory(member=alice, name="South", ground=Ground(zip_codes=("78704",)))
    return alice


@pytest.fixture
def plans(db):
    """Dora on Premium and Erin on Pro."""
    return tuple(
        with_early_minutes(open_membership(name), minutes) for name, minutes in (("dora", 10), ("erin", 5))
    )


def with_early_minutes(member, minutes):
    member.organisation.entitlements.update_or_create(key="early_minutes", defaults={"value": minutes})
    return member


def hold(lead, buyer) -> Claim:
    return services.hold_lead(lead_id=lead.pk, buyer=buyer)


def opens_after_minutes(lead, member) -> float:
    """How many minutes after it was listed a lead opens to somebody, as their card says."""
    listing = selectors.get_listing(lead.pk)
    [card] = cards.cards([listing], membership=member)
    return ((card.opens_at or listing.opens_at) - listing.opens_at) / timedelta(minutes=1)


def test_it_opens_to_everybody_at_once_where_nobody_comes_first(lead, charlie):
    assert opens_after_minutes(lead, charlie) == 0
    assert Listing.objects.get().everyone_from is None
    assert hold(lead, charlie).membership == charlie


def test_holders_come_first_then_plans_by_their_minutes_then_everybody(holder, plans, charlie, make_lead, clock):
    dora, erin = plans
    lead = make_lead(copies=3)

    opens = {member: opens_after_minutes(lead, member) for member in (holder, dora, erin, charlie, None)}
    assert list(opens.values()) == [0, HOLDERS_MINUTES, HOLDERS_MINUTES + 5, HOLDERS_MINUTES + 10, 25]

    for passed, first, next_one in ((0, holder, dora), (HOLDERS_MINUTES, dora, erin), (5, erin, charlie)):
        clock.advance(minutes=passed)
        with pytest.raises(errors.NotOpenYet):
            hold(lead, next_one)
        services.release_claim(claim_id=hold(lead, first).pk, buyer=first)
    clock.advance(minutes=5)
    assert hold(lead, charlie).membership == charlie


def test_the_refusal_says_when_and_who_comes_first(holder, plans, charlie, lead, clock):
    opened = Listing.objects.get().opens_at
    for member, minutes, first in (
        (plans[0], 15, "territory holders first"),
        (charlie, 25, "territory holders, then plans with an early window first"),
    ):
        with pytest.raises(errors.NotOpenYet) as refusal:
            hold(lead, member)
        opens = opened + timedelta(minutes=minutes)
        assert refusal.value.detail == f"Opens to you at {opens:%H:%M} UTC; {first}."
        assert refusal.value.facts["until"] == opens.isoformat()
    clock.advance(minutes=16)
    with pytest.raises(errors.NotOpenYet, match="; plans with an early window first"):
        hold(lead, charlie)
    assert not Claim.objects.exists()


def test_pages_and_programs_count_down_and_say_why(holder, charlie, lead, alices, client):
    charlies = browser_of(charlie.user)
    listing = Listing.objects.get()
    opens = listing.everyone_from
    path = f"/leads/{lead.pk}/"
    for browser in (charlies, client):
        for page in ("/leads/", path, f"{path}card/"):
            shown = browser.get(page).content.decode()
            assert "Opens to you in" in shown
            assert f"Opens to you at {opens:%H:%M} UTC; territory holders first." in shown
            assert f'data-until="{opens:%Y-%m-%dT%H:%M}' in shown
    mine = alices.get(path).content.decode()
    assert f"It lies in your territory; it opens to everybody at {opens:%H:%M} UTC." in mine
    assert "Hold for 5 min" in mine

    told = client_of(charlie).get(f"/api/v1{path}").json()
    assert (told["offer"], told["opens_at"]) == ("not_yet", opens.isoformat().replace("+00:00", "Z"))
    assert told["opens_in_words"].endswith("territory holders first")
    assert client_of(holder).get(f"/api/v1{path}").json()["offer"] == "free"
    refused = client_of(charlie).post("/api/v1/cart/items/", {"lead": str(lead.pk)}, format="json")
    assert_problem(refused, 409, "not_open_yet")
    assert charlies.post(f"{path}hold/").status_code == 409


def test_who_may_not_hold_yet_may_not_queue_yet(holder, charlie, lead, clock):
    hold(lead, holder)
    with pytest.raises(errors.NotOpenYet):
        services.join_waitlist(lead_id=lead.pk, buyer=charlie)
    assert not WaitlistEntry.objects.exists()

    clock.advance(minutes=HOLDERS_MINUTES)
    hold(lead, holder)
    services.join_waitlist(lead_id=lead.pk, buyer=charlie)
    assert WaitlistEntry.objects.get().organisation == charlie.organisation


@pytest.mark.parametrize("change", ["drawn later", "moved", "given up", "not first"])
def test_only_ground_that_was_owned_before_counts(alice, charlie, make_lead, change):
    mine = {"member": alice, "name": "South", "ground": Ground(zip_codes=("78704",))}
    early = change != "not first"
    before = None if change == "drawn later" else services.own_territory(**mine, has_early_access=early)
    services.own_territory(member=charlie, name="Also", ground=mine["ground"])
    lead = make_lead()
    if change == "drawn later":
        services.own_territory(**mine)
    if change == "moved":
        elsewhere = {**mine, "ground": Ground(zip_codes=("78704", "78705"))}
        services.change_territory(**elsewhere, territory_id=before.pk, holder_id=None, has_early_access=True)
    if change == "given up":
        services.give_up_territory(member=alice, territory_id=before.pk)

    assert (opens_after_minutes(lead, alice), opens_after_minutes(lead, charlie)) == (HOLDERS_MINUTES, 0)
    with pytest.raises(errors.NotOpenYet):
        hold(lead, alice)


def test_neither_a_new_price_nor_listing_it_again_opens_a_window(alice, charlie, lead, clock):
    opened = Listing.objects.get().opens_at
    services.own_territory(member=alice, name="South", ground=Ground(zip_codes=("78704",)))
    clock.advance(days=1)
    offering.delist_lead(lead_id=lead.pk, reason="for a day")
    Quote.objects.create(lead=lead, price_credits=7, parts=[], model_version="test")
    clock.advance(days=1)

    offering.list_lead(lead_id=lead.pk)

    listing = Listing.objects.get()
    assert (listing.delisted_at, listing.price_credits, listing.opens_at) == (None, 7, opened)
    assert listing.everyone_from is None
    assert hold(lead, charlie).membership == charlie


BREAK_IN = """
    INSERT INTO marketplace_claim (id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle, state,
                                   quote_id, release_reason)
    SELECT gen_random_uuid(), slot.lead_id, slot.id, member.organisation_id, member.id, cart.id, gen_random_uuid(),
           'held', listing.quote_id, ''
    FROM marketplace_leadslot slot JOIN marketplace_listing listing USING (lead_id), accounts_membership member
    JOIN marketplace_cart cart ON cart.membership_id = member.id WHERE member.id = %s"""
QUEUE = """
    INSERT INTO marketplace_waitlistentry (id, lead_id, organisation_id, membership_id)
    SELECT gen_random_uuid(), lead_id, member.organisation_id, member.id
    FROM marketplace_listing, accounts_membership member WHERE member.id = %s"""


def refused_by(statement: str, *values: object) -> str:
    """The guard that refuses a statement; "" when none does."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except IntegrityError as error:
        return violated_constraint(error) or "?"
    return ""


def drop(trigger: str, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger} ON {table}")


def test_without_its_guard_the_first_come_first_even_if_they_are_not_first(holder, charlie, lead):
    Cart.objects.create(membership=charlie)
    assert refused_by(BREAK_IN, charlie.pk) == "claim_opens_in_order"
    drop("claim_opens_in_order", "marketplace_claim")
    assert refused_by(BREAK_IN, charlie.pk) == ""
    assert Claim.objects.get().membership == charlie


def test_without_its_guard_they_wait_before_it_is_open_to_them(holder, charlie, lead):
    hold(lead, holder)
    assert refused_by(QUEUE, charlie.pk) == "claim_opens_in_order"
    drop("waiting_opens_in_order", "marketplace_waitlistentry")
    assert refused_by(QUEUE, charlie.pk) == ""


def test_without_its_guard_windows_open_again(holder, lead):
    for wrong in ("opens_at = opens_at + interval '1 day'", "everyone_from = NULL", "plans_from = opens_at"):
        assert refused_by(f"UPDATE marketplace_listing SET {wrong}") == "listing_opens_once"
    drop("listing_opens_once", "marketplace_listing")
    assert refused_by("UPDATE marketplace_listing SET opens_at = core_clock() + interval '1 day'") == ""


def test_the_page_says_the_minutes_that_the_database_counts(holder, lead, alices):
    listing = Listing.objects.get()
    assert listing.plans_from - listing.opens_at == timedelta(minutes=HOLDERS_MINUTES)
    assert f"For its first {HOLDERS_MINUTES} minutes" in alices.get("/territories/").content.decode()


def test_offers_that_are_open_to_all_cost_no_question(lead, charlie, django_assert_num_queries):
    listing = Listing.objects.get()
    with django_assert_num_queries(0):
        assert selectors.openings([listing], organisation_id=charlie.organisation_id, now=listing.opens_at) == {}
