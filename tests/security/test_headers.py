"""What every answer says to browsers: at every page, at the API, at errors, and where TLS is on."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as current
from django.test import Client, override_settings

from aiqleads.headers import PERMISSIONS_POLICY
from tests.conftest import log_in
from tests.security.conftest import visitor

pytestmark = pytest.mark.django_db

ANSWERS = [
    ("/", 200),
    ("/leads/", 200),
    ("/sell/", 200),
    ("/terms/", 200),
    ("/account/login/", 200),
    ("/account/signup/", 200),
    ("/account/password/reset/", 200),
    ("/cart/", 302),
    ("/admin/", 302),
    ("/admin/login/", 302),
    ("/nothing/here/", 404),
    ("/health/live", 200),
    ("/.well-known/security.txt", 200),
    ("/api/docs/", 200),
    ("/api/schema/", 200),
    ("/api/v1/leads/", 200),
    ("/api/v1/cart/", 401),
    ("/api/v1/nothing/", 404),
]


@pytest.mark.parametrize(("address", "status"), ANSWERS)
def test_every_answer_keeps_to_itself(address, status):
    answer = visitor().get(address)

    assert answer.status_code == status
    headers = answer.headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["Permissions-Policy"] == PERMISSIONS_POLICY
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    policy = headers["Content-Security-Policy"]
    for strict in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert strict in policy
    assert "unsafe" not in policy
    assert directive(policy, "script-src") == ["'self'"]


def directive(policy, name):
    """The sources that a policy names for ``name``."""
    return next(part.split()[1:] for part in policy.split(";") if part.split()[0] == name)


def test_the_back_office_names_its_own_sheet_by_a_word_that_is_new_each_time(olga):
    browser = log_in(visitor(), olga)

    words = set()
    for _ in range(2):
        answer = browser.get("/admin/")
        same, nonce = directive(answer.headers["Content-Security-Policy"], "style-src")
        assert same == "'self'"
        assert f'<style nonce="{nonce[7:-1]}" id="unfold-theme-colors">' in answer.content.decode()
        words.add(nonce)

    assert len(words) == 2


def test_no_page_of_the_back_office_holds_what_the_policy_refuses(olga, lead):
    browser = log_in(visitor(), olga)

    for address in (
        "/admin/",
        "/admin/leads/lead/",
        f"/admin/leads/lead/{lead.pk}/change/",
        "/admin/leads/source/",
    ):
        page = browser.get(address).content.decode()
        assert (
            re.findall(r"<style(?! nonce=)|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]* src=)[^>]*>", page)
            == []
        )


@pytest.mark.parametrize("address", ["/leads/", "/api/v1/leads/", "/admin/login/"])
def test_other_sites_may_read_nothing_unless_they_are_named(address):
    answer = visitor().get(address, HTTP_ORIGIN="https://app.example.com")

    assert "Access-Control-Allow-Origin" not in answer.headers


@override_settings(CORS_ALLOWED_ORIGINS=["https://app.example.com"])
def test_a_site_that_is_named_may_use_the_api_and_no_page():
    def asked(address, origin="https://app.example.com"):
        return visitor().get(address, HTTP_ORIGIN=origin).headers.get("Access-Control-Allow-Origin")

    assert asked("/api/v1/leads/") == "https://app.example.com"
    assert asked("/api/v1/leads/", "https://app.example.com.evil.example") is None
    assert asked("/leads/") is None
    preflight = visitor().options(
        "/api/v1/cart/checkout/",
        HTTP_ORIGIN="https://app.example.com",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization,idempotency-key",
    )
    assert "idempotency-key" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=60, SECURE_PROXY_SSL_HEADER=None)
def test_without_tls_nobody_is_answered_but_where_to_go():
    answer = Client().get("/leads/?q=pool")

    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/leads/?q=pool")
    assert Client().get("/leads/", secure=True).headers["Strict-Transport-Security"].startswith("max-age=60")


def test_behind_tls_cookies_are_ours_alone():
    """Asked of the settings as a process reads them that is told to use TLS."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'aiqleads.settings';"
                "from django.conf import settings as s;"
                "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
                "s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_PATH, s.SECURE_HSTS_SECONDS,"
                "s.SECURE_HSTS_INCLUDE_SUBDOMAINS)"
            ),
        ],
        cwd=current.BASE_DIR,
        env={**os.environ, "HTTPS": "true"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert told == ["__Host-sessionid", "__Host-csrftoken", "True", "True", "None", "/", "31536000", "True"]
    assert current.SESSION_COOKIE_HTTPONLY
    assert current.SESSION_COOKIE_SAMESITE == "Lax"


def test_whoever_finds_a_weakness_reads_whom_to_tell(client):
    lines = client.get("/.well-known/security.txt").content.decode().splitlines()

    assert lines[0] == f"Contact: mailto:{current.SECURITY_CONTACT}"
    assert lines[1].startswith("Expires: 20")
    assert lines[1].endswith("T00:00:00Z")
    assert lines[3].endswith("/.well-known/security.txt")
