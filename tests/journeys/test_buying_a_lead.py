"""One lead from the first look to the ledger, in real browsers, one of them somebody else's."""

import re

import pytest
from playwright.sync_api import Page, expect

from aiqleads.core import clock
from leads.models import ConsentText, Contact, Observation
from marketplace import services
from marketplace.models import Claim
from tests.conftest import offer_lead
from tests.journeys.conftest import elsewhere, log_in

pytestmark = pytest.mark.journey


def with_contact(lead):
    Contact.objects.create(
        lead=lead,
        observation=Observation.objects.get(lead=lead),
        name="Dana Whitfield",
        phone="+15125550142",
        is_phone_fictitious=True,
    )
    return lead


def hold_elsewhere(lead, buyer) -> Claim:
    return elsewhere(lambda: services.hold_lead(lead_id=lead.pk, buyer=buyer))


def card_of(page: Page, lead):
    return page.locator(f"#lead-{lead.pk}")


def go_live(page: Page, address: str) -> None:
    """Open a page and wait for its live line; a mark on the window would not survive a reload."""
    page.goto(address)
    expect(page.locator("#live-state")).to_have_attribute("data-live", "on")
    page.evaluate("window.wasNotReloaded = true")


def was_not_reloaded(page: Page) -> bool:
    return bool(page.evaluate("window.wasNotReloaded === true"))


def test_an_agent_finds_holds_and_buys_while_another_watches(open_page, make_lead, alice, charlie, grant):
    lead = with_contact(make_lead(beds=4, price_credits=12))
    make_lead(beds=2)
    grant(alice, 50)
    hers, his = open_page(), open_page(charlie)
    go_live(his, "/leads/")

    log_in(hers, alice)
    hers.get_by_label("Beds", exact=True).select_option("4")
    expect(hers.locator("li.lead")).to_have_count(1)
    expect(hers).to_have_url(re.compile(r"beds_min=4"))

    hers.get_by_role("button", name="Hold for 5 min").click()
    timer = card_of(hers, lead).locator("time[data-until]")
    expect(timer).to_have_text(re.compile(r"^(5:00|4:[345]\d)$"))
    expect(card_of(his, lead)).to_contain_text("Held by another agent")
    expect(timer).not_to_have_text(timer.inner_text())
    expect(hers.locator("#cart-link .count")).to_contain_text("1")

    hers.get_by_role("link", name="Go to cart").click()
    expect(hers.locator("body")).not_to_contain_text("Whitfield")
    hers.get_by_role("button", name="Pay 12 credits").click()
    expect(hers.get_by_role("heading", level=1)).to_have_text(lead.address_line)
    expect(hers.get_by_text("Dana Whitfield")).to_be_visible()
    expect(hers.get_by_text("(512) 555-0142")).to_be_visible()
    expect(hers.get_by_text("The number is reserved for fiction").first).to_be_visible()
    expect(card_of(his, lead)).to_contain_text("Sold")

    hers.get_by_role("link", name="Credits", exact=True).click()
    expect(hers.locator("tbody tr").first).to_contain_text("−12")
    expect(hers.locator("tbody tr").first).to_contain_text("38")
    assert was_not_reloaded(his)


def test_a_hold_left_alone_frees_itself_in_both_browsers(open_page, lead, alice, charlie, clock):
    hers, his = open_page(alice), open_page(charlie)
    for page in (hers, his):
        page.context.clock.install()
        go_live(page, "/leads/")
    card_of(hers, lead).get_by_role("button").click()
    expect(card_of(his, lead)).to_contain_text("Held by another agent")

    clock.advance(minutes=5)
    for page in (hers, his):
        page.clock.fast_forward("05:01")

    expect(card_of(his, lead)).to_contain_text("Hold for 5 min")
    expect(card_of(hers, lead)).to_contain_text("Hold for 5 min")
    expect(hers.locator("#announcer")).to_contain_text("has ended")
    assert was_not_reloaded(hers)
    assert was_not_reloaded(his)


def test_a_cart_that_lies_open_hears_that_a_hold_has_gone(open_page, lead, alice):
    page = open_page(alice)
    claim = hold_elsewhere(lead, alice)
    with page.expect_websocket():
        page.goto("/cart/", wait_until="networkidle")
    page.evaluate("window.wasNotReloaded = true")

    elsewhere(lambda: services.release_claim(claim_id=claim.pk, buyer=alice))

    expect(page.locator("#cart")).to_contain_text("You hold no lead")
    assert was_not_reloaded(page)


def test_the_last_minute_is_announced_once(open_page, lead, alice, clock):
    page = open_page(alice)
    page.context.clock.install()
    hold_elsewhere(lead, alice)
    page.goto("/cart/")

    clock.advance(minutes=4, seconds=5)
    page.clock.fast_forward("04:05")

    expect(page.locator("#announcer")).to_have_text(f"One minute left to buy {lead.street}.")


def test_a_page_that_lost_its_line_catches_up_by_itself(open_page, lead, open_source, alice, charlie):
    page = open_page(charlie)
    lines = []

    def through(route):
        route.connect_to_server()
        lines.append(route)

    page.route_web_socket(re.compile(r"/ws/market/$"), through)
    go_live(page, "/leads/")

    expect(page.get_by_role("link", name="New leads")).to_be_hidden()
    lines[0].close()
    expect(page.locator("#live-state")).to_have_attribute("data-live", "off")
    hold_elsewhere(lead, alice)
    new = elsewhere(lambda: offer_lead(open_source))

    expect(page.locator("#live-state")).to_have_attribute("data-live", "on")
    expect(card_of(page, lead)).to_contain_text("Held by another agent")
    page.get_by_role("link", name="New leads").click()
    expect(card_of(page, new)).to_be_visible()


def test_a_refusal_is_shown_in_the_card_itself(open_page, lead, alice, charlie):
    page = open_page(charlie)
    page.route_web_socket(re.compile(r"/ws/market/$"), lambda route: None)
    page.goto("/leads/", wait_until="networkidle")  # once the line is there, a page catches up
    hold_elsewhere(lead, alice)

    card_of(page, lead).get_by_role("button", name="Hold").click()

    expect(card_of(page, lead).get_by_role("alert")).to_contain_text("Somebody else holds this lead")
    assert Claim.objects.get().membership == alice


def test_an_expired_form_is_said_on_the_page_and_leaves_the_card(open_page, lead, alice):
    page = open_page(alice)
    page.goto("/leads/", wait_until="networkidle")  # a late answer would bring the cookie back
    page.context.clear_cookies(name="csrftoken")

    card_of(page, lead).get_by_role("button").click()

    expect(page.locator("#notices")).to_have_text("The form has expired. Reload the page and try again.")
    expect(card_of(page, lead)).to_contain_text("Hold for 5 min")
    assert not Claim.objects.exists()


def test_everything_works_without_scripts(open_page, make_lead, alice, grant):
    lead = with_contact(make_lead(beds=4))
    make_lead(beds=2)
    grant(alice, 50)
    page = open_page(java_script_enabled=False)
    log_in(page, alice)

    page.get_by_label("Beds", exact=True).select_option("4")
    page.get_by_role("button", name="Show leads").click()
    expect(page).to_have_url(re.compile(r"beds_min=4"))
    page.get_by_role("button", name="Hold for 5 min").click()
    expect(card_of(page, lead)).to_contain_text("Yours for")
    page.get_by_role("link", name="Go to cart").click()
    page.get_by_role("button", name="Pay 10 credits").click()

    expect(page.get_by_text("Dana Whitfield")).to_be_visible()


def test_scrolling_brings_more_leads_and_the_way_back_brings_the_page(open_page, make_lead):
    for _ in range(30):
        make_lead()
    page = open_page()
    page.goto("/leads/")
    expect(page.locator("li.lead")).to_have_count(24)

    page.locator("#more-leads").scroll_into_view_if_needed()
    expect(page.locator("li.lead")).to_have_count(30)
    page.get_by_label("Premium").check()
    expect(page).to_have_url(re.compile("tier=premium"))
    page.go_back()

    expect(page.get_by_role("heading", level=1)).to_have_text("Marketplace")
    expect(page.locator("header.bar")).to_be_visible()


def test_no_page_is_wider_than_its_window(open_page, lead, alice):
    for purpose in ConsentText.Purpose.values:
        ConsentText.objects.get_or_create(
            purpose=purpose, version="shown", language="en", text="Agents may call.", in_force_from=clock.now()
        )
    page = open_page(alice)
    hold_elsewhere(lead, alice)

    for path in (
        "/",
        "/leads/",
        f"/leads/{lead.pk}/",
        "/cart/",
        "/waitlist/",
        "/purchases/",
        "/credits/",
        "/account/",
        "/terms/",
        "/sell/",
        "/find-an-agent/",
    ):
        page.goto(path)
        for width in (390, 834, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert (path, width, overflow) == (path, width, 0)


def go_by_tab(page: Page, to: str) -> None:
    """Press Tab until the link or button that says ``to`` has the focus, visibly."""
    is_there = (
        "to => document.activeElement.matches('a, button') && document.activeElement.textContent.includes(to)"
    )
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(is_there, to):
            break
    assert page.evaluate(is_there, to)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_keyboard_alone_completes_a_purchase(open_page, lead, make_lead, alice, grant):
    with_contact(lead)
    grant(alice, 50)
    elsewhere(lambda: services.hold_lead(lead_id=make_lead().pk, buyer=alice))
    page = open_page(alice)
    page.goto(f"/leads/{lead.pk}/")

    go_by_tab(page, "Hold for")
    page.keyboard.press("Enter")
    expect(page.locator("#lead-offer")).to_contain_text("Yours for")
    go_by_tab(page, "Go to cart")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cart/")
    go_by_tab(page, "Give back")
    page.keyboard.press("Enter")
    expect(page.locator("#cart [role=status]")).to_be_focused()
    go_by_tab(page, "Pay 10 credits")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(lead.address_line)
    expect(page.get_by_text("Dana Whitfield")).to_be_visible()
