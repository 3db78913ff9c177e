"""What no browser sends to the pages: refused with a 4xx in the field's words, and nothing is changed."""

from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from accounts.plans import CURRENT_TERMS_VERSION
from marketplace import services
from marketplace.models import Claim
from tests.conftest import log_in
from tests.security.conftest import visitor

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
NEWCOMER = {
    "organisation_name": "Erin Homes",
    "email": "erin@example.com",
    "password1": "violet harbour lamp",
    "password2": "violet harbour lamp",
    "accepts_terms": "on",
}
NUL, HUGE = "a\0b", "x" * 60_000
LONE_SURROGATE = b"\xed\xa0\x80"
NOT_A_NUMBER = ("-1", "nan", "1e999", "9" * 5_000, "three", NUL)

BAD_FILTERS = {
    "q": ("Words", [NUL, HUGE]),
    "state": ("State", ["Atlantis", NUL, HUGE, LONE_SURROGATE]),
    "city": ("City", [NUL, HUGE]),
    "place": ("Near", ["xyzzyqwfp", NUL, HUGE]),
    "near": ("Point", ["nan,nan", "91,0", "1", "1,2,3", "north,west", NUL]),
    "radius_miles": ("Miles", [*NOT_A_NUMBER, "0"]),
    "county": ("County", ["Atlantis", NUL, HUGE]),
    "zip": ("ZIP codes", ["7870", "787045", "７８７０４", NUL, HUGE]),
    "kind": ("Kind of lead", ["castle", NUL, HUGE]),
    "tier": ("Tier", ["gold", NUL]),
    "beds_min": ("Beds", [*NOT_A_NUMBER, "101"]),
    "beds_max": ("Beds at most", NOT_A_NUMBER),
    "baths_min": ("Baths", NOT_A_NUMBER),
    "area_min": ("Sq ft from", [*NOT_A_NUMBER, "1.5"]),
    "area_max": ("Sq ft to", NOT_A_NUMBER),
    "property_type": ("Kind of home", ["castle", NUL]),
    "listed_within_days": ("Days listed", [*NOT_A_NUMBER, "0"]),
    "asking_min": ("Asking from ($)", [*NOT_A_NUMBER, "1.5"]),
    "asking_max": ("Asking to ($)", NOT_A_NUMBER),
    "price_max": ("Credits at most", [*NOT_A_NUMBER, "0"]),
    "quality_min": ("Quality at least", [*NOT_A_NUMBER, "101"]),
    "sort": ("Sort by", ["random", "price; drop table", NUL]),
}


@pytest.fixture
def alices(alice) -> Client:
    return logged_in(alice.user)


def logged_in(user: User) -> Client:
    client = visitor()
    return log_in(client, user)


@pytest.mark.parametrize("name", BAD_FILTERS)
def test_a_filter_that_makes_no_sense_is_named(client, lead, unchanged, name):
    label, values = BAD_FILTERS[name]
    for value in values:
        page = client.get(f"/leads/?q=pool&{name}=3&{name}={quote(value)}")

        assert page.status_code == 400
        assert list(page.context["form"].errors) == [name]
        assert f"<p>{label}: {page.context['form'].errors[name][0]}</p>" in page.content.decode()


@pytest.mark.parametrize(
    "query", ["%ff=%fe", "q=%ed%a0%80", "q=%", "&&&", "=", "q=a&q=b", "unknown=1", "q=%0d%0aX:y"]
)
def test_an_odd_query_is_answered_with_offers(client, lead, query):
    assert client.get(f"/leads/?{query}", follow=True).status_code == 200


def test_more_parameters_than_any_form_has_are_not_read(alices, unchanged):
    query = "&".join(f"q{number}=1" for number in range(1_001))

    assert alices.get(f"/leads/?{query}").status_code == 400
    assert alices.post("/terms/", query, "application/x-www-form-urlencoded").status_code == 400


BAD_CURSORS = ("rubbish", NUL, "é", "x" * 5_000, "WzAsTmFOLDFd", "WzAsMWU5OTksMV0", "W1tbW1tb")


@pytest.mark.parametrize("path", ["/leads/", "/purchases/", "/credits/"])
def test_a_cursor_that_is_not_ours_leads_to_the_first_page(alices, lead, unchanged, path):
    for cursor in BAD_CURSORS:
        answer = alices.get(path, {"cursor": cursor})

        assert (answer.status_code, answer["Location"].rstrip("?")) == (302, path)


@pytest.fixture
def held(lead, alice, grant) -> Claim:
    grant(alice, 100)
    return services.hold_lead(lead_id=lead.pk, buyer=alice)


@pytest.mark.parametrize("field", ["idempotency_key", "lines"])
def test_a_cart_that_makes_no_sense_buys_nothing(alices, held, unchanged, field):
    for value in ("", NUL, HUGE, "-1", "nan", "１", LONE_SURROGATE, f"{uuid4()}0", "[]"):
        answer = alices.post("/cart/checkout/", {"idempotency_key": uuid4(), "lines": held.pk, field: value})

        assert answer.status_code == 422
        assert answer.context["refusal"].detail.encode() in answer.content


@pytest.mark.parametrize("action", ["release", "extend"])
def test_a_hold_that_is_not_there_cannot_be_changed(alices, lead, unchanged, action):
    answer = alices.post(f"/cart/items/{uuid4()}/{action}/")

    assert answer.status_code == 422
    assert "not yours or no longer runs" in answer.content.decode()


def test_a_lead_that_is_not_there_cannot_be_held(alices, unchanged):
    assert alices.post(f"/leads/{uuid4()}/hold/").status_code == 404


@pytest.mark.parametrize(
    "elsewhere", ["foo", "1.5", "admin:index", "http://[", "//x", "/\\x", "\0", NUL, "é", HUGE]
)
def test_nobody_is_sent_to_what_is_no_page_of_ours(alices, alice, lead, elsewhere):
    held = alices.post(f"/leads/{lead.pk}/hold/", {"next": elsewhere})
    entered = visitor().post(
        "/account/login/", {"login": alice.user.email, "password": PASSWORD, "next": elsewhere}
    )

    assert (held.status_code, held["Location"]) == (302, f"/leads/{lead.pk}/")
    assert (entered.status_code, entered["Location"]) == (302, "/leads/")
    assert visitor().get("/account/login/", {"next": elsewhere}).status_code == 200
    assert visitor().get("/account/signup/", {"next": elsewhere}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in ("organisation_name", "email", "password1") for value in ("", NUL, HUGE)),
        ("email", "erin"),
        ("email", LONE_SURROGATE + b"@example.com"),
        ("accepts_terms", ""),
    ],
)
def test_a_sign_up_that_makes_no_sense_names_its_field_and_opens_nothing(client, unchanged, field, value):
    repeated = {"password2": value} if field == "password1" else {}

    page = client.post("/account/signup/", {**NEWCOMER, field: value, **repeated})

    assert page.status_code == 400
    assert field in page.context["form"].errors


@pytest.mark.parametrize("value", ["", NUL, HUGE, "nobody", LONE_SURROGATE, "alice@example.com"])
def test_a_log_in_that_makes_no_sense_is_refused(client, alice, unchanged, value):
    page = client.post("/account/login/", {"login": value, "password": value})

    assert page.status_code == 400
    assert page.context["form"].errors
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("password/reset/", "email"),
        ("password/change/", "oldpassword"),
        ("email/", "email"),
        ("reauthenticate/", "password"),
    ],
)
def test_the_other_forms_of_an_account_refuse_it_too(alices, unchanged, path, field):
    for value in ("", NUL, HUGE, "nobody"):
        page = alices.post(f"/account/{path}", {field: value, "action_add": "1"})

        assert page.status_code == 400
        assert field in page.context["form"].errors


def test_terms_of_another_version_are_not_accepted(alices, unchanged):
    for version in ("", NUL, HUGE, "1999-01", LONE_SURROGATE):
        page = alices.post("/terms/", {"version": version, "accepts_terms": "on"})

        assert page.status_code == 400
        assert page.context["form"].errors["version"][0]


def test_guessing_passwords_ends_with_a_page_that_says_to_wait(client, alice):
    tried = [client.post("/account/login/", {"login": alice.user.email, "password": "wrong"}) for _ in range(40)]

    refused = [page for page in tried if page.status_code == 429]
    assert refused or "Too many failed" in tried[-1].content.decode()
    assert all("Too many tries" in page.content.decode() for page in refused)


CHARSETS = ["rot13", "hex", "zlib", "idna", "punycode", "undefined", "unicode_escape", "utf-7", "utf-16", "latin-1"]


def part(name: str, value: str) -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_body_in_another_charset_is_not_read(alices, lead, unchanged, charset):
    form = part("version", CURRENT_TERMS_VERSION) + part("accepts_terms", "\\ud800") + "--b--\r\n"
    bodies = {
        ("/terms/", f"multipart/form-data; boundary=b; charset={charset}"): form,
        ("/terms/", f"application/x-www-form-urlencoded; charset={charset}"): "version=x",
        ("/api/v1/cart/items/", f"application/json; charset={charset}"): f'{{"lead": "{lead.pk}"}}',
    }
    for (path, content_type), body in bodies.items():
        answer = alices.generic("POST", path, body.encode(), content_type)

        assert answer.status_code == 400
        assert ("problem+json" in answer["Content-Type"]) is path.startswith("/api/")


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 500])
@pytest.mark.parametrize("body", [b"", b"--x\r\nhello", b"version=" + b"x" * 1_100_000])
def test_a_body_that_breaks_off_or_never_ends_is_not_read(alices, unchanged, content_type, body):
    assert alices.generic("POST", "/terms/", body, content_type).status_code in {400, 413}


def doors() -> Iterator[str]:
    yield from (
        "/",
        "/leads/",
        "/cart/",
        "/account/login/",
        "/terms/",
        "/admin/",
        "/api/v1/leads/",
        "/api/v1/cart/",
    )


@pytest.mark.parametrize("cookie", ['"aaaaaaaaaa\\000"', "x", "x" * 5_000, "é" * 20, '"', "\\377"])
def test_a_cookie_that_we_never_set_breaks_no_page(lead, unchanged, cookie):
    sent = f"sessionid={cookie}; csrftoken={cookie}; messages={cookie}"

    answers = {path: visitor().get(path, headers={"Cookie": sent}).status_code for path in doors()}

    assert {path: status for path, status in answers.items() if status >= 500} == {}
    if "000" in cookie:
        assert set(answers.values()) == {400}


@pytest.mark.parametrize(
    "path", ["%00", "leads/%00/", "%ff", "leads/%ed%a0%80/", "api/v1/leads/%00/", "leads/..%2f"]
)
def test_an_address_that_is_no_text_is_not_found(client, path):
    assert client.get(f"/{path}").status_code == 404


HEADERS = ("Host", "HX-Current-URL", "HX-Target", "Accept-Language", "Authorization", "Referer")


@pytest.mark.parametrize("value", ["é\xff", "x" * 60_000, "." * 60_000, "http://[", "Bearer a.b.c", "%ff%00"])
def test_headers_that_make_no_sense_break_no_page(alices, lead, value):
    for header in HEADERS:
        asked = {"HX-Request": "true", header: value}

        assert {path for path in doors() if alices.get(path, headers=asked).status_code >= 500} == set()


def test_a_method_that_an_address_does_not_know_changes_nothing(alices, lead, unchanged):
    asked = {"/leads/": "POST", "/cart/": "DELETE", f"/leads/{lead.pk}/hold/": "GET", "/cart/checkout/": "PUT"}

    assert {alices.generic(method, path).status_code for path, method in asked.items()} == {405}
    assert not Claim.objects.exists()
