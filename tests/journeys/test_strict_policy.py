"""The libraries' pages work under the policy of our own: no inline script or style, no evaluation of text.

``open_page`` fails a journey over whatever the policy refuses.
"""

import pytest
from playwright.sync_api import expect

from leads.models import Lead
from scraping.demo.sites import hostile
from tests.conftest import give_credits
from tests.journeys.conftest import elsewhere, log_in_beside_the_form
from tests.marketplace.returned import buy
from tests.security.hostile_source import crawled

pytestmark = pytest.mark.journey


@pytest.fixture
def operators_page(open_page, site, olga):
    def open_as_operator(**options):
        page = open_page(reduced_motion="reduce", **options)
        log_in_beside_the_form(page, olga, site)
        return page

    return open_as_operator


def test_the_back_office_opens_closes_filters_and_turns_dark(operators_page, make_lead, subtests):
    first = elsewhere(lambda: [make_lead() for _ in range(3)])[0]
    page = operators_page(viewport={"width": 1440, "height": 900})

    page.goto("/admin/leads/lead/")
    with subtests.test("its colours are ours"):
        colour = "getComputedStyle(document.documentElement).getPropertyValue('--color-primary-600').trim()"
        assert page.evaluate(colour).startswith("oklch(")
    with subtests.test("filters open and close"):
        filters = page.locator("a", has_text="Filters").filter(has=page.locator("span"))
        filters.click()
        expect(page.locator("#changelist-filter")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#changelist-filter")).to_be_hidden()
    with subtests.test("what is chosen shows what can be done"):
        page.locator("input.action-select").first.check()
        actions = page.locator("#changelist-actions")
        expect(actions).to_be_visible()
        assert actions.evaluate("bar => parseFloat(bar.style.width)") > 500
    with subtests.test("the theme turns dark and stays so"):
        page.locator("[x-on\\:click='openUserLinks = !openUserLinks']").click()
        page.locator("[x-on\\:click=\"adminTheme = 'dark'\"], [x-on\\:click=\"switchTheme('dark')\"]").first.click()
        expect(page.locator("html.dark")).to_be_attached()
        page.goto(f"/admin/leads/lead/{first.pk}/change/")
        expect(page.locator("html.dark")).to_be_attached()
    with subtests.test("the sidebar goes and comes back"):
        toggle = page.locator("[x-on\\:click*='sidebarDesktopOpen']")
        expect(page.locator("#nav-sidebar")).to_be_visible()
        toggle.click()
        expect(page.locator("#nav-sidebar")).to_be_hidden()
        page.reload()
        expect(page.locator("#nav-sidebar")).to_be_hidden()
        toggle.click()
        expect(page.locator("#nav-sidebar")).to_be_visible()
    with subtests.test("what is typed is looked for"):
        page.keyboard.press("Control+k")
        page.locator("#search-input-command").press_sequentially("Sources")
        expect(page.locator("#command-results-list li").first).to_be_visible()
        page.keyboard.press("Escape")


def test_the_api_is_tried_out_where_it_is_explained(open_page, make_lead):
    elsewhere(make_lead)
    page = open_page(viewport={"width": 1440, "height": 9000})  # what lies below the window is not drawn

    page.goto("/api/docs/")
    door = page.locator(".opblock-get", has=page.locator("[data-path='/api/v1/leads/']")).first
    door.locator(".opblock-summary-control").click()
    door.get_by_role("button", name="Try it out").click()
    door.get_by_role("button", name="Execute").click()

    expect(door.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")


def test_nothing_that_a_hostile_source_wrote_runs_or_is_drawn(open_page, operators_page, alice, subtests):
    elsewhere(crawled)
    elsewhere(lambda: give_credits(alice, 100))
    lead = Lead.objects.get(address_line__startswith="604 ")  # the advert whose seller is hostile
    purchase = elsewhere(lambda: buy(lead, alice))
    pages = {
        open_page(viewport={"width": 1440, "height": 900}): [
            "/leads/?at=30.2431,-97.7651,14&view=map",
            f"/leads/{lead.pk}/",
        ],
        open_page(alice): [f"/purchases/{purchase.pk}/", "/purchases/"],
        operators_page(): ["/admin/leads/lead/", f"/admin/leads/lead/{lead.pk}/change/"],
    }

    shown: list[str] = []
    for page, addresses in pages.items():
        for address in addresses:
            with subtests.test(address):
                page.goto(address)
                is_its_own = str(lead.pk) in address or str(purchase.pk) in address
                expect(page.locator("body")).to_contain_text("Juniper Way" if is_its_own else "a")
                shown.append(page.locator("body").inner_text())
                for pin in page.locator("[role=button]:has(> .price-pin)").all()[:2]:
                    pin.press("Enter")  # by the mouse, one may lie under another
                assert page.evaluate(f"window.{hostile.MARK}") is None
                expect(page.locator(f"#{hostile.MARK}")).to_have_count(0)
    assert any(hostile.MARK in text for text in shown), "what it wrote is shown, as text"
