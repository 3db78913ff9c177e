"""A passkey in a real browser, whose key is Chromium's own stand-in for one."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Passkey
from tests.journeys.conftest import PASSWORD, elsewhere

pytestmark = pytest.mark.journey
PHONE = {"viewport": {"width": 390, "height": 844}}


def plug_in(page: Page) -> None:
    """Give the browser a key that its owner unlocks at once."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    told = {**device, "isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": told})


def type_password(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_a_passkey_is_added_opens_the_log_in_proves_it_again_and_goes(open_page, site, settings, alice, clock):
    settings.SITE_URL = site
    by_name = site.replace("127.0.0.1", "localhost")
    by_number = open_page(alice, **PHONE)
    by_number.goto("/account/second-factor/")
    page = open_page(**PHONE)
    plug_in(page)
    page.goto(by_number.get_by_role("link", name="Open this page there").get_attribute("href"))
    expect(page).to_have_url(f"{by_name}/account/login/?next=/account/second-factor/")
    type_password(page, alice.user.email)
    page.wait_for_url("**/second-factor/")
    page.get_by_label("Name of the new passkey").fill("My telephone")
    page.get_by_role("button", name="Add a passkey").click()
    prove_by_letter(page)
    page.wait_for_url("**/second-factor/")
    page.get_by_label("Name of the new passkey").fill("My telephone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{by_name}/account/second-factor/")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device holds a passkey of yours already.")).to_be_visible()

    page.goto(f"{by_name}/account/")
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{by_name}/account/login/?next=/cart/")
    type_password(page, alice.user.email)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/cart/")

    elsewhere(lambda: clock.advance(minutes=15))
    page.goto(f"{by_name}/account/second-factor/")
    page.get_by_role("button", name="Remove My telephone").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/second-factor/")
    page.get_by_role("button", name="Remove My telephone").click()
    expect(page.get_by_text("The passkey is removed here.")).to_be_visible()
    assert not elsewhere(Passkey.objects.exists)


def prove_by_letter(page: Page) -> None:
    """The password, and the digits that were mailed."""
    from django.core import mail

    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Send me a code").click()
    field = page.get_by_label("Code")
    expect(field).to_be_visible()
    body = mail.outbox[-1].body
    field.fill(next(word.strip(".") for word in body.split() if word.strip(".").isdigit()))
    page.get_by_role("button", name="Go on").click()
