"""What is hidden before a sale appears behind no door (design §4.0, §4.15): every address is asked by everybody."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.core import serializers
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.urls.resolvers import RoutePattern

from accounts.models import User
from aiqleads.asgi import application
from aiqleads.core import events, geo
from aiqleads.core.models import AuditEntry, OutboxEvent
from leads.models import Lead
from marketplace import services
from marketplace.models import Claim, Listing
from tests.back_office import SCREENS
from tests.conftest import body_of
from tests.marketplace.ordered import order_off
from tests.security.conftest import HIDDEN, visitor
from tests.security.spellings import traces
from tests.tokens import access_token

HTMX = {"HX-Request": "true"}
MARKET_SOCKET = {
    "type": "websocket",
    "path": "/ws/market/",
    "query_string": b"",
    "headers": [(b"host", b"localhost"), (b"origin", b"http://localhost")],
    "subprotocols": [],
}


def routes(patterns: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    """Every route outside the admin, as written: ``leads/<uuid:lead_id>/``."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = str(pattern.pattern._route) if isinstance(pattern.pattern, RoutePattern) else ""
        if before + route == "admin/":
            continue
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, before + route)
        elif isinstance(pattern.pattern, RoutePattern):
            yield before + route


def addresses(ids: dict[str, Any]) -> Iterator[str]:
    for route in routes():
        address = route
        for name, value in ids.items():
            address = address.replace(f"<uuid:{name}>", str(value))
        yield f"/{address}"


def admin_addresses() -> Iterator[str]:
    yield reverse("admin:index")
    for model in SCREENS:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        for pk in model._default_manager.values_list("pk", flat=True)[:5]:
            yield reverse(f"{name}_change", args=[pk])
            yield reverse(f"{name}_history", args=[pk])


def browsers(*users: User) -> Iterator[Client]:
    """The public, and each user with a session and with a token."""
    yield visitor()
    for user in users:
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {access_token(user)}"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        yield client


def everything(response: Any) -> str:
    """Headers and body of an answer."""
    return f"{dict(response.headers)} {response.cookies} {body_of(response).decode(errors='replace')}"


@pytest.fixture
def held(secret, alice, grant) -> Claim:
    """Alice holds the lead, which opens nothing."""
    grant(alice, 500)
    return services.hold_lead(lead_id=secret.pk, buyer=alice)


@pytest.fixture
def everybody(alice, bob, charlie, olga) -> list[User]:
    return [alice.user, bob.user, charlie.user, olga]


@pytest.mark.long
@pytest.mark.django_db
def test_no_address_shows_it_to_anybody(secret, held, everybody, log_lines):
    order = order_off(held.membership, "zip=78704")
    ids = {"lead_id": secret.pk, "claim_id": held.pk, "purchase_id": held.pk, "order_id": order.pk}
    asked = [(browser, address) for browser in browsers(*everybody) for address in addresses(ids)]

    found = {address: leaks_of(browser, address) for browser, address in asked}
    parts = {address: leaks_of(browser, address, HTMX) for browser, address in asked if knows_parts(address)}

    assert {address for address, leaked in (*found.items(), *parts.items()) if leaked} == set()
    assert {f"/leads/{secret.pk}/", f"/api/v1/leads/{secret.pk}/", "/api/schema/", "/health/ready"} <= found.keys()
    assert traces(log_lines.getvalue(), HIDDEN) == set()


def knows_parts(address: str) -> bool:
    """Whether a page's address may answer htmx in another way: the market's own."""
    return "<" not in address and resolve(address).namespace == "marketplace"


@pytest.mark.long
@pytest.mark.django_db
def test_no_screen_of_the_back_office_shows_it(secret, held, olga, log_lines):
    *_, browser = browsers(olga)

    found = {address: leaks_of(browser, address) for address in admin_addresses()}

    assert {address: leaked for address, leaked in found.items() if leaked} == {}
    assert reverse("admin:leads_lead_change", args=[secret.pk]) in found
    assert traces(log_lines.getvalue(), HIDDEN) == set()


def leaks_of(browser: Client, address: str, headers: Mapping[str, str] | None = None) -> set[str]:
    """What an address tells of the hidden values. It has to answer."""
    answer = browser.get(address, headers=headers)
    assert answer.status_code < 500, address
    return traces(everything(answer), HIDDEN)


@pytest.mark.django_db
def test_no_action_answers_with_it(secret, everybody, log_lines):
    answers = [answer for browser in browsers(*everybody) for answer in trade(browser, str(secret.pk))]

    assert {answer.status_code for answer in answers} >= {200, 201, 302, 402, 403, 409}
    assert [traces(everything(answer), HIDDEN) for answer in answers] == [set()] * len(answers)
    assert traces(log_lines.getvalue(), HIDDEN) == set()


def trade(browser: Client, lead: str) -> Iterator[HttpResponse]:
    """Try everything that a buyer can do with a lead, as a page, as a part of one, and by the API."""
    yield browser.post(f"/leads/{lead}/hold/")
    yield browser.post(f"/leads/{lead}/hold/", headers=HTMX)
    yield browser.post("/api/v1/cart/items/", {"lead": lead}, content_type="application/json")
    for claim in Claim.objects.values_list("pk", flat=True):
        yield browser.post(f"/cart/items/{claim}/extend/", headers=HTMX)
        yield browser.post(f"/api/v1/cart/items/{claim}/extend/")
    yield browser.post("/cart/checkout/", {"key": "k"})
    yield browser.post("/api/v1/cart/checkout/", {}, "application/json", headers={"Idempotency-Key": "k"})
    yield browser.get(f"/api/v1/leads/{lead}/contact/")


@pytest.mark.django_db
def test_events_and_the_audit_trail_hold_none_of_it(secret, held, alice):
    services.check_out(buyer=alice, idempotency_key="k")
    events.deliver_all()

    written = serializers.serialize("json", [*OutboxEvent.objects.all(), *AuditEntry.objects.all()])

    assert OutboxEvent.objects.filter(name="lead.sold").exists()
    assert traces(written, HIDDEN) == set()


@pytest.mark.django_db(transaction=True)
async def test_no_message_on_the_market_socket_carries_it(secret, alice, grant):
    await sync_to_async(grant)(alice, 500)
    socket = ApplicationCommunicator(application, MARKET_SOCKET)
    await socket.send_input({"type": "websocket.connect"})
    accepted = await socket.receive_output(timeout=5)

    def trade() -> None:
        services.release_claim(claim_id=services.hold_lead(lead_id=secret.pk, buyer=alice).pk, buyer=alice)
        events.deliver_all()

    await sync_to_async(trade)()
    messages = [json.loads((await socket.receive_output(timeout=5))["text"]) for _ in range(2)]
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait()

    assert accepted["type"] == "websocket.accept"
    assert [message["type"] for message in messages] == ["lead.held", "lead.released"]
    assert traces(json.dumps(messages), HIDDEN) == set()


@pytest.mark.django_db
def test_the_buyer_gets_it_after_the_sale(secret, held, alice):
    """The same search finds it where it belongs, so its silence above means something."""
    [purchase] = services.check_out(buyer=alice, idempotency_key="k")
    _, browser = browsers(alice.user)

    page = everything(browser.get(f"/purchases/{purchase.pk}/"))
    contact = everything(browser.get(f"/api/v1/leads/{secret.pk}/contact/"))

    assert traces(page, HIDDEN) >= {"name", "phone", "e-mail", "house number"}
    assert traces(contact, HIDDEN) >= {"name", "phone", "e-mail", "house number"}


QUESTIONS = [
    *HIDDEN.values(),
    "Quackenbush",
    "74913",
    "555-0187",
    "(512) 555-0187",
    "zephyrine.quackenbush",
    "whispering persimmon moonlit",
    '"moonlit gazebo"',
    "78704 74913",
]


@pytest.mark.django_db
def test_searching_for_it_finds_what_is_public_and_so_any_lead_that_looks_alike(secret, like_it, subtests):
    for question in QUESTIONS:
        with subtests.test(question):
            assert_found_alike(visitor(), question, secret, like_it)


def assert_found_alike(client: Client, question: str, secret: Lead, like_it: Lead) -> None:
    found = {row["id"]: row for row in client.get("/api/v1/leads/", {"q": question}).json()["results"]}
    page = client.get("/leads/", {"q": question}, follow=True).content.decode()

    why = [found.get(str(lead.pk), {}) for lead in (secret, like_it)]
    assert [why[0].get(told) for told in ("matched", "meaning")] == [
        why[1].get(told) for told in ("matched", "meaning")
    ]
    assert [bool(row) for row in why] in ([True, True], [False, False])
    assert (f"lead-{secret.pk}" in page) == (f"lead-{like_it.pk}" in page)


@pytest.mark.django_db
def test_searching_for_its_very_words_finds_nothing(secret, subtests):
    for question in QUESTIONS:
        with subtests.test(question):
            client = visitor()

            found = client.get("/api/v1/leads/", {"q": question, "literal": "1"}).json()["results"]
            page = client.get("/leads/", {"q": question, "literal": "1"}, follow=True).content.decode()

            assert found == []
            assert "No lead matches" in page


@pytest.mark.django_db
def test_a_search_around_the_true_place_depends_on_the_public_point_alone(client, secret, subtests):
    true_place = f"{secret.latitude},{secret.longitude}"
    for miles in (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 5):
        with subtests.test(miles=miles):
            found = client.get("/api/v1/leads/", {"near": true_place, "radius_miles": miles}).json()["results"]

            assert bool(found) == (distance_metres(secret) <= 1609.344 * miles)


def distance_metres(lead: Lead) -> float:
    """From the true to the public point."""
    away = geo.distance_metres(latitude=lead.latitude, longitude=lead.longitude)
    return float(Listing.objects.filter(pk=lead.pk).values_list(away, flat=True)[0])


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["rejected", "review", "withdrawn", "new"])
def test_a_lead_that_is_not_offered_cannot_be_told_from_one_that_never_was(alice, state):
    _, client = browsers(alice.user)
    kept_back = Lead.objects.create(kind="fsbo", state=state, summary="3-bed house")
    never = "6f2c0000-0000-4000-8000-000000000000"

    api = ("/api/v1/leads/{}/", "/api/v1/leads/{}/price-history/", "/api/v1/leads/{}/similar/")
    for address in ("/leads/{}/", "/leads/{}/card/", *api):
        answers: list[HttpResponse] = [client.get(address.format(pk)) for pk in (kept_back.pk, never)]
        bodies = [
            answer.content.decode().replace(str(pk), "…")
            for answer, pk in zip(answers, (kept_back.pk, never), strict=True)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert bodies[0] == bodies[1]
