"""Another site that people log in with, in a real browser, under the policy that pages are sent with."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, User
from accounts.social.sandbox import CLIENT_ID, CLIENT_SECRET, OpenIdSandbox
from aiqleads.social_logins import SocialLogin
from scraping.demo.server import HOST, listen, running
from tests.journeys.conftest import elsewhere

pytestmark = pytest.mark.journey
PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}


@pytest.fixture
def switched_on(settings) -> Iterator[None]:
    with listen(0) as listening, running(OpenIdSandbox().app(), [listening]):
        login = SocialLogin(
            id="oidc",
            name="Make-believe",
            url=f"http://{HOST}:{listening.getsockname()[1]}",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            needs={},
        )
        settings.SOCIAL_LOGINS = [login]
        policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        directives = {**policy, "form-action": ["'self'", login.origin]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}
        yield


def be(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Go on").click()


def test_somebody_new_opens_an_account_and_comes_back_to_it(switched_on, open_page):
    page = open_page(**PHONE)
    page.goto("/account/login/?next=/cart/")
    page.get_by_role("button", name="Log in with Make-believe").click()
    be(page, "dora@example.com")
    page.get_by_label("Brokerage or your own name").fill("Dora Realty")
    page.get_by_label("I accept the terms").check()
    page.get_by_role("button", name="Open the account").click()
    page.wait_for_url("**/cart/")
    assert elsewhere(lambda: Membership.objects.get(user__email="dora@example.com").role) == "owner"

    page.goto("/account/")
    page.get_by_role("button", name="Log out").click()
    page.goto("/account/login/")
    page.get_by_role("button", name="Log in with Make-believe").click()
    be(page, "dora@example.com")
    page.wait_for_url("**/leads/")
    page.goto("/account/log-ins/")
    page.get_by_role("button", name="Disconnect Make-believe").click()
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_text("We are sending six digits to dora@example.com.")).to_be_visible()


def test_a_member_connects_and_disconnects_a_site(switched_on, open_page, alice):
    page = open_page(alice, **PHONE)
    page.goto("/account/")
    page.get_by_role("link", name="Other log-ins").click()
    page.get_by_role("button", name="Connect Make-believe").click()
    be(page, "alice.elsewhere@example.com")
    expect(page.get_by_text("You can log in with Make-believe now.")).to_be_visible()

    other = open_page(**PHONE)
    other.goto("/account/signup/")
    other.get_by_role("button", name="Go on with Make-believe").click()
    be(other, "alice.elsewhere@example.com")
    other.wait_for_url("**/leads/")
    assert elsewhere(User.objects.count) == 1

    page.get_by_role("button", name="Disconnect Make-believe").click()
    expect(page.get_by_text("It logs you in no more.")).to_be_visible()
