"""Sign-up, log-in, the account page and the terms."""

import pytest
from django.test import Client

from accounts.models import Membership, Organisation, TermsAcceptance, User
from accounts.plans import CURRENT_TERMS_VERSION
from tests.conftest import log_in

pytestmark = pytest.mark.django_db

PASSWORD = "violet harbour lamp"
NEWCOMER = {
    "organisation_name": "Erin Homes",
    "email": "Erin@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
    "accepts_terms": "on",
}


@pytest.fixture
def alices(alice: Membership) -> Client:
    client = Client()
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_signing_up_opens_the_organisation_and_accepts_the_terms(client):
    response = client.post("/account/signup/", NEWCOMER)

    assert (response.status_code, response["Location"]) == (302, "/account/confirm-email/")
    member = Membership.objects.get()
    assert (member.user.email, member.organisation.name, member.role) == ("erin@example.com", "Erin Homes", "owner")
    assert TermsAcceptance.objects.get().version == CURRENT_TERMS_VERSION


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("accepts_terms", "", "Accept the terms to go on."),
        ("organisation_name", "", "This field is required."),
        ("email", "erin", "Enter a valid e-mail address."),
        ("password1", "short", "at least 10 characters"),
        ("password2", "another harbour lamp", "same password each time"),
    ],
)
def test_a_wrong_field_is_named_and_nobody_is_signed_up(client, field, value, says):
    response = client.post("/account/signup/", {**NEWCOMER, field: value})

    assert says in response.content.decode()
    assert not User.objects.exists()
    assert not Organisation.objects.exists()


def test_a_known_address_opens_no_second_organisation(client, alice):
    response = client.post("/account/signup/", {**NEWCOMER, "email": alice.user.email})

    assert response["Location"] == "/account/confirm-email/"
    assert Organisation.objects.get() == alice.organisation


def test_logging_in_leads_to_the_marketplace_and_a_wrong_password_is_said(client, alice):
    wrong = client.post("/account/login/", {"login": alice.user.email, "password": "wrong"})
    right = client.post("/account/login/", {"login": alice.user.email, "password": "correct horse battery"})

    assert "not correct" in wrong.content.decode()
    assert (right.status_code, right["Location"]) == (302, "/leads/")


def test_the_account_page_shows_plan_people_and_accepted_terms(alices, alice, bob):
    page = alices.get("/account/").content.decode()

    for told in ("Alice Realty", bob.user.email, "5 minutes", f"Version {CURRENT_TERMS_VERSION}"):
        assert told in page


@pytest.mark.parametrize("path", ["/account/email/", "/account/password/change/", "/account/logout/"])
def test_the_pages_behind_the_account_wear_its_look(alice, path):
    page = log_in(Client(), alice.user).get(path).content.decode()

    assert 'class="bar"' in page
    assert "style=" not in page


def test_the_terms_can_be_read_by_anybody(client):
    page = client.get("/terms/").content.decode()

    assert f"Version {CURRENT_TERMS_VERSION}" in page
    assert "accepts_terms" not in page


def test_the_public_logs_in_before_accepting(client):
    response = client.post("/terms/", {"version": CURRENT_TERMS_VERSION, "accepts_terms": "on"})

    assert response["Location"] == "/account/login/?next=/terms/"


def test_terms_are_accepted_once_for_their_version(client, olga):
    log_in(client, olga)
    fields = {"version": CURRENT_TERMS_VERSION, "accepts_terms": "on"}

    for _ in range(2):
        assert client.post("/terms/", fields).status_code == 302

    assert TermsAcceptance.objects.get().user == olga
    assert "You accepted this version" in client.get("/terms/").content.decode()


@pytest.mark.parametrize(
    "fields", [{"version": "1999-01", "accepts_terms": "on"}, {"version": CURRENT_TERMS_VERSION}]
)
def test_nothing_is_accepted_by_an_old_or_unticked_form(client, olga, fields):
    log_in(client, olga)

    response = client.post("/terms/", fields)

    assert response.status_code == 400
    assert not TermsAcceptance.objects.exists()


def test_logging_in_works_while_redis_is_away(client, alice, settings):
    cache = settings.CACHES["default"]
    settings.CACHES = {"default": {**cache, "LOCATION": "unix:///nowhere/redis.sock"}}

    response = client.post("/account/login/", {"login": alice.user.email, "password": "correct horse battery"})

    assert (response.status_code, response["Location"]) == (302, "/leads/")


def test_guesses_at_a_password_are_counted_while_redis_is_away(client, alice, settings):
    cache = settings.CACHES["default"]
    settings.CACHES = {"default": {**cache, "LOCATION": "unix:///nowhere/redis.sock"}}
    page = "/account/login/"

    guesses = [
        client.post(page, {"login": alice.user.email, "password": f"guess {number}"}).status_code
        for number in range(40)
    ]

    assert guesses[0] != 429
    assert guesses[-1] == 429
