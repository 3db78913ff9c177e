"""What no client should send: answered with 400 in the field's words, and nothing is changed."""

import base64
import json

import pytest

from marketplace.models import Claim
from tests.api.problems import assert_problem

BAD_QUERIES = {
    "q": ["a\u0000b", "x" * 121],
    "near": ["nan,nan", "inf,0", "91,0", "0,181", "1", "1,2,3", "north,west"],
    "radius_miles": ["5", "-1", "nan", "inf", "0", "1e99"],
    "state": ["Atlantis", "\u0000"],
    "place": ["xyzzyqwfp", "x" * 121],
    "county": ["Atlantis", "\u0000"],
    "property_type": ["castle"],
    "beds_max": ["-1", "nan"],
    "area_min": ["-1", "1.5"],
    "area_max": ["-1", "9" * 5000],
    "listed_within_days": ["0", "1.5", "99999"],
    "literal": ["perhaps"],
    "zip": ["7870", "787045", "７８７０４", "abcde"],
    "kind": ["castle", "\u0000"],
    "tier": ["gold"],
    "beds_min": ["-1", "nan", "many", "1e400"],
    "baths_min": ["-0.5", "NaN"],
    "price_max": ["0", "-3", "1.5", "99999999999999999999", "nan"],
    "asking_min": ["-1", "9" * 5000],
    "asking_max": ["-1", "1e5x"],
    "quality_min": ["101", "-1"],
    "sort": ["random", "price; drop table"],
}


pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, bad in BAD_QUERIES.items() for value in bad])
def test_a_query_that_makes_no_sense_names_its_field(anonymous, name, value):
    body = assert_problem(anonymous.get("/api/v1/leads/", {name: value}), 400, "invalid")

    assert list(body["errors"]) == [name]


def test_a_range_that_is_upside_down_is_refused(anonymous):
    body = assert_problem(anonymous.get("/api/v1/leads/?asking_min=9&asking_max=8"), 400, "invalid")
    assert list(body["errors"]) == ["asking_max"]


def cursor(*position):
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


BAD_CURSORS = [
    "rubbish",
    "é",
    "\u0000",
    "x" * 5000,
    cursor(),
    cursor(0, "yesterday", "x"),
    cursor(0, "2026-01-01T00:00:00Z", "not a key"),
    cursor(0, "\u0000", "\u0000"),
    cursor(0, float("nan"), 1),
    cursor(0, float("inf"), 1),
    cursor(0, 10**30, 10**30),
    cursor(0, [1], {}),
]


@pytest.mark.parametrize(
    "address", ["leads/?sort=newest", "leads/?sort=price", "purchases/", "credits/entries/", "price-history/"]
)
def test_a_cursor_that_is_not_ours_is_refused(alice_api, lead, address, subtests):
    if address == "price-history/":
        address = f"leads/{lead.pk}/price-history/"
    url, _, query = address.partition("?")
    for value in BAD_CURSORS:
        with subtests.test(value[:40]):
            response = alice_api.get(
                f"/api/v1/{url}", {"cursor": value, **dict([query.split("=")] if query else [])}
            )

            if response.status_code == 200:  # a number may well be a place behind every number
                assert response.json()["results"] == []
            else:
                assert_problem(response, 400, "bad_cursor")


BAD_BODIES = [
    b"",
    b"{",
    b"nonsense",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"lead": NaN}',
    b'{"lead": null}',
    b'{"lead": ["a"]}',
    b'{"lead": {"a": 1}}',
    b'{"lead": "\\u0000"}',
    b'{"lead": "' + b"9" * 50_000 + b'"}',
    b'{"lead": -1}',
    b"[" * 100_000,
    b'{"lead": ' + b"9" * 5_000 + b"}",
]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_body_that_makes_no_sense_holds_nothing(alice_api, lead, body):
    response = alice_api.post("/api/v1/cart/items/", body, content_type="application/json")

    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert not Claim.objects.exists()


@pytest.mark.parametrize("copies", ['"\\ud800"', '["\\uDFFF"]', '{"\\udc00": 1}'])
def test_half_a_character_is_refused_where_the_answer_would_repeat_it(alice_api, lead, copies):
    body = f'{{"lead": "{lead.pk}", "copies": {copies}}}'

    answer = alice_api.post("/api/v1/cart/items/", body, content_type="application/json")

    assert_problem(answer, 400, "parse_error")
    assert not Claim.objects.exists()


def test_a_character_written_as_two_halves_is_one(alice, alice_api):
    answer = alice_api.patch("/api/v1/me/", '{"first_name": "\\ud83c\\udfe0"}', content_type="application/json")

    assert (answer.status_code, answer.json()["first_name"]) == (200, "\U0001f3e0")


def test_a_body_too_large_is_not_read(alice_api):
    response = alice_api.post("/api/v1/cart/items/", b" " * 1_000_001, content_type="application/json")

    assert_problem(response, 413, "payload_too_large")


@pytest.mark.parametrize("items", [[], "x", ["x"], [None], [["a"]], ["\u0000"], {"a": 1}])
def test_items_that_make_no_sense_buy_nothing(alice_api, lead, items):
    response = alice_api.post(
        "/api/v1/cart/checkout/", {"items": items}, format="json", HTTP_IDEMPOTENCY_KEY="order"
    )

    assert_problem(response, 400, "invalid")


@pytest.mark.parametrize("name", ["a\u0000b", "\udfff", "x" * 151, None, 7.5e400, ["a"], {"a": 1}])
def test_a_name_that_makes_no_sense_is_not_kept(alice, alice_api, name):
    response = alice_api.patch("/api/v1/me/", json.dumps({"first_name": name}), content_type="application/json")

    assert response.status_code == 400, response.content
    alice.user.refresh_from_db()
    assert alice.user.first_name == ""


@pytest.mark.parametrize("refresh", ["", "x", "\u0000", None, 7, ["a"], "a.b.c"])
def test_a_refresh_token_that_makes_no_sense_is_refused(anonymous, refresh):
    for door in ("refresh", "revoke"):
        response = anonymous.post(f"/api/v1/auth/token/{door}/", {"refresh": refresh}, format="json")

        assert response.status_code in {400, 401}, response.content
        assert response["Content-Type"] == "application/problem+json"
