"""Ground of one's own and orders that buy by themselves, in a real browser and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from marketplace import services
from marketplace.models import StandingOrder
from tests.conftest import give_credits
from tests.journeys.conftest import elsewhere

pytestmark = pytest.mark.journey
PHONE = {"java_script_enabled": False, "viewport": {"width": 390, "height": 844}}


def test_a_holder_comes_first_and_others_see_when_it_opens_to_them(open_page, make_lead, alice, charlie):
    page = open_page(alice, **PHONE)
    page.goto("/account/")
    page.get_by_role("link", name="Territories").click()
    page.get_by_label("Name").fill("South Austin")
    page.get_by_label("ZIP codes").fill("78704, 78745")
    page.get_by_label("Counties").fill("Hays, TX")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("link", name="South Austin")).to_be_visible()
    expect(page.get_by_text("Hays County, TX.")).to_be_visible()

    lead = elsewhere(make_lead)

    page.goto(f"/leads/{lead.pk}/")
    expect(page.get_by_text("It lies in your territory")).to_be_visible()
    theirs = open_page(charlie)
    theirs.goto("/leads/")
    card = theirs.locator(f"#lead-{lead.pk}")
    expect(card.locator("time[data-until]")).to_have_text(re.compile(r"^14:[0-5]\d$"))
    expect(card).to_contain_text("territory holders first")
    expect(card.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Hold for 5 min").click()
    expect(page.get_by_role("link", name="Go to cart").first).to_be_visible()


def test_an_order_buys_sends_its_receipt_and_stops_with_one_click(open_page, make_lead, alice):
    give_credits(alice, 100)
    page = open_page(alice, **PHONE)
    page.goto("/leads/?state=TX&beds_min=3")
    page.get_by_role("link", name="Buy these automatically").click()
    page.get_by_label("Name").fill("Three beds in Texas")
    page.get_by_label("Credits for one lead").fill("12")
    page.get_by_role("button", name="Keep it, off for now").click()
    expect(page.get_by_text("It pays at most 12 credits for a lead.")).to_be_visible()
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("Tick the box to agree.")).to_be_visible()
    page.get_by_label("I agree.").check()
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="What you agreed to")).to_be_visible()

    leads = elsewhere(lambda: [make_lead(), make_lead()])
    elsewhere(lambda: services.buy_for_orders(lead_id=leads[0].pk))

    page.goto("/alerts/")
    page.get_by_role("button", name="“Three beds in Texas” bought").click()
    expect(page).to_have_url(re.compile("/purchases/"))
    page.goto("/standing-orders/")
    expect(page.get_by_text("Today 1 of 2 leads, 10 of 40 credits")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("It buys nothing more.")).to_be_visible()
    assert elsewhere(lambda: StandingOrder.objects.get().state) == "paused"
