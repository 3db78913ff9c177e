"""Pages and programs say of each plan what its row says, of one's own what its version says."""

import re
from html import unescape

import pytest

from accounts import selectors as accounts
from accounts.plans import STARTER
from billing import selectors, services
from billing.models import Plan
from tests.api.conftest import client_of
from tests.billing.subscribed import subscribe
from tests.marketplace.conftest import browser_of

pytestmark = pytest.mark.django_db

ODD = {
    "price_cents": 71_03,
    "monthly_credits": 1_207,
    "hold_minutes": 13,
    "cart_minutes": 29,
    "live_holds": 17,
    "waitlists": 37,
    "discount_percent": 19,
    "early_minutes": 7,
    "territories": 11,
    "territory_zips": 1_301,
    "territory_square_miles": 4_111,
    "seats": 23,
    "standing_orders": 31,
    "api_requests_per_minute": 1_709,
}
"""Figures of which no two are alike, and which nothing that is shipped has."""
ON_THE_CARD = (
    "$71.03 a month",
    "1,207 credits each month",
    "19% off every lead",
    "Hold a lead for 13 minutes, and longer while the cart runs",
    "Carts of 29 minutes",
    "17 leads held and 37 waited for at a time",
    "New leads 7 minutes before everybody",
    "23 seats",
    "11 territories of 1,301 ZIP codes and 4,111 drawn square miles in all",
    "31 standing orders",
    "1,709 API requests a minute",
)
OF_ONESELF = (
    "A hold lasts 13 minutes",
    "Longest cart 29 minutes",
    "Holds may be extended Yes",
    "Leads held at once 17",
    "Leads waited for at once 37",
    "New leads open to you 7 minutes early",
    "Seats 23",
    "Territories 11",
    "ZIP codes in all of them 1,301",
    "Drawn square miles in all of them 4,111",
    "Standing orders 31",
    "API requests a minute 1,709",
    "Discount on list prices 19%",
)


@pytest.fixture
def odd(olga) -> Plan:
    return services.revise_plan(code="premium", actor_id=olga.pk, reason="Odd", **ODD)


def words(browser, address: str) -> str:
    return plain(browser.get(address).content.decode())


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def premium_on(browser) -> str:
    """What stands on the card of Premium."""
    page = browser.get("/credits/plans/").content.decode()
    return plain(page.partition('id="plan-premium"')[2].partition("</section>")[0])


def test_the_card_the_table_and_the_api_say_what_the_row_says(odd, alice):
    browser = browser_of(alice.user)
    card = premium_on(browser)

    assert [says for says in ON_THE_CARD if says not in card] == []
    assert "Premium 7 min 11 1,301 4,111" in words(browser, "/territories/")
    told = client_of(alice).get("/api/v1/plans/").json()[-1]
    assert {key: told[key] for key in ODD} == ODD
    assert (told["code"], told["may_extend"]) == ("premium", True)


def test_the_account_says_what_is_so_and_starter_says_what_everybody_has(odd, alice, charlie):
    subscribe(alice, "premium")

    shown = words(browser_of(alice.user), "/account/")
    theirs = words(browser_of(charlie.user), "/credits/plans/")

    assert [says for says in OF_ONESELF if says not in shown] == []
    told = client_of(alice).get("/api/v1/me/").json()["entitlements"]
    granted = {key: int(getattr(odd, key)) for key in Plan.ENTITLEMENTS}
    assert told == granted == accounts.entitlements(alice.organisation_id)
    for says in ("for 5 minutes Carts of 15 minutes", "5 leads held and 10 waited for", "1 seat 3 territories"):
        assert says in theirs, says
    starter, *_ = client_of(charlie).get("/api/v1/plans/").json()
    assert {key: starter[key] for key in STARTER} == STARTER


def test_ones_own_plan_is_shown_in_the_version_one_has(odd, alice, charlie, olga):
    subscribe(alice, "premium")
    services.revise_plan(
        code="premium", actor_id=olga.pk, reason="Odder", price_cents=91_09, seats=21, territories=9
    )

    mine, theirs = (browser_of(member.user) for member in (alice, charlie))

    card = premium_on(mine)
    assert [says for says in ("Your plan", *ON_THE_CARD) if says not in card] == []
    assert "You keep the terms that you began with." in card
    assert "Premium 7 min 11 1,301 4,111" in words(mine, "/territories/")
    assert "$91.09 a month" in premium_on(theirs)
    assert "21 seats" in premium_on(theirs)
    assert "You keep the terms" not in premium_on(theirs)
    assert selectors.find_subscription(alice.organisation_id).plan == odd
    assert accounts.entitlements(alice.organisation_id)["seats"] == 23
