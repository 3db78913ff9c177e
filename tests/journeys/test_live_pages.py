"""Pages that lie open while the market moves, the computer sleeps, its clock is set or its line dies unnoticed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from marketplace import services
from tests.journeys.conftest import elsewhere
from tests.journeys.test_buying_a_lead import card_of, go_live, hold_elsewhere, was_not_reloaded

pytestmark = pytest.mark.journey

NEARLY_FIVE_MINUTES = re.compile(r"^(5:00|4:[345]\d)$")


def timer_of(page: Page):
    return page.locator("#cart time[data-until]")


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_computer_whose_clock_is_wrong_shows_the_servers_time(open_page, lead, alice, hours):
    page = open_page(alice)
    page.context.clock.install(time=datetime.now(UTC) + timedelta(hours=hours))
    hold_elsewhere(lead, alice)

    page.goto("/cart/")

    expect(timer_of(page)).to_have_text(NEARLY_FIVE_MINUTES)


def test_a_clock_that_is_set_while_the_page_is_open_is_noticed(open_page, lead, alice):
    page = open_page(alice)
    page.context.clock.install()
    hold_elsewhere(lead, alice)
    go_live_at_cart(page)

    page.clock.set_system_time(datetime.now(UTC) + timedelta(hours=3))
    page.clock.run_for(1_000)

    expect(timer_of(page)).to_have_text(NEARLY_FIVE_MINUTES)
    expect(page.locator("#announcer")).to_be_empty()
    assert was_not_reloaded(page)


def go_live_at_cart(page: Page) -> None:
    page.goto("/cart/")
    expect(timer_of(page)).to_have_text(NEARLY_FIVE_MINUTES)
    page.evaluate("window.wasNotReloaded = true")


def test_a_line_that_died_without_a_word_is_given_up_and_the_page_catches_up(open_page, lead, alice, charlie):
    page = open_page(charlie)
    page.context.clock.install()
    lines: list[WebSocketRoute] = []

    def through(route: WebSocketRoute) -> None:
        lines.append(route)
        server = route.connect_to_server()
        if len(lines) == 1:  # what the server says on the first line never arrives, and it stays open
            server.on_message(lambda message: None)

    page.route_web_socket(re.compile(r"/ws/market/$"), through)
    go_live(page, "/leads/")
    hold_elsewhere(lead, alice)
    expect(card_of(page, lead)).to_contain_text("Hold for 5 min")

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.run_for(6_000)

    expect(card_of(page, lead)).to_contain_text("Held by another agent")
    assert len(lines) == 2
    assert was_not_reloaded(page)


def test_who_waits_is_told_on_any_page_when_their_turn_comes(open_page, lead, alice, charlie):
    claim = hold_elsewhere(lead, alice)
    elsewhere(lambda: services.join_waitlist(lead_id=lead.pk, buyer=charlie))
    page = open_page(charlie)
    with page.expect_websocket():
        page.goto("/credits/", wait_until="networkidle")
    expect(page.locator("#waiting")).to_contain_text("you are 1st in the queue")
    page.evaluate("window.wasNotReloaded = true")

    elsewhere(lambda: services.release_claim(claim_id=claim.pk, buyer=alice))

    expect(page.locator("#waiting")).to_contain_text("It is your turn")
    expect(page.locator("#waiting time")).to_have_text(re.compile(r"^(2:00|1:[345]\d)$"))
    expect(page.locator("#announcer")).to_contain_text(f"It is your turn: {lead.street}")
    assert was_not_reloaded(page)
    page.locator("#waiting").get_by_role("link").click()
    page.get_by_role("button", name="Hold for 5 min").click()
    expect(page.locator("#lead-offer")).to_contain_text("Yours for")
    expect(page.locator("#waiting")).not_to_contain_text("your turn")


def test_a_hold_that_runs_out_hands_the_lead_to_the_queue_in_open_pages(open_page, lead, alice, charlie, clock):
    hold_elsewhere(lead, alice)
    elsewhere(lambda: services.join_waitlist(lead_id=lead.pk, buyer=charlie))
    first, stranger = open_page(charlie), open_page()
    for page in (first, stranger):
        page.context.clock.install()
        go_live(page, "/leads/")

    clock.advance(minutes=5)
    for page in (first, stranger):
        page.clock.fast_forward("05:01")

    expect(card_of(first, lead)).to_contain_text("Your turn for")
    expect(card_of(stranger, lead)).to_contain_text("First in the queue")
