"""Money in a browser, with the sandbox as the provider: its card form, its desk, and its messages to our inbox."""

import pytest
from playwright.sync_api import Page, expect

from accounts import one_time
from accounts.models import User
from aiqleads.core import clock as clocks
from billing import selectors
from billing.models import Invoice, Refund
from tests.conftest import SEED, Clock, enrolled
from tests.journeys.conftest import PASSWORD, elsewhere

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


def proves_it(page: Page) -> None:
    """Type the digits that the operator's app shows now."""
    page.wait_for_url("**/second-factor/check/**")
    page.get_by_role("textbox").fill(elsewhere(lambda: one_time.digits_at(SEED, clocks.now())))
    page.get_by_role("button", name="Go on").click()


def refund_at_the_back_office(page: Page, operator: User, clock: Clock) -> None:
    """Give 40 of the 100 credits back: by password and app, and by the app once more since that was a while ago."""
    elsewhere(lambda: enrolled(operator))
    page.goto("/account/login/?next=/admin/billing/payment/")
    page.get_by_label("E-mail").fill(operator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    proves_it(page)
    page.locator("#result_list tbody").get_by_role("link").first.click()
    elsewhere(lambda: clock.advance(minutes=16))

    page.get_by_role("link", name="Refund", exact=True).click()
    proves_it(page)
    expect(page.get_by_text("100 of 100 can go back.")).to_be_visible()
    page.get_by_label("Credits").fill("40")
    page.get_by_label("Why").fill("Bought twice by mistake")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("39.20 USD, of which tax 0.00 USD")).to_be_visible()
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("39.20 USD back: refunded.")).to_be_visible()


def downloaded(page: Page, number: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=f"PDF of {number}").click()
    return download.value.path().read_bytes()


def kept_page(paper: Invoice) -> bytes:
    """The page as it was drawn when the paper was issued."""
    kept = Invoice.objects.get(pk=paper.pk)
    assert kept.pdf is not None
    assert bytes(kept.pdf).startswith(b"%PDF")
    return bytes(kept.pdf)


def test_a_pack_is_declined_then_bought_invoiced_refunded_and_another_disputed(open_shop, alice, olga, clock):
    page = open_shop(alice)
    choose_pack(page, "100 credits for $98.00")
    pay(page, "is declined")
    expect(page.get_by_role("alert")).to_contain_text("Your card was declined")
    pay(page, "3-D Secure")
    page.get_by_role("button", name="Yes, it is me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("100 credits are yours")
    expect(balance(page)).to_have_text("100")

    refund_at_the_back_office(open_shop(), olga, clock)
    expect(balance(page)).to_have_text("60")
    sent_back = Refund.objects.get()
    assert (sent_back.amount_credits, sent_back.asked_by, sent_back.status) == (40, olga, "succeeded")

    page.get_by_role("link", name="Invoices").first.click()
    noted = Invoice.objects.get(refund=sent_back)
    billed = Invoice.objects.get(payment=sent_back.payment, refund=None)
    for paper in (billed, noted):
        assert downloaded(page, paper.number) == kept_page(paper)

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
