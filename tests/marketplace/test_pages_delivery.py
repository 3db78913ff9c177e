"""The pages on which owners say where leads go: what they show, refuse and forget."""

import pytest
from django.test import Client
from django.urls import reverse

from marketplace import services
from marketplace.models import Delivery, Receiver
from tests.conftest import log_in
from tests.marketplace.returned import buy


@pytest.fixture
def alices(alice):
    return log_in(Client(), alice.user)


pytestmark = pytest.mark.django_db

SETTINGS = "/account/delivery/"
WISH = {"url": "https://127.0.0.1:8443/hooks", "events": ["lead.purchased"]}


@pytest.fixture
def hook(alice):
    return services.add_webhook(member=alice, **WISH)


def page_of(receiver, *beyond):
    return reverse("marketplace:webhook", args=[receiver.pk]) + "".join(f"{part}/" for part in beyond)


def test_a_secret_is_shown_once(alices, alice):
    made = alices.post(f"{SETTINGS}webhooks/", WISH)
    [kept] = Receiver.objects.all()
    later = alices.get(page_of(kept)).content.decode()
    changed = alices.post(page_of(kept, "secret")).content.decode()

    assert made.status_code == 201
    assert made["Cache-Control"].count("no-store")
    assert kept.secret in made.content.decode()
    assert "whsec_" not in later
    assert Receiver.objects.get().secret in changed
    assert Receiver.objects.get().old_secret == kept.secret


@pytest.mark.parametrize(
    "change",
    [
        {"url": ""},
        {"url": "http://10.0.0.1/"},
        {"url": "https://\0/"},
        {"url": "x" * 9000},
        {"events": []},
        {"events": ["lead.everything"]},
        {"events": ["webhook.test"]},
    ],
)
def test_a_webhook_that_makes_no_sense_is_said_to_and_not_kept(alices, change):
    answer = alices.post(f"{SETTINGS}webhooks/", {**WISH, **change})

    assert answer.status_code in {400, 422}
    assert not Receiver.objects.exists()


def test_only_owners_see_these_pages(bobs, charlie, hook):
    charlies = log_in(Client(), charlie.user)
    for path in (SETTINGS, page_of(hook)):
        assert bobs.get(path).status_code == 403
    for beyond in ((), ("secret",), ("test",), ("remove",), ("replay",)):
        assert bobs.post(page_of(hook, *beyond)).status_code == 403
        assert charlies.post(page_of(hook, *beyond), WISH).status_code == 404
    assert charlies.get(page_of(hook)).status_code == 404
    assert Receiver.objects.get().is_on


def test_a_webhook_is_switched_off_by_an_empty_box_and_removed_for_good(alices, hook):
    alices.post(page_of(hook), WISH)
    hook.refresh_from_db()
    was_off = not hook.is_on
    alices.post(page_of(hook, "remove"))

    assert was_off
    assert alices.get(page_of(hook)).status_code == 404
    assert alices.post(page_of(hook, "remove")).status_code == 302
    assert Receiver.objects.get().secret is None


def test_letters_and_the_crm_are_switched_by_their_forms(alices, alice):
    alices.post(SETTINGS)
    alices.post(f"{SETTINGS}follow-up-boss/", {"key": "fka_0123"})
    shown = alices.get(SETTINGS).content.decode()
    refused = alices.post(f"{SETTINGS}follow-up-boss/", {"key": "a b"})
    alices.post(f"{SETTINGS}follow-up-boss/remove/")

    assert "Connected" in shown
    assert "fka_0123" not in shown
    assert refused.status_code == 422
    assert Receiver.objects.get().removed_at is not None


def test_a_purchase_is_sent_again_from_its_page_by_its_own_buyers_alone(alices, bobs, charlies, alice, lead):
    purchase = buy(lead, alice)
    services.send_due()
    letter = Delivery.objects.get(channel="email")
    path = reverse("marketplace:replay", args=[letter.pk])

    assert charlies.post(path).status_code == 404
    bobs.post(path)
    letter.refresh_from_db()
    assert letter.state == "delivered"
    assert alices.post(path)["Location"] == purchase.get_absolute_url()
    letter.refresh_from_db()
    assert letter.state == "waiting"
    assert "On its way" in alices.get(purchase.get_absolute_url()).content.decode()


def test_an_operator_sends_again_in_two_steps_and_it_is_audited(olgas, alice, lead):
    buy(lead, alice)
    services.send_due()
    letter = Delivery.objects.get(channel="email")
    path = reverse("admin:marketplace_delivery_replay", args=[letter.pk])

    asked = olgas.post(path, {"reason": "The mailbox was full."})
    olgas.post(path, {"reason": "The mailbox was full.", "step": "confirm"})

    letter.refresh_from_db()
    assert asked.status_code == 200
    assert letter.state == "waiting"
