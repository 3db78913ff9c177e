"""A bought lead in Follow Up Boss's words, over real HTTP to the stand-in that ships."""

import json

import httpx
import pytest

from aiqleads.core import checks
from leads.models import Contact
from marketplace import services
from marketplace.follow_up_boss_sandbox import create_app
from marketplace.models import Delivery, Receiver
from scraping.demo.server import listen, running
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


@pytest.fixture
def crm(tmp_path, settings):
    """The stand-in, and the folder of its people. It takes two events in ten seconds."""
    with listen(0) as listening, running(create_app(folder=tmp_path, most_in_window=2), [listening]):
        settings.FOLLOW_UP_BOSS_URL = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield tmp_path


@pytest.fixture
def connected(crm, alice):
    services.choose_letters(member=alice, is_mailed=False)
    services.connect_follow_up_boss(member=alice, key="fka_0123")
    return crm


def people(folder):
    return [json.loads(file.read_text()) for file in folder.glob("*.json")]


def test_a_bought_lead_becomes_a_person_with_its_passport(connected, alice, lead):
    Contact.objects.create(
        lead=lead,
        observation=lead.observations.get(),
        name="Casey Homeowner",
        phone="+15125550142",
        email="casey.home@example.com",
    )
    purchase = buy(lead, alice)
    services.send_due()

    [told] = people(connected)
    assert (told["source"], told["system"], told["type"]) == ("AIQLeads", "AIQLeads", "Seller Inquiry")
    assert (told["person"]["firstName"], told["person"]["lastName"]) == ("Casey", "Homeowner")
    assert told["person"]["emails"] == [{"value": "casey.home@example.com"}]
    assert "phones" not in told["person"], "calls are not allowed: the number was checked against no list"
    assert told["property"]["street"] == lead.address_line
    assert told["property"]["price"] == 412_000
    assert "Calls: not allowed. Not checked against a do-not-call list." in told["message"]
    assert str(purchase.pk) in told["message"]
    [delivery] = Delivery.objects.filter(channel="follow_up_boss")
    assert (delivery.state, delivery.all_tries.get().status) == ("delivered", 201)


def test_a_replay_updates_the_person_that_is_there(connected, alice, lead):
    buy(lead, alice)
    services.send_due()
    services.replay_delivery(delivery_id=Delivery.objects.get(channel="follow_up_boss").pk, buyer=alice)
    services.send_due()

    assert len(people(connected)) == 1
    assert list(Delivery.objects.get(channel="follow_up_boss").all_tries.values_list("status", flat=True)) == [
        201,
        200,
    ]


def test_its_limit_is_honoured(connected, alice, make_lead, clock):
    for _ in range(3):
        buy(make_lead(), alice)
    services.send_due()
    waiting = Delivery.objects.get(channel="follow_up_boss", state="waiting")

    assert waiting.all_tries.get().status == 429
    assert Receiver.objects.get().rests_until is not None
    assert services.send_due() == 0


def test_the_stand_in_refuses_what_follow_up_boss_refuses(crm, settings):
    address = f"{settings.FOLLOW_UP_BOSS_URL}/v1/events"

    assert httpx.post(address, json={}).status_code == 401
    assert httpx.post(address, json={}, auth=("key", "")).status_code == 400
    assert httpx.post(address, content=b"[", auth=("key", "")).status_code == 400
    assert httpx.post(address, json={}, auth=("key", "")).headers["Retry-After"].isdigit()
    assert "Nobody yet" in httpx.get(settings.FOLLOW_UP_BOSS_URL).text


def test_the_key_is_encrypted_at_rest(connected, alice):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM marketplace_receiver")
        [(kept,)] = cursor.fetchall()
    assert b"fka_0123" not in bytes(kept)
    assert Receiver.objects.get().secret == "fka_0123"


@pytest.mark.parametrize("url", ["http://crm.example.com", "ftp://127.0.0.1", "https://", "crm"])
def test_a_server_in_the_clear_is_refused_at_the_start(settings, url):
    settings.FOLLOW_UP_BOSS_URL = url

    assert "core.E012" in [found.id for found in checks.check_urls(None)]
