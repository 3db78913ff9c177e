"""Attacks that have a name, one by one: what is sent, and that it changed and betrayed nothing."""

import gzip
import json

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Membership, User
from aiqleads.core.models import AuditEntry
from marketplace.models import Claim, SavedSearch
from tests.conftest import log_in
from tests.security.conftest import visitor
from tests.tokens import bearer

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
]


class CountingHasher(MD5PasswordHasher):
    """The tests' quick hasher, which counts how often it is asked."""

    asked = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).asked += 1
        return super().encode(password, salt)


@pytest.fixture
def hashings(settings):
    """How often a password is hashed while something is done."""
    settings.PASSWORD_HASHERS = ["tests.security.test_attacks.CountingHasher"]

    def count(act) -> int:
        before = CountingHasher.asked
        act()
        return CountingHasher.asked - before

    return count


def send(client, method, address, body, **headers):
    return getattr(client, method)(address, json.dumps(body), content_type="application/json", **headers)


def as_header(member):
    return {"HTTP_AUTHORIZATION": bearer(member)["Authorization"]}


def test_nobody_becomes_more_than_they_are_by_sending_more(alice):
    before = User.objects.values().get(pk=alice.user_id), Membership.objects.values().get(pk=alice.pk)
    more = {"is_staff": True, "is_superuser": True, "role": "owner", "balance_credits": 10_000, "id": 1}
    more |= {"organisation": "x", "organisation_id": "x", "password": "owned", "email": "evil@example.com"}

    send(visitor(), "patch", "/api/v1/me/", more, **as_header(alice))

    now = User.objects.values().get(pk=alice.user_id), Membership.objects.values().get(pk=alice.pk)
    assert now == before


def test_a_new_account_is_no_operators_however_it_is_asked_for(db):
    asked = {"email": "mallory@example.com", "password": "correct horse battery", "organisation_name": "M"}
    more = {"is_staff": True, "is_superuser": True, "is_active": True, "role": "owner", "groups": ["admin"]}

    send(visitor(), "post", "/api/v1/auth/register/", {**asked, **more})

    assert not User.objects.filter(email="mallory@example.com", is_staff=True).exists()
    assert not User.objects.filter(is_superuser=True).exists()


def test_a_search_is_saved_for_nobody_else(alice, charlie):
    more = {"name": "Mine", "membership": str(charlie.pk), "membership_id": str(charlie.pk), "q": "pool"}

    send(visitor(), "post", "/api/v1/saved-searches/", more, **as_header(alice))

    assert not SavedSearch.objects.filter(membership=charlie).exists()


def pages_that_take_forms(patterns=None, prefix=""):
    """Every address without a part to fill in, but for the API's."""
    for pattern in patterns or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver) and not route.startswith("api/"):
            yield from pages_that_take_forms(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not any(sign in route for sign in "<(\\"):
            yield f"/{route.rstrip('$')}"


EXEMPT = {"/health/live", "/health/ready", "/metrics", "/webhooks/sandbox/"}
"""Nothing is changed there and no form is taken; a provider's message has to be signed."""


def test_no_page_takes_a_form_from_another_site(alice):
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(alice.user)
    addresses = sorted({page for page in pages_that_take_forms() if not page.startswith("/admin/")} - EXEMPT)
    assert len(addresses) > 30

    answers = {address: browser.post(address, {"csrfmiddlewaretoken": "x"}).status_code for address in addresses}

    assert {address: status for address, status in answers.items() if status not in {403, 405, 404}} == {}


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
@pytest.mark.parametrize("page", ["/account/login/", "/admin/login/", "/account/signup/", "/account/confirm/"])
def test_nobody_is_led_to_another_site(alice, page, elsewhere):
    browser = visitor()

    answers = [
        browser.get(page, {"next": elsewhere}),
        browser.post(
            f"{page}?next={elsewhere}",
            {"login": alice.user.email, "password": "correct horse battery", "next": elsewhere},
        ),
    ]

    for answer in answers:
        location = answer.headers.get("Location", "")
        assert location == "" or (location.startswith("/") and "evil" not in location.partition("?")[0])
        assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE leads_lead; --",
        "1 OR 1=1",
        "') UNION SELECT password FROM accounts_user --",
        "{{ 7*7 }}",
        "{% debug %}",
        "${7*7}",
        "<script>alert(1)</script>",
    ],
)
def test_what_is_typed_is_text_to_the_database_and_to_templates(alice, lead, text):
    browser = log_in(visitor(), alice.user)

    for address in ("/leads/", "/api/v1/leads/"):
        for name in ("q", "city", "state", "zip", "sort", "kind", "cursor"):
            answer = browser.get(address, {name: text}, follow=True)
            assert answer.status_code in {200, 400, 422}, (address, name)
            assert answer.request["PATH_INFO"] == address
            page = answer.content.decode()
            # A problem document may quote what was sent: it is JSON, and no browser takes it for anything else.
            is_page = answer.headers["Content-Type"].startswith("text/html")
            assert not is_page or "<script>alert(1)" not in page
            assert is_page or answer.headers["X-Content-Type-Options"] == "nosniff"
            assert ">49<" not in page
            assert "pbkdf2" not in page
    assert lead._meta.model.objects.filter(pk=lead.pk).exists()


def test_a_line_of_the_log_and_a_header_are_one_line(alice, capfd):
    hostile = "agent\r\nSet-Cookie: evil=1\r\n2026 [info] keys.rotated"

    answer = visitor().get("/leads/", HTTP_USER_AGENT=hostile, HTTP_X_REQUEST_ID="x\r\nSet-Cookie: evil=1")

    assert "evil" not in answer.cookies
    assert "evil" not in str(answer.headers)
    assert "\n2026 [info] keys.rotated" not in capfd.readouterr().err
    assert not AuditEntry.objects.filter(agent__contains="\n").exists()


def test_a_body_that_unpacks_to_a_thousandfold_is_not_unpacked(alice):
    bomb = gzip.compress(b'{"q": "' + b"a" * 20_000_000 + b'"}')
    assert len(bomb) < 50_000

    answer = visitor().post(
        "/api/v1/saved-searches/",
        bomb,
        content_type="application/json",
        HTTP_CONTENT_ENCODING="gzip",
        **as_header(alice),
    )

    assert answer.status_code in {400, 415}
    assert not SavedSearch.objects.exists()


def test_one_cannot_tell_by_its_work_whether_an_account_exists(alice, hashings):
    alice.user.set_password("correct horse battery")
    alice.user.save(update_fields=["password"])

    def token(email):
        return lambda: send(visitor(), "post", "/api/v1/auth/token/", {"email": email, "password": "wrong guess"})

    def page(email):
        return lambda: visitor().post("/account/login/", {"login": email, "password": "wrong guess"})

    for door in (token, page):
        assert hashings(door(alice.user.email)) == hashings(door("nobody@example.com")) >= 1


def test_guessing_at_a_token_is_slowed_and_opens_nothing(alice):
    attacker = visitor()
    asked = {"email": alice.user.email, "password": "wrong guess"}

    statuses = [send(attacker, "post", "/api/v1/auth/token/", asked).status_code for _ in range(30)]

    assert set(statuses) <= {400, 401, 429}
    assert statuses[-1] == 429
    last = send(attacker, "post", "/api/v1/auth/token/", {**asked, "password": "correct horse battery"})
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) > 0
    assert not Claim.objects.exists()
