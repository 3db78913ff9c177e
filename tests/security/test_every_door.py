"""One attack at every door that there is, found as the site's own addresses and documents name them."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import Model
from django.forms import BaseModelForm
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from rest_framework import serializers

from accounts.models import Membership, User
from accounts.sockets import MESSAGES_AT_ONCE, Close
from aiqleads.openapi import operations
from tests.api.described import described
from tests.conftest import at_length, log_in
from tests.security.conftest import visitor
from tests.security.test_bad_sockets import Socket
from tests.tokens import bearer

PRODUCT: Final = "982007569"
TYPED: Final = (
    "'\"; DROP TABLE leads_lead; --<script>window.pwned=1</script>{{31337*31337}}{% debug %}${31337*31337}"
)
OURS: Final = ("accounts", "ai", "aiqleads", "billing", "leads", "marketplace", "pricing", "scraping")


def routes(patterns: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    """Every address of the site but the API's, with something where a part is to be filled in."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + _filled(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"/{route}"
        elif not route.startswith("api/"):
            yield from routes(pattern.url_patterns, route)


def _filled(pattern: Any) -> str:
    if isinstance(pattern, RoutePattern):
        told = str(pattern).replace("<path:object_id>", str(uuid4()))
        told = re.sub(r"<uuid:\w+>", str(uuid4()), told)
        return re.sub(r"<(?:\w+:)?\w+>", "1", told)
    told = re.sub(r"\(\?P<\w+>[^()]*(?:\([^()]*\)[^()]*)*\)", "x", str(pattern))
    return told.lstrip("^").rstrip("$").replace("\\Z", "").replace("\\", "")


@pytest.fixture
def members(alice) -> Client:
    """A browser of Alice's that looks for the token of a form as a server's does."""
    return log_in(Client(enforce_csrf_checks=True, raise_request_exception=False), alice.user)


@pytest.fixture
def operators(olga) -> Client:
    return log_in(Client(enforce_csrf_checks=True, raise_request_exception=False), olga)


@pytest.mark.soak
@pytest.mark.django_db
def test_no_page_takes_a_form_that_another_site_sent(members, operators, unchanged):
    """Members' pages and operators' screens, those of one row included.

    Where a mail program, a text service or a log-in service posts, what it brings has to prove itself.
    """
    addresses = sorted(set(routes()))
    screens = [address for address in addresses if address.startswith("/admin/")]
    pages = [address for address in addresses if not address.startswith("/admin/")]
    assert len(pages) > 100
    assert len(screens) > 300

    taken: dict[str, int] = {}
    for browser, asked in ((members, pages), (operators, screens[:: at_length(short=5, soak=1)])):
        answers = {address: browser.post(address, {"csrfmiddlewaretoken": "x"}).status_code for address in asked}
        taken |= {address: status for address, status in answers.items() if status not in {403, 404, 405}}
        assert list(answers.values()).count(403) > len(asked) * 0.8

    assert taken == {"/webhooks/sandbox/": 400}  # no message of a provider's


ELSEWHERE: Final = ("https://evil.example/x", "//evil.example/x", "/\\evil.example/x")


@pytest.mark.soak
@pytest.mark.django_db
def test_no_address_leads_to_another_site(alice):
    names = ("next", "return_to", "redirect", "redirect_to", "url", "to", "back", "continue")
    browser = log_in(visitor(), alice.user)
    led = set()
    for number, address in enumerate(sorted({route for route in routes() if not route.startswith("/admin/")})):
        for elsewhere in ELSEWHERE if at_length(short=0, soak=1) else (ELSEWHERE[number % len(ELSEWHERE)],):
            for answer in (
                browser.get(address, dict.fromkeys(names, elsewhere), HTTP_REFERER=elsewhere),
                visitor().post(address, dict.fromkeys(names, elsewhere), HTTP_REFERER=elsewhere),
            ):
                if re.match(r"(?:[a-z]+:)?[/\\]{2}(?!testserver)", answer.headers.get("Location", "").lower()):
                    led.add(address)

    assert led == set()


@pytest.fixture
def proof(alice) -> dict[str, str]:
    """What a program of Alice's shows at each door."""
    return {"HTTP_AUTHORIZATION": bearer(alice)["Authorization"]}


@pytest.mark.django_db
def test_what_is_typed_into_any_parameter_of_the_api_is_text(proof, lead, unchanged):
    program = visitor(**proof)
    asked = 0
    for path, method, operation in operations(described()):
        if method != "get":
            continue
        address = re.sub(r"{\w+}", str(lead.pk), path)
        names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
        for name in names:
            answer = program.get(address, {name: TYPED})
            asked += 1
            assert answer.status_code in {200, 400, 402, 403, 404, 422}, (address, name)
            assert PRODUCT not in answer.content.decode()
            assert answer.headers["Content-Type"].partition(";")[0] != "text/html"

    assert asked > 60


KNOWN: Final[dict[tuple[str, str], set[str]]] = {}
OF_MEMBERS: Final = ("id", "organisation_id", "user_id", "role")
DEEP: Final = "[" * 100_000
DEEPER: Final = '{"a":' * 60_000


@pytest.mark.django_db
def test_a_body_that_is_nested_beyond_reason_is_refused_at_every_door(proof, unchanged):
    wrong = {}
    for path, method, operation in operations(described()):
        if "requestBody" not in operation:
            continue
        program = visitor(**proof, HTTP_IDEMPOTENCY_KEY=str(uuid4()))
        for body in (DEEP, DEEPER):
            answer = program.generic(method.upper(), re.sub(r"{\w+}", str(uuid4()), path), body, "application/json")
            if answer.status_code not in {400, 401, 403, 404}:
                wrong[method, path] = answer.status_code

    assert wrong == {}


NOBODY_SETS: Final = frozenset({
    "is_staff", "is_superuser", "is_active", "staff_roles", "groups", "user_permissions",
    "permissions", "user", "user_id", "membership", "membership_id", "organisation",
    "organisation_id", "organization", "tenant", "owner", "owner_id", "buyer", "buyer_id",
    "created_at", "updated_at", "balance", "balance_credits", "credits", "price", "price_credits",
    "paid", "verified", "is_verified", "confirmed", "is_confirmed", "checked_at", "journal",
    "journal_id", "quality_score", "fraud_score", "verdict",
})  # fmt: skip
"""What no program decides by sending it."""


def written(schema: dict[str, Any], document: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every name that a body of this schema may have, at any depth."""
    if reference := schema.get("$ref"):
        if reference not in seen:
            part = document["components"]["schemas"][reference.rpartition("/")[2]]
            yield from written(part, document, seen | {reference})
        return
    for name, inner in schema.get("properties", {}).items():
        if not inner.get("readOnly"):
            yield name
            yield from written(inner, document, seen)
    for part in (schema.get("items"), *(schema.get(kind, ()) for kind in ("allOf", "anyOf", "oneOf"))):
        for one in part if isinstance(part, list | tuple) else [part] if part else []:
            yield from written(one, document, seen)


def test_no_body_of_the_api_has_a_place_for_what_nobody_sets():
    document = described()
    found = {}
    for path, method, operation in operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if names := NOBODY_SETS & set(written(media["schema"], document)):
                found[method, path] = names

    assert found == KNOWN


def of_ours(base: type) -> set[type]:
    found = {one for child in base.__subclasses__() for one in (child, *of_ours(child))}
    return {one for one in found if one.__module__.partition(".")[0] in OURS}


def test_no_form_and_no_serializer_writes_whatever_columns_a_model_has():
    apps.check_apps_ready()
    for kind in (*of_ours(serializers.ModelSerializer), *of_ours(BaseModelForm)):
        told = getattr(kind, "Meta", None) or getattr(kind, "_meta", None)
        fields = getattr(told, "fields", None)
        assert fields != "__all__", kind
        assert getattr(told, "exclude", None) is None, kind
        model: type[Model] | None = getattr(told, "model", None)
        assert not model or not NOBODY_SETS & set(fields or ()), kind


@pytest.mark.django_db
def test_more_than_a_door_asks_for_is_not_looked_at(alice, charlie, proof):
    """At every door that takes a body, as an owner who may do all that a member may."""
    more = dict.fromkeys(NOBODY_SETS, True) | {
        "user": charlie.user_id,
        "membership": str(charlie.pk),
        "organisation": str(charlie.organisation_id),
        "owner": str(charlie.pk),
        "groups": ["admin"],
    }
    guarded = ("id", "is_staff", "is_superuser", "is_active", "email")
    before = set(User.objects.values_list(*guarded)), set(Membership.objects.values_list(*OF_MEMBERS))
    for path, method, operation in operations(described()):
        if "requestBody" in operation and "auth/register" not in path:
            program = visitor(**proof, HTTP_IDEMPOTENCY_KEY=str(uuid4()))
            address = re.sub(r"{\w+}", str(alice.pk), path)
            assert program.generic(method.upper(), address, json.dumps(more), "application/json").status_code < 500

    assert set(User.objects.values_list(*guarded)) == before[0]
    assert set(Membership.objects.values_list(*OF_MEMBERS)) == before[1]


async def test_a_flood_closes_its_own_socket_and_harms_no_other():
    flooding, other = Socket(), Socket()
    assert await flooding.is_accepted()
    assert await other.is_accepted()
    for _ in range(MESSAGES_AT_ONCE * 3):
        await flooding.send_input({"type": "websocket.receive", "text": '{"type": "ping"}'})

    assert await other.say('{"type": "ping"}') == {"type": "pong"}
    heard: list[Any] = []
    while not heard or heard[-1]["type"] == "websocket.send":
        heard.append(await flooding.receive_output(timeout=5))
    assert heard[-1]["code"] == Close.TOO_MANY_MESSAGES
    assert len(heard) < MESSAGES_AT_ONCE * 2
    assert await other.say('{"type": "ping"}') == {"type": "pong"}
    await other.leave()
