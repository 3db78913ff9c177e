"""One lead, two agents, two browsers: held, seen held, freed, bought, read."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from leads.models import Contact
from tests.conftest import give_credits, make_source, offer_lead, open_membership

pytestmark = pytest.mark.journey

PASSWORD = "correct horse battery"


def sign_in(browser: Browser, site: str, email: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{site}/account/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/leads/")
    return page


@pytest.fixture
def market(site):
    """Alice and Charlie with credits, and one lead with a contact."""
    for name in ("alice", "charlie"):
        give_credits(open_membership(name), 50)
    lead = offer_lead(make_source("open-site", may_list=True))
    Contact.objects.create(
        lead=lead,
        observation=lead.observations.get(),
        name="Casey Homeowner",
        phone="+15125550142",
        phone_hash="1:0",
        is_phone_fictitious=True,
    )
    return lead


def test_a_hold_shows_in_the_other_browser_and_ends_there_too(site, market, browser, clock):
    alice, charlie = (sign_in(browser, site, f"{name}@example.com") for name in ("alice", "charlie"))
    card = charlie.locator(f"[data-lead-id='{market.pk}']").first
    expect(card).to_contain_text("Hold")

    alice.goto(f"{site}/leads/{market.pk}/")
    alice.get_by_role("button", name=re.compile("Hold")).first.click()

    expect(alice.locator("body")).to_contain_text(re.compile(r"[45]:\d\d"))
    expect(card).to_contain_text(re.compile(r"[Hh]eld"), timeout=5000)

    clock.advance(minutes=5, seconds=1)
    charlie.reload()
    expect(charlie.locator(f"[data-lead-id='{market.pk}']").first).to_contain_text("Hold for")


def test_an_agent_buys_a_lead_and_reads_its_contact(site, market, browser):
    page = sign_in(browser, site, "alice@example.com")
    page.goto(f"{site}/leads/{market.pk}/")
    expect(page.locator("body")).not_to_contain_text("Casey")
    page.get_by_role("button", name=re.compile("Hold")).first.click()
    page.goto(f"{site}/cart/")

    page.get_by_role("button", name=re.compile("Pay 10 credits")).click()

    page.goto(f"{site}/purchases/")
    page.locator("a[href^='/purchases/']").nth(1).click()
    expect(page.locator("body")).to_contain_text("Casey Homeowner")
    expect(page.locator("body")).to_contain_text("reserved for fiction")
    page.goto(f"{site}/credits/")
    expect(page.locator("body")).to_contain_text("40")
