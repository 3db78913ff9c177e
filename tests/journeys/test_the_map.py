"""The map beside the list: read, drawn on and searched in a real browser that may ask nobody but the site."""

import re

import pytest
from playwright.sync_api import Page, expect

from marketplace import services
from marketplace.models import Listing
from tests.journeys.conftest import elsewhere
from tests.journeys.test_buying_a_lead import card_of, go_live

pytestmark = pytest.mark.journey

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
AT_AUSTIN = "/leads/?at=30.27,-97.74,11"


def pin_of(page: Page, price_credits: int):
    return page.locator(".price-pin", has_text=f"{price_credits} cr")


def wait_for_map(page: Page, count: int) -> None:
    expect(page.locator("#map")).to_have_attribute("data-shown", str(count))


def middle_of(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def three_leads(make_lead):
    """In the middle of Austin, north of it, and in Dallas."""
    places = {"Maple Ave": (11, 30.27, -97.74), "Birch Rd": (22, 30.33, -97.70), "Elm St": (33, 32.78, -96.80)}
    leads = []
    for street, (price_credits, latitude, longitude) in places.items():
        leads.append(make_lead(street=street, price_credits=price_credits))
        Listing.objects.filter(pk=leads[-1].pk).update(latitude=latitude, longitude=longitude)
    return leads


def test_list_and_map_point_at_each_other_and_ask_no_other_host(open_page, site, three_leads, alice, charlie):
    maple, birch, _ = three_leads
    page = open_page(alice, viewport=WIDE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    go_live(page, AT_AUSTIN)
    wait_for_map(page, 2)

    card_of(page, maple).hover()
    expect(page.locator(".stands.is-pointed-at")).to_have_count(1)
    expect(page.locator(".stands.is-pointed-at")).to_contain_text("11 cr")
    pin_of(page, 22).hover()
    expect(card_of(page, birch)).to_have_class(re.compile("is-pointed-at"))
    pin_of(page, 22).click()
    expect(card_of(page, birch).get_by_role("link", name="Birch Rd")).to_be_focused()

    elsewhere(lambda: services.hold_lead(lead_id=birch.pk, buyer=charlie))
    expect(page.locator(".price-pin.is-held")).to_have_text("22 cr")
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {site.split("/")[2]}


def test_an_area_is_drawn_searched_kept_in_the_address_and_cleared(open_page, three_leads):
    maple, *_ = three_leads
    page = open_page(viewport=WIDE)
    page.goto(AT_AUSTIN)
    wait_for_map(page, 2)
    x, y = middle_of(page)

    page.get_by_role("button", name="Draw an area").click()
    page.mouse.click(x, y)  # on a price, which is no button now
    page.get_by_role("button", name="Undo").click()
    for right, down in ((-60, -60), (60, -60), (0, 60)):
        page.mouse.click(x + right, y + down)
    page.get_by_role("button", name="Finish").click()

    expect(page.locator("#lead-results li.lead")).to_have_count(1)
    expect(card_of(page, maple)).to_be_visible()
    expect(page).to_have_url(re.compile("polygon="))
    wait_for_map(page, 1)
    page.reload()
    expect(page.locator("#lead-results li.lead")).to_have_count(1)

    page.get_by_role("button", name="Clear area").click()
    expect(page.locator("#lead-results li.lead")).to_have_count(3)
    expect(page).not_to_have_url(re.compile("polygon="))
    wait_for_map(page, 3)


def test_the_keyboard_alone_moves_the_map_and_searches_what_it_shows(open_page, three_leads):
    _, birch, _ = three_leads
    page = open_page(viewport=WIDE, reduced_motion="reduce")
    page.goto("/leads/?at=30.27,-97.72,13")
    expect(pin_of(page, 11)).to_be_visible()

    page.locator("#map").focus()
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    expect(pin_of(page, 22)).to_be_visible()
    expect(pin_of(page, 11)).to_have_count(0)
    page.get_by_role("button", name="Search this area").press("Enter")
    expect(page.locator("#lead-results li.lead")).to_have_count(1)
    expect(card_of(page, birch)).to_be_visible()

    page.get_by_role("button", name="Draw an area").press("Enter")
    expect(page.locator("#map")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Draw an area")).to_be_visible()


def test_a_phone_shows_the_list_or_the_map_and_clusters_part(open_page, three_leads):
    page = open_page(viewport=PHONE, has_touch=True, reduced_motion="reduce")
    page.goto("/leads/?at=31.5,-97.3,6")
    expect(page.locator("#map")).to_be_hidden()

    page.get_by_role("link", name="Map", exact=True).click()
    expect(page).to_have_url(re.compile("view=map"))
    wait_for_map(page, 3)
    expect(page.locator("#lead-results li.lead").first).to_be_hidden()
    page.locator(".bubble", has_text="2").click()
    pin_of(page, 11).click()
    expect(page.get_by_role("link", name="Maple Ave")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Maple Ave")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.reload()
    expect(page.locator("#map")).to_be_visible()
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.locator("#lead-results li.lead")).to_have_count(3)
    expect(page).not_to_have_url(re.compile("view="))
