"""Members are told on their telephones: once, of nothing personal, and never on one that is gone."""

import json

import pytest
from django.db import transaction

from aiqleads.core.models import OutboxEvent
from marketplace import selectors, services
from marketplace.models import Device, Notification, NotificationChoice
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.core.test_push import configured, service  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db

Kind, Channel = Notification.Kind, NotificationChoice.Channel
SAYS = "Hidden Creek Road costs less"


def tell(member, key="price:1") -> Notification | None:
    with transaction.atomic():
        services.notify(membership_id=member.pk, kind=Kind.PRICE_DROP, key=key, says=SAYS, path="/watchlist/")
    return Notification.objects.filter(key=key).first()


def register(member, telephone="telephone-a") -> Device:
    return services.register_device(member=member, token=telephone, platform=Device.Platform.ANDROID)


def test_a_device_is_registered_listed_and_forgotten(alice, charlie):
    hers, his = client_of(alice), client_of(charlie)
    asked = {"token": "telephone-a", "platform": "ios", "name": "The blue one"}

    first = hers.post("/api/v1/devices/", asked, format="json")
    again = hers.post("/api/v1/devices/", asked, format="json")
    address = f"/api/v1/devices/{first.json()['id']}/"

    assert (first.status_code, again.status_code) == (201, 201)
    assert [row["id"] for row in hers.get("/api/v1/devices/").json()] == [first.json()["id"]]
    assert "token" not in first.json()
    assert his.get("/api/v1/devices/").json() == []
    assert_problem(his.delete(address), 404, "not_found")
    assert hers.delete(address).status_code == 204
    assert_problem(hers.delete(address), 404, "not_found")
    assert_problem(hers.post("/api/v1/devices/", {"token": "", "platform": "pager"}, format="json"), 400, "invalid")


def test_a_telephone_that_changes_hands_tells_its_new_member_alone(alice, charlie):
    register(alice)
    register(charlie)

    assert [device.membership for device in Device.objects.all()] == [charlie]


def test_tokens_lie_encrypted_and_only_the_newest_ten_are_kept(alice):
    for number in range(12):
        register(alice, f"telephone-{number}")

    kept = {device.token for device in Device.objects.all()}
    assert kept == {f"telephone-{number}" for number in range(2, 12)}
    assert "telephone" not in str(Device.objects.values_list("token_hash", flat=True))


def test_a_fact_is_pushed_once_and_says_nothing_of_anybody(configured, alice):  # noqa: F811
    register(alice)
    tell(alice)

    assert (services.push_due(), services.push_due()) == (1, 0)
    [taken] = configured.messages
    whole = json.dumps(taken)
    assert taken["notification"]["body"] == "A lead on your watchlist costs less"
    assert set(taken["data"]) == {"kind", "notification"}
    assert "Hidden Creek" not in whole
    assert "example.com" not in whole


def test_a_device_that_is_gone_is_forgotten_and_the_others_are_told(configured, alice):  # noqa: F811
    register(alice, "gone")
    register(alice, "here")
    configured.answers["gone"] = "gone"
    tell(alice)

    services.push_due()

    assert [device.token for device in Device.objects.all()] == ["here"]
    assert [taken["token"] for taken in configured.messages] == ["here"]


@pytest.mark.parametrize(("answer", "minutes"), [("broken", 1), ("busy", 1)])
def test_a_busy_service_is_tried_again_and_no_device_is_lost(configured, alice, clock, answer, minutes):  # noqa: F811
    register(alice)
    configured.answers["telephone-a"] = answer
    tell(alice)

    tries = [services.push_due(), services.push_due()]
    configured.answers["telephone-a"] = "well"
    clock.advance(minutes=minutes, seconds=1)

    assert tries == [0, 0]
    assert Notification.objects.get().push_tries == 1
    assert services.push_due() == 1
    assert Device.objects.count() == 1


def test_what_is_no_news_any_more_is_not_pushed(configured, alice, clock):  # noqa: F811
    register(alice)
    tell(alice)
    clock.advance(hours=1, minutes=1)

    assert services.push_due() == 0
    assert not configured.messages


def test_what_was_read_or_is_not_wanted_is_not_pushed(configured, alice):  # noqa: F811
    register(alice)
    tell(alice)
    services.mark_read(membership=alice)
    choices = {(Kind.PRICE_DROP, Channel.PUSH): False}
    services.choose_notifications(membership_id=alice.pk, choices=choices)
    tell(alice, "price:2")

    services.push_due()

    assert not configured.messages


def test_a_fact_that_is_wanted_on_telephones_alone_is_pushed_and_not_shown(configured, alice):  # noqa: F811
    register(alice)
    choices = {(Kind.PRICE_DROP, channel): channel == Channel.PUSH for channel in Channel}
    services.choose_notifications(membership_id=alice.pk, choices=choices)

    told = tell(alice)

    assert (told.is_shown, services.push_due()) == (False, 1)
    assert selectors.unread_notifications(alice) == 0


def test_without_a_service_nothing_is_pushed_and_the_page_says_so(alices, alice):
    register(alice)
    tell(alice)
    page = alices.get("/alerts/choices/").content.decode()
    alices.post("/alerts/choices/", {"wanted": ["price_drop:email"]})

    assert "this site has no push service" in page
    assert "Telephone</th>" not in page
    assert not Notification.objects.get().is_pushed
    assert services.push_due() == 0
    assert selectors.notification_choices(alice.pk)[Kind.PRICE_DROP, Channel.PUSH]


def test_with_a_service_telephones_are_a_choice_of_their_own(configured, alices, alice):  # noqa: F811
    page = alices.get("/alerts/choices/").content.decode()
    alices.post("/alerts/choices/", {"wanted": ["price_drop:email"]})

    assert "Telephone</th>" in page
    assert "No telephone of yours is known yet" in page
    assert not selectors.notification_choices(alice.pk)[Kind.PRICE_DROP, Channel.PUSH]


def test_a_telling_reaches_the_outbox_with_its_fact(alice):
    tell(alice)

    assert OutboxEvent.objects.filter(name="member.notified").count() == 1
