"""Money in a browser, with the sandbox as the provider: its card form, its desk, and its messages to our inbox."""

import pytest
from playwright.sync_api import Page, expect

from billing import selectors, services
from billing.models import Payment
from tests.journeys.conftest import elsewhere

pytestmark = pytest.mark.journey


@pytest.fixture
def open_shop(open_page, site, settings):
    """Opens a member's browser on a site that the sandbox finds."""
    settings.SITE_URL = site
    return open_page


def choose_pack(page: Page, name: str) -> None:
    page.goto("/credits/")
    page.get_by_label(name).check()
    page.get_by_role("button", name="Go to payment").click()
    page.wait_for_url("**/sandbox-checkout/**")


def pay(page: Page, card: str) -> None:
    page.get_by_label(card).check()
    page.locator("main").get_by_role("button").click()


def at_the_desk(page: Page, act: str) -> None:
    page.goto("/sandbox-checkout/desk/")
    page.get_by_role("button", name=act, exact=True).first.click()
    expect(page.get_by_text("Done.")).to_be_visible()


def balance(page: Page):
    page.goto("/credits/")
    return page.locator("aside .price b")


def test_a_pack_is_declined_then_bought_invoiced_refunded_and_another_disputed(open_shop, alice, olga):
    page = open_shop(alice)
    choose_pack(page, "100 credits for $98.00")
    pay(page, "is declined")
    expect(page.get_by_role("alert")).to_contain_text("Your card was declined")
    pay(page, "3-D Secure")
    page.get_by_role("button", name="Yes, it is me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("100 credits are yours")
    expect(balance(page)).to_have_text("100")

    page.get_by_role("link", name="Invoices").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").first.click()
    assert download.value.path().read_bytes().startswith(b"%PDF")

    paid = Payment.objects.get()
    elsewhere(
        lambda: services.refund_payment(
            payment_id=paid.pk, amount_credits=40, actor_id=olga.pk, reason="Bought twice by mistake"
        )
    )
    expect(balance(page)).to_have_text("60")

    choose_pack(page, "50 credits for $50.00")
    pay(page, "4242: pays")
    expect(page.get_by_role("heading", level=1)).to_have_text("50 credits are yours")
    at_the_desk(page, "Dispute")
    expect(balance(page)).to_have_text("60")
    at_the_desk(page, "We win")
    expect(balance(page)).to_have_text("110")


def test_a_plan_is_tried_changed_owed_for_recovered_and_cancelled(open_shop, alice):
    page = open_shop(alice)
    page.goto("/credits/plans/")
    page.get_by_role("button", name="Try Pro for 14 days").click()
    pay(page, "4242: pays")
    expect(page.get_by_text("Pro is yours.")).to_be_visible()
    expect(page.locator("#plan")).to_contain_text("then $49.00 is charged each month")
    at_the_desk(page, "End the period now")

    page.goto("/credits/plans/")
    page.get_by_role("link", name="See what changing costs").click()
    page.get_by_role("button", name="Pay and change now").click()
    expect(page.get_by_text("You are on Premium now.")).to_be_visible()
    expect(page.locator("#plan")).to_contain_text("for $149.00")

    at_the_desk(page, "End it, and fail the renewal")
    page.goto("/credits/")
    expect(page.get_by_role("alert")).to_contain_text("$149.00 for Premium could not be collected.")
    page.get_by_role("link", name="Pay it now").click()
    pay(page, "4242: pays")
    expect(page.locator("#plan .chip")).to_have_text("Active")
    expect(page.get_by_role("alert")).to_have_count(0)

    page.get_by_role("button", name="Cancel Premium").click()
    expect(page.locator("#plan")).to_contain_text("and is not renewed")
    assert selectors.find_subscription(alice.organisation_id).cancels_at_period_end
