"""Logging in with another site, which the shipped fake stands for over loopback, and what somebody tries there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from accounts import services, step_up
from accounts.models import Membership, TermsAcceptance, User
from accounts.plans import CURRENT_TERMS_VERSION
from accounts.services.passwords import key_for
from accounts.social.provider import signed_secret
from accounts.social.sandbox import CLIENT_ID, CLIENT_SECRET, OpenIdSandbox, subject_of
from aiqleads import social_logins
from aiqleads.core import events
from aiqleads.core.checks import refuse_wrong_settings
from aiqleads.core.models import AuditEntry
from aiqleads.settings import Environment
from aiqleads.social_logins import SocialLogin
from scraping.demo.server import HOST, listen, running
from tests.api.conftest import client_of
from tests.conftest import enrolled, log_in
from tests.marketplace.guards import refused_by, take_away

pytestmark = pytest.mark.django_db

LOG_INS = "/account/log-ins/"
BEGIN, CONNECT = "/account/social/oidc/begin/", "/account/social/oidc/connect/"
SIGN_UP, CALLBACK = "/account/social/signup/", "/account/social/oidc/callback/"
DORA = "dora@example.com"
FILLED = {"organisation_name": "Dora Realty", "accepts_terms": "on"}


@dataclass
class Site:
    """The fake, and where it answers."""

    fake: OpenIdSandbox
    url: str
    browser: httpx.Client

    def comes_back(self, sent: str, email: str = DORA, **told: str) -> str:
        """Be ``email`` there; the path with which the browser comes back."""
        asked = dict(parse_qsl(urlsplit(sent).query))
        answer = self.browser.get(
            f"{self.url}/authorize/as", params={**asked, "email": email, "verified": "yes", **told}
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["location"].removeprefix("http://testserver")

    def lies(self, **lies: Any) -> None:
        assert self.browser.put(f"{self.url}/control/lies", json=lies).status_code == 204


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    fake = OpenIdSandbox()
    with listen(0) as listening, running(fake.app(), [listening]), httpx.Client() as browser:
        yield Site(fake, f"http://{HOST}:{listening.getsockname()[1]}", browser)


@pytest.fixture
def site(served: Site, settings) -> Site:
    """The site, switched on, and honest."""
    known = {"id": "oidc", "name": "Elsewhere", "url": served.url, "needs": {}}
    settings.SOCIAL_LOGINS = [SocialLogin(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, **known)]
    served.lies()
    return served


def sent(browser: Client, door: str = BEGIN, **fields: str) -> str:
    """The address at the site that a door leads to."""
    answer = browser.post(door, fields)
    assert answer.status_code == 302
    return answer["Location"]


def gone_through(browser: Client, site: Site, email: str = DORA, door: str = BEGIN, **told: str):
    return browser.get(site.comes_back(sent(browser, door), email, **told))


def known_there(member: Membership) -> None:
    """Let a member log in with the site, as themselves."""
    services.connect_log_in(user=member.user, provider="oidc", uid=subject_of(member.user.email))


def is_in(browser: Client) -> bool:
    return browser.get("/account/sessions/").status_code == 200


def test_nothing_of_it_is_there_unless_it_is_switched_on(client, alice):
    assert b"social" not in client.get("/account/login/").content
    assert b"social" not in client.get("/account/signup/").content
    assert client.post(BEGIN).status_code == 404
    assert client.get(f"{CALLBACK}?code=a&state=b").status_code == 404
    assert b"log-ins" not in log_in(client, alice.user).get("/account/").content


def test_a_button_leads_there_with_all_that_protects_the_way_back(client, site):
    for page in ("/account/login/", "/account/signup/"):
        assert b"with Elsewhere</button>" in client.get(page).content

    there = urlsplit(sent(client))

    asked = dict(parse_qsl(there.query))
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"{site.url}/authorize"
    assert asked["redirect_uri"] == f"http://testserver{CALLBACK}"
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len(asked["nonce"]) == len(asked["code_challenge"]) == 43
    assert dict(parse_qsl(urlsplit(sent(client)).query))["nonce"] != asked["nonce"]


def test_a_link_alone_sends_nobody_there_and_says_nothing_to_the_site(client, site):
    assert client.get(BEGIN).status_code == 405
    asked_for = "auth_params=prompt%3Dnone%26nonce%3Dmine&scope=all&process=connect"

    asked = dict(parse_qsl(urlsplit(sent(client, f"{BEGIN}?{asked_for}")).query))

    assert "prompt" not in asked
    assert asked["nonce"] != "mine"
    assert "all" not in asked["scope"]


def test_whoever_is_new_opens_an_account_whose_address_is_confirmed(client, site):
    assert gone_through(client, site)["Location"] == SIGN_UP
    page = client.get(SIGN_UP).content.decode()
    assert f'value="{DORA}"' in page
    assert client.post(SIGN_UP, {"organisation_name": "Dora Realty"}).status_code == 400  # terms are not accepted
    assert not User.objects.exists()

    answer = client.post(SIGN_UP, {**FILLED, "email": "alice@example.com"})

    assert answer["Location"] == "/leads/"
    dora = User.objects.get()
    assert (dora.email, dora.has_usable_password()) == (DORA, False)
    assert EmailAddress.objects.get().verified
    assert Membership.objects.get(user=dora).organisation.name == "Dora Realty"
    assert TermsAcceptance.objects.get().version == CURRENT_TERMS_VERSION
    assert SocialAccount.objects.get().extra_data == {}
    assert is_in(client)
    assert AuditEntry.objects.get(action="user.logged_in").details == {"factor": "oidc"}
    assert AuditEntry.objects.get(action="log_in.connected").details == {"provider": "oidc"}
    events.deliver_all()
    assert "Elsewhere logs you in as well" in mail.outbox[-1].body


def test_an_address_that_the_site_did_not_confirm_we_confirm(client, site):
    gone_through(client, site, verified="no")

    answer = client.post(SIGN_UP, FILLED)

    assert answer["Location"] == "/account/confirm-email/"
    assert not EmailAddress.objects.get().verified
    assert not is_in(client)
    assert mail.outbox[-1].to == [DORA]


@pytest.mark.parametrize("word", ["yes", 1, "1", None, [True]])
def test_only_the_plain_word_confirms_an_address(client, site, word):
    site.lies(claims={"email_verified": word})
    gone_through(client, site)

    client.post(SIGN_UP, FILLED)

    assert not EmailAddress.objects.get().verified


def test_a_known_address_is_not_joined_and_its_owner_is_told_how(client, site, alice):
    answer = gone_through(client, site, alice.user.email)

    assert answer.status_code == 409
    assert "Log in to it as you did so far" in answer.content.decode()
    assert not SocialAccount.objects.exists()
    assert not is_in(client)
    assert client.get(SIGN_UP)["Location"] == "/account/login/"


def test_an_unconfirmed_word_for_a_known_address_learns_nothing_and_joins_nothing(client, site, alice):
    """Step by step the same as for an address that nobody has."""
    assert gone_through(client, site, alice.user.email, verified="no")["Location"] == SIGN_UP
    assert client.get(SIGN_UP).status_code == 200

    assert client.post(SIGN_UP, FILLED)["Location"] == "/account/confirm-email/"

    assert User.objects.count() == 1
    assert not SocialAccount.objects.exists()
    assert not is_in(client)
    assert mail.outbox[-1].to == [alice.user.email]
    assert "already" in mail.outbox[-1].body


def test_a_site_that_tells_no_address_opens_no_account(client, site):
    site.lies(claims={"email": None})

    assert gone_through(client, site).status_code == 422
    assert client.get(SIGN_UP)["Location"] == "/account/login/"


def test_a_member_connects_it_and_logs_in_with_it(site, alice):
    own = log_in(Client(), alice.user)
    assert b"Connect Elsewhere" in own.get(LOG_INS).content
    for _ in range(2):
        assert gone_through(own, site, alice.user.email, CONNECT)["Location"] == LOG_INS
    assert own.get(LOG_INS).content.count(b"Disconnect</button>") == 1  # connected again: once
    browser = Client()

    assert gone_through(browser, site, alice.user.email)["Location"] == "/leads/"

    assert is_in(browser)
    assert step_up.SESSION_KEY not in browser.session
    assert AuditEntry.objects.get(action="log_in.connected").actor_id == alice.user_id


def test_it_is_the_one_whom_the_site_names_who_logs_in_not_whose_address_it_tells(site, alice, charlie):
    known_there(alice)
    known_there(charlie)
    browser = Client()
    site.lies(claims={"email": charlie.user.email})

    gone_through(browser, site, alice.user.email)

    assert browser.session["_auth_user_id"] == str(alice.user_id)


def test_connecting_asks_who_it_is_first_and_again_on_the_way_back(site, alice, clock):
    browser = log_in(Client(), alice.user)
    back = site.comes_back(sent(browser, CONNECT))
    clock.advance(minutes=15)
    assert browser.get(back).status_code == 401

    assert browser.post(CONNECT)["Location"].startswith("/account/confirm/")
    assert browser.post(f"{LOG_INS}1/disconnect/")["Location"].startswith("/account/confirm/")
    assert not SocialAccount.objects.exists()


def test_what_one_member_began_is_not_connected_to_another(site, alice, charlie):
    browser = log_in(Client(), alice.user)
    back = site.comes_back(sent(browser, CONNECT), charlie.user.email)
    state = browser.session["socialaccount_states"]
    log_in(browser, charlie.user)
    session = browser.session
    session["socialaccount_states"] = state
    session.save()

    assert browser.get(back).status_code == 401
    assert not SocialAccount.objects.exists()


def test_what_logs_one_in_is_not_connected_to_another(site, alice, charlie):
    known_there(alice)
    browser = log_in(Client(), charlie.user)

    gone_through(browser, site, alice.user.email, CONNECT)

    assert b"belongs to another account" in browser.get(LOG_INS).content
    assert SocialAccount.objects.get().user == alice.user


def test_it_is_disconnected_by_its_owner_alone(site, alice, charlie):
    known_there(alice)
    browser = log_in(Client(), alice.user)
    door = f"{LOG_INS}{SocialAccount.objects.get().pk}/disconnect/"
    log_in(Client(), charlie.user).post(door)
    assert SocialAccount.objects.count() == 1

    browser.post(door)

    assert not SocialAccount.objects.exists()
    assert AuditEntry.objects.get(action="log_in.disconnected").details == {"provider": "oidc"}


def test_the_last_way_in_stays_until_there_is_a_password(client, site):
    gone_through(client, site)
    client.post(SIGN_UP, FILLED)
    dora = User.objects.get()
    log_in(client, dora)
    door = f"{LOG_INS}{SocialAccount.objects.get().pk}/disconnect/"

    client.post(door)

    assert "Set a password first" in client.get(LOG_INS).content.decode()
    assert SocialAccount.objects.count() == 1
    new = "a horse of another colour"
    assert client.post("/account/password/set/", {"password1": new, "password2": new}).status_code == 302
    log_in(client, User.objects.get()).post(door)
    assert not SocialAccount.objects.exists()


def test_who_has_no_password_steps_up_by_a_letter_alone(client, site):
    gone_through(client, site)
    client.post(SIGN_UP, FILLED)
    assert client.get("/account/confirm/").content.count(b'type="password"') == 0

    assert client.post("/account/confirm/", {"next": "/"})["Location"].startswith("/account/confirm/code/")
    events.deliver_all()
    digits = next(one.subject[:6] for one in mail.outbox if "code" in one.subject)
    assert client.post("/account/confirm/code/", {"code": digits}).status_code == 302
    assert step_up.is_recent(client.session[step_up.SESSION_KEY], User.objects.get())


def test_a_program_of_who_has_no_password_steps_up_by_a_letter_alone(alice):
    alice.user.set_unusable_password()
    alice.user.save()
    api = client_of(alice)

    assert api.post("/api/v1/auth/step-up/", {}, "json").status_code == 202
    events.deliver_all()
    told = api.post("/api/v1/auth/step-up/", {"code": mail.outbox[-1].subject[:6]}, "json")
    assert told.json()["expires_in_seconds"] == 900


def test_a_second_factor_is_asked_all_the_same(site, alice):
    known_there(alice)
    enrolled(alice.user)
    browser = Client()

    assert gone_through(browser, site, alice.user.email)["Location"] == "/account/second-factor/check/"
    assert not is_in(browser)


def test_an_operator_comes_to_no_screen_without_a_second_factor(site, olga):
    SocialAccount.objects.create(user=olga, provider="oidc", uid="olga")
    site.lies(claims={"sub": "olga"})
    browser = Client()
    gone_through(browser, site)

    assert browser.get("/admin/")["Location"].startswith("/account/second-factor/")


def test_a_suspended_member_stays_outside(site, alice, olga):
    known_there(alice)
    services.suspend_user(user_id=alice.user_id, reason="Harassed an owner", actor_id=olga.pk)
    browser = Client()

    assert gone_through(browser, site, alice.user.email)["Location"] == "/account/inactive/"
    assert not is_in(browser)


def test_people_come_back_to_where_they_were_and_never_elsewhere(site, alice):
    known_there(alice)
    for named, led_to in (("/cart/", "/cart/"), ("https://evil.example", "/leads/"), ("//evil.example", "/leads/")):
        browser = Client()
        back = site.comes_back(sent(browser, next=named), alice.user.email)
        assert browser.get(back)["Location"] == led_to
        assert browser.get(f"{back}&next=https://evil.example").status_code == 401  # and only once


LIES = {
    "issuer": {"claims": {"iss": "http://evil.example"}},
    "audience": {"claims": {"aud": "somebody-else"}},
    "nonce": {"claims": {"nonce": "of another log-in"}},
    "past": {"claims": {"exp": 1}},
    "unsigned": {"alg": "none"},
    "public key as secret": {"alg": "HS256"},
    "another key": {"key": "other"},
    "sends elsewhere": {"discovery": {"token_endpoint": "http://127.0.0.1:9/token"}},
    "no keys": {"discovery": {"jwks_uri": None}},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_right_in_every_way_logs_nobody_in(site, alice, lie):
    known_there(alice)
    browser = Client()
    begun = sent(browser)
    site.lies(**LIES[lie])

    answer = browser.get(site.comes_back(begun, alice.user.email))

    assert answer.status_code == 401
    assert "Begin again" in answer.content.decode()
    assert not is_in(browser)
    told = AuditEntry.objects.get(action="log_in.failed")
    assert (told.subject, told.details) == ("accounts.site:oidc", {"shown": "oidc"})


def test_a_site_that_would_send_people_elsewhere_sends_nobody(client, site):
    site.lies(discovery={"authorization_endpoint": "https://evil.example/authorize"})

    answer = client.post(BEGIN)

    assert answer.status_code == 401
    assert b"evil.example" not in answer.content


def test_one_address_has_us_ask_a_site_twenty_times_a_minute(client, site):
    for _ in range(20):
        sent(client)

    answer = client.post(BEGIN)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 61


def test_a_site_that_does_not_answer_is_said_so(client, settings):
    with listen(0) as nobody:
        url = f"http://{HOST}:{nobody.getsockname()[1]}"
    known = {"id": "oidc", "name": "Elsewhere", "url": url, "needs": {}}
    settings.SOCIAL_LOGINS = [SocialLogin(client_id="a", client_secret="b", **known)]

    assert client.post(BEGIN, {"next": "/cart/"})["Location"] == "/account/login/?next=%2Fcart%2F"
    assert b"Elsewhere does not answer just now" in client.get("/account/login/").content


def test_a_forged_or_borrowed_state_logs_nobody_in(site, alice):
    known_there(alice)
    mine, others = Client(), Client()
    back = site.comes_back(sent(mine), alice.user.email)
    sent(others)

    for browser, path in (
        (others, back),
        (mine, back.replace("state=", "state=x")),
        (mine, f"{CALLBACK}?code=x"),
        (mine, CALLBACK),
    ):
        assert browser.get(path).status_code == 401
        assert not is_in(browser)


def test_a_way_back_is_gone_once(site, alice):
    known_there(alice)
    browser = Client()
    back = site.comes_back(sent(browser), alice.user.email)
    browser.get(back)
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    again = dict(parse_qsl(urlsplit(site.comes_back(sent(Client()), alice.user.email)).query))["state"]

    stranger = Client()
    for path in (back, f"{CALLBACK}?{urlencode({'code': code, 'state': again})}"):
        assert stranger.get(path).status_code == 401
    fresh = dict(parse_qsl(urlsplit(sent(stranger)).query))["state"]
    assert stranger.get(f"{CALLBACK}?{urlencode({'code': code, 'state': fresh})}").status_code == 401
    assert not is_in(stranger)


def test_who_leaves_the_site_is_as_before(client, site):
    state = dict(parse_qsl(urlsplit(sent(client)).query))["state"]

    answer = client.get(f"{CALLBACK}?error=access_denied&state={state}")

    assert answer.status_code == 200
    assert "Nothing has changed" in answer.content.decode()


def test_an_answer_that_is_posted_is_sent_round_with_its_three_words_alone(client, site):
    told = {"code": "c", "state": "s", "user": "{}", "next": "https://evil.example"}

    answer = Client(enforce_csrf_checks=True).post(CALLBACK, told)

    assert answer["Location"] == f"{CALLBACK}?code=c&state=s"
    assert client.get(answer["Location"]).status_code == 401


def test_who_opened_an_account_for_anothers_address_is_out_once_its_owner_reads_the_letter(client, site):
    """By page and by API, whichever letter they answer."""
    gone_through(client, site, verified="no")
    client.post(SIGN_UP, FILLED)
    owner = Client()
    owner.post("/account/password/reset/", {"email": DORA})
    link = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    form = owner.get(urlsplit(link).path)["Location"]
    new = "a horse of another colour"

    assert owner.post(form, {"password1": new, "password2": new}).status_code == 302

    assert not SocialAccount.objects.exists()
    assert AuditEntry.objects.get(action="log_in.disconnected").details == {"provider": "oidc"}
    assert gone_through(client, site, verified="no")["Location"] == SIGN_UP
    services.connect_log_in(user=User.objects.get(), provider="oidc", uid="1")
    services.set_password_by_key(key=key_for(User.objects.get()), password=f"{new} again")
    assert not SocialAccount.objects.exists()


def test_a_password_that_is_set_or_changed_by_who_is_logged_in_disconnects_nothing(site, alice):
    known_there(alice)
    browser = log_in(Client(), alice.user)
    typed = {"oldpassword": "correct horse battery", "password1": "a horse of another colour"}

    assert browser.post("/account/password/change/", {**typed, "password2": typed["password1"]}).status_code == 302

    assert SocialAccount.objects.count() == 1


def test_a_secret_that_is_signed_anew_says_who_we_are_for_five_minutes(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "key.p8"
    parts = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(*parts))
    known = {"audience": "https://appleid.apple.com", "team": "TEAM", "key_id": "KEY"}

    told = signed_secret("com.example.leads", key_file=str(file), **known)

    claims = jwt.decode(told, key.public_key(), algorithms=["ES256"], audience="https://appleid.apple.com")
    assert (claims["iss"], claims["sub"]) == ("TEAM", "com.example.leads")
    assert claims["exp"] - claims["iat"] == 300
    assert jwt.get_unverified_header(told)["kid"] == "KEY"
    for unusable in (tmp_path / "none", tmp_path):
        with pytest.raises(OAuth2Error, match="our key cannot be read"):
            signed_secret("com.example.leads", key_file=str(unusable), **known)


def test_nothing_that_the_site_gave_us_is_kept_but_whom_it_names(site, alice):
    known_there(alice)
    Client().get(site.comes_back(sent(Client()), DORA))

    row = SocialAccount.objects.get()
    assert (row.provider, len(row.uid), row.extra_data) == ("oidc", 24, {})
    kept = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    assert "access_token" not in kept
    assert "eyJ" not in kept


def test_closing_an_account_forgets_what_logged_it_in(site, alice):
    known_there(alice)

    services.close_account(user=alice.user)

    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    ("set_to", "says"),
    [
        ({"social_logins": "google"}, "Set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET"),
        (
            {"social_logins": "apple", "apple_client_id": "a"},
            "Set APPLE_TEAM_ID and APPLE_KEY_ID and APPLE_KEY_FILE",
        ),
        ({"social_logins": "myspace"}, "SOCIAL_LOGINS names myspace"),
        (
            {
                "social_logins": "oidc",
                "oidc_url": "http://login.example.com",
                "oidc_client_id": "a",
                "oidc_client_secret": "b",
            },
            "OIDC_URL is no https address",
        ),
    ],
)
def test_start_up_says_what_is_missing_and_leaves_it_off(settings, set_to, says):
    settings.ENVIRONMENT = Environment(**set_to)

    with pytest.raises(Exception, match=says):
        refuse_wrong_settings()
    usable = social_logins.usable(social_logins.asked_for(settings.ENVIRONMENT))
    assert [login.id for login in usable] == (["oidc"] if "oidc_url" in set_to else [])


def test_the_stand_in_is_nothing_without_the_run_that_serves_it(settings):
    settings.ENVIRONMENT = Environment(social_logins="sandbox")

    refuse_wrong_settings()
    assert social_logins.asked_for(settings.ENVIRONMENT) == []


def test_the_known_sites_are_where_they_say_they_are():
    known = Environment(
        social_logins="microsoft, google,apple,google",
        google_client_id="g",
        google_client_secret="s",
        microsoft_client_id="m",
        microsoft_client_secret="s",
        microsoft_tenant="example.com",
        apple_client_id="a",
        apple_team_id="t",
        apple_key_id="k",
        apple_key_file="f",
    )

    told = {login.id: (login.url, login.origin) for login in social_logins.usable(social_logins.asked_for(known))}

    assert told == {
        "microsoft": (
            "https://login.microsoftonline.com/example.com/v2.0",
            "https://login.microsoftonline.com",
        ),
        "google": ("https://accounts.google.com", "https://accounts.google.com"),
        "apple": ("https://appleid.apple.com", "https://appleid.apple.com"),
    }


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        ("last_way_in_stays", "DELETE FROM socialaccount_socialaccount"),
        ("social_log_in_stays_its_owners", "UPDATE socialaccount_socialaccount SET uid = 'another'"),
        ("social_log_in_stays_its_owners", "UPDATE socialaccount_socialaccount SET user_id = %(charlie)s"),
    ],
)
def test_the_database_keeps_whom_a_site_logs_in(alice, charlie, guard, statement):
    known_there(alice)
    statement = statement % {"charlie": charlie.user_id}
    User.objects.filter(pk=alice.user_id).update(password="!")

    assert refused_by(statement) == guard
    take_away(guard)
    assert refused_by(statement) == ""


def test_the_database_lets_go_where_there_is_another_way_in_or_nobody(alice):
    known_there(alice)
    assert refused_by("DELETE FROM socialaccount_socialaccount") == ""
    services.connect_log_in(user=alice.user, provider="google", uid="2")
    User.objects.filter(pk=alice.user_id).update(password="!")
    assert refused_by("DELETE FROM socialaccount_socialaccount WHERE provider = 'google'") == ""
    assert refused_by("DELETE FROM socialaccount_socialaccount") == "last_way_in_stays"

    services.close_account(user=User.objects.get(pk=alice.user_id))

    assert not SocialAccount.objects.exists()
