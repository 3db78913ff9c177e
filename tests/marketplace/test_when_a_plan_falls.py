"""A plan falls to Starter half-way through: what began goes on as it was, what is new is Starter's, and nobody pays
more than they were shown.
"""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail

from accounts import services as accounts
from accounts.models import Membership, User
from aiqleads.core import clock as database_clock
from aiqleads.core import events
from billing import selectors as billing
from billing import services as money
from billing.models import Payment
from billing.providers.sandbox import pages
from leads.models import Lead
from marketplace import cards, errors, selectors, services
from marketplace.grounds import Ground
from marketplace.models import Claim, Listing, Notification, Purchase, StandingOrder, Territory, WaitlistEntry
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.billing.subscribed import subscribe
from tests.conftest import confirmed, give_credits
from tests.marketplace.ordered import order_off, order_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(make_lead) -> list:
    """Leads from before anybody had a plan: they opened to everybody at once."""
    return [make_lead() for _ in range(12)]


@pytest.fixture
def of_three(make_lead) -> Lead:
    """Another, of three copies."""
    return make_lead(copies=3, price_credits=20)


@pytest.fixture
def last_minute(alice, clock) -> Membership:
    """Alice, whose Premium was cancelled and ends in a minute."""
    subscribe(alice, "premium")
    ends_at = money.cancel_plan(member=alice).period_end
    clock.advance(seconds=(ends_at - database_clock.now()).total_seconds() - 60)
    return alice


def fall(clock) -> None:
    """The plan ends; nothing looks at it."""
    clock.advance(minutes=2)


def hold(lead, buyer) -> Claim:
    return services.hold_lead(lead_id=lead.pk, buyer=buyer)


def shown_price(browser, lead) -> dict[str, str]:
    """What the button on a lead's page sends."""
    page = browser.get(f"/leads/{lead.pk}/").content.decode()
    return {"copies": "1", "most_credits": re.findall(r'name="most_credits" value="(\d+)"', page)[0]}


def test_holds_that_run_keep_time_and_price_and_are_bought_for_what_the_cart_shows(
    last_minute, make_lead, alices, clock
):
    held = [hold(make_lead(price_credits=20), last_minute) for _ in range(6)]
    cart = alices.get("/cart/").context

    fall(clock)

    now = list(Claim.objects.live().order_by("during"))
    assert [(one.during, one.max_until) for one in now] == [(one.during, one.max_until) for one in held]
    with pytest.raises(errors.HoldQuotaReached):
        hold(make_lead(), last_minute)
    assert Claim.objects.count() == 6
    assert (cart["paying"].total_credits, alices.get("/cart/").context["paying"].total_credits) == (6 * 18, 6 * 18)
    alices.post(
        "/cart/checkout/",
        {"idempotency_key": uuid4(), "lines": cart["lines"], "total_credits": cart["paying"].total_credits},
    )
    assert [one.price_credits for one in Purchase.objects.all()] == [18] * 6
    assert billing.balance_credits(last_minute.organisation_id) == 400 - 6 * 18


def test_a_hold_is_kept_longer_by_starters_minutes_up_to_the_end_that_was_fixed(last_minute, make_lead, clock):
    held = hold(make_lead(), last_minute)
    assert (held.max_until - held.during.lower) == timedelta(minutes=30)
    fall(clock)

    with pytest.raises(errors.ExtensionRefused):  # it runs for 13 minutes more, Starter's are 5
        services.extend_claim(claim_id=held.pk, buyer=last_minute)
    clock.advance(minutes=12)
    longer = services.extend_claim(claim_id=held.pk, buyer=last_minute)
    assert held.until < longer.until <= database_clock.now() + timedelta(minutes=5)
    new = hold(make_lead(), last_minute)

    assert new.until == new.max_until <= database_clock.now() + timedelta(minutes=5)
    clock.advance(minutes=4)
    for _ in range(3):
        last = services.extend_claim(claim_id=held.pk, buyer=last_minute)
        clock.advance(minutes=4)
    assert last.until == held.max_until


def test_who_presses_hold_on_a_page_with_the_old_price_is_shown_the_new_one_first(
    queued, last_minute, alices, clock
):
    lead = queued[0]
    asked = shown_price(alices, lead)
    fall(clock)

    refused = alices.post(f"/leads/{lead.pk}/hold/", asked)

    assert refused.status_code == 409
    says = "It costs 10 credits by now, not 9. Nothing is held; hold it again at the new price."
    assert says in refused.content.decode()
    program = client_of(last_minute)
    body = {"lead": str(lead.pk), "most_credits": 9}
    told = assert_problem(program.post("/api/v1/cart/items/", body, format="json"), 409, "price_changed")
    assert told["detail"] == says
    assert not Claim.objects.exists()
    again = shown_price(alices, lead)
    assert again["most_credits"] == "10"
    assert alices.post(f"/leads/{lead.pk}/hold/", again).status_code == 302
    assert Claim.objects.get().price_credits == 10


def test_all_copies_are_not_held_for_more_than_the_page_said_of_each(of_three, last_minute, alices, clock):
    lead = of_three
    page = alices.get(f"/leads/{lead.pk}/").content.decode()
    assert "Hold all 3 copies, 54 credits together" in page
    asked = shown_price(alices, lead) | {"copies": "all"}
    fall(clock)

    refused = alices.post(f"/leads/{lead.pk}/hold/", asked)

    assert refused.status_code == 409
    assert "Hold all 3 copies, 60 credits together" in refused.content.decode()
    assert not Claim.objects.exists()


def test_an_upgrade_half_way_never_costs_more_and_leaves_what_is_held_as_it_was(alice, make_lead, alices):
    held, open_page = make_lead(price_credits=20), make_lead(price_credits=20)
    give_credits(alice, 20)
    hold(held, alice)
    asked, cart = shown_price(alices, open_page), alices.get("/cart/").context
    assert asked["most_credits"] == "20"

    subscribe(alice, "premium")
    alices.post(f"/leads/{open_page.pk}/hold/", asked)

    assert Claim.objects.get(lead=open_page).price_credits == 18
    alices.post(
        "/cart/checkout/",
        {"idempotency_key": uuid4(), "lines": cart["lines"], "total_credits": cart["paying"].total_credits},
    )
    assert Purchase.objects.get().price_credits == cart["paying"].total_credits == 20


@pytest.mark.parametrize("is_held_still", [True, False])
def test_a_cart_that_waits_for_its_money_is_never_bought_for_more_than_was_shown(
    last_minute, make_lead, clock, is_held_still
):
    lead = make_lead(price_credits=500)
    held = hold(lead, last_minute)
    payment = services.buy_with_money(
        buyer=last_minute, intent_id=uuid4(), pack_code="credits-50", provider="sandbox", total_credits=450
    )
    fall(clock)
    if not is_held_still:
        clock.advance(minutes=15)

    pages.hand_in(payment.checkout_id, "good")
    money.look_again(payment.pk)
    events.deliver_all()

    assert Payment.objects.get(pk=payment.pk).status == "paid"
    bought = list(Purchase.objects.values_list("claim_id", "price_credits"))
    assert bought == ([(held.pk, 450)] if is_held_still else [])
    left = billing.balance_credits(last_minute.organisation_id)
    assert left == (0 if is_held_still else 450)
    if not is_held_still:
        told = Notification.objects.get(membership=last_minute)
        assert "It costs more by now than you were shown." in told.says + told.body


def test_standing_orders_stay_on_and_buy_at_the_list_price_within_their_own_limits(last_minute, make_lead, clock):
    orders = [order_on(last_minute, most_credits_per_lead=19)] + [order_off(last_minute) for _ in range(5)]
    fall(clock)

    with pytest.raises(errors.TooManyOrders):
        order_off(last_minute)
    assert StandingOrder.objects.count() == len(orders) == 6
    too_dear, cheap = make_lead(price_credits=20), make_lead(price_credits=19)
    clock.advance(minutes=11)
    for lead in (too_dear, cheap):  # with Premium's discount both would cost less than 19
        services.buy_for_orders(lead_id=lead.pk)

    assert list(Purchase.objects.values_list("lead_id", "price_credits")) == [(cheap.pk, 19)]


def test_people_stay_and_nobody_comes_in_until_there_is_room(last_minute, bob, charlie, clock):
    invitation = accounts.invite(by=last_minute, email="dora@example.com", role=Membership.Role.BUYER)
    events.deliver_all()
    token = re.findall(r"/invitations/([^/\s]+)/", mail.outbox[-1].body)[0]
    fall(clock)

    assert client_of(bob).get("/api/v1/leads/").status_code == 200
    answer = client_of(last_minute).get("/api/v1/organisation/").json()
    assert (answer["seats"], answer["seats_taken"]) == (1, 3)
    for refused in (
        client_of(last_minute).post(f"/api/v1/organisation/invitations/{invitation.pk}/resend/"),
        client_of(last_minute).post(
            "/api/v1/organisation/invitations/", {"email": "erin@example.com", "role": "buyer"}, format="json"
        ),
        client_of(dora()).post("/api/v1/organisation/invitations/accept/", {"token": token}, format="json"),
    ):
        assert_problem(refused, 422, "no_seat_left")
    assert Membership.objects.filter(organisation=last_minute.organisation).count() == 2


def dora() -> User:
    return confirmed(User.objects.create_user("dora@example.com", "correct horse battery"))


def test_ground_stays_and_opens_first_and_only_grows_within_the_plan(last_minute, make_lead, charlie, clock):
    def ground(*zip_codes: str) -> Ground:
        return Ground(zip_codes=zip_codes)

    owned = [
        services.own_territory(member=last_minute, name=f"Ground {number}", ground=ground("78704", "78705"))
        for number in range(4)
    ]
    wide = services.own_territory(
        member=last_minute, name="Wide", ground=ground(*(f"{code:05}" for code in range(1_000, 1_250)))
    )
    fall(clock)

    def change(territory, name: str, *zip_codes: str) -> Territory:
        return services.change_territory(
            member=last_minute,
            territory_id=territory.pk,
            name=name,
            ground=ground(*zip_codes),
            holder_id=None,
            has_early_access=True,
        )

    renamed = change(owned[0], "South", "78704", "78705")
    assert (renamed.name, renamed.since) == ("South", owned[0].since)
    assert change(owned[1], "Smaller", "78704").covered_zips == ["78704"]
    with pytest.raises(errors.TerritoryTooLarge):
        change(owned[1], "Larger", "78704", "78705", "78706")
    with pytest.raises(errors.TooManyTerritories):
        services.own_territory(member=last_minute, name="One more", ground=ground("78707"))
    services.give_up_territory(member=last_minute, territory_id=wide.pk)
    assert change(owned[2], "Larger", "78704", "78705", "78706").covered_zips == ["78704", "78705", "78706"]
    assert Territory.objects.count() == 4
    listing = selectors.get_listing(make_lead().pk)
    offers = [cards.cards([listing], membership=one)[0].offer.value for one in (last_minute, charlie)]
    assert offers == ["free", "not_yet"]


def test_places_in_queues_are_kept_and_their_turns_come(queued, last_minute, charlie, clock):
    subscribe(charlie, "premium")
    *waited_for, one_more = queued
    for lead in queued:
        hold(lead, charlie)
    for lead in waited_for:
        services.join_waitlist(lead_id=lead.pk, buyer=last_minute)
    fall(clock)

    with pytest.raises(errors.TooManyWaitlists):
        services.join_waitlist(lead_id=one_more.pk, buyer=last_minute)
    assert WaitlistEntry.objects.filter(left_at=None).count() == len(waited_for) == 11
    services.release_claim(claim_id=Claim.objects.get(lead=waited_for[0]).pk, buyer=charlie)

    assert hold(waited_for[0], last_minute).price_credits == 10


def test_new_leads_open_with_everybodys_and_programs_are_slowed_down_at_once(
    last_minute, make_lead, charlie, clock
):
    subscribe(charlie, "premium")
    lead = make_lead()
    assert (
        selectors.openings(
            [Listing.objects.get()], organisation_id=last_minute.organisation_id, now=database_clock.now()
        )[lead.pk].opens_at
        <= database_clock.now()
    )
    program = client_of(last_minute)
    assert '"organisation";q=3000;w=60' in program.get("/api/v1/plans/")["RateLimit-Policy"]

    fall(clock)

    with pytest.raises(errors.NotOpenYet):
        hold(lead, last_minute)
    assert not Claim.objects.exists()
    answer = client_of(last_minute).get("/api/v1/plans/")
    assert '"member";q=600;w=60, "organisation";q=600;w=60' in answer["RateLimit-Policy"]
    assert '"organisation";r=598;' in answer["RateLimit"]


def test_a_plans_credits_are_there_for_thirty_days_more(last_minute, clock):
    fall(clock)
    assert billing.balance_credits(last_minute.organisation_id) == 400

    clock.advance(days=30)

    assert billing.balance_credits(last_minute.organisation_id) == 0
