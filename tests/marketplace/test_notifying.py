"""Members are told once, in the ways they chose, and a letter's link ends the letters."""

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.test import Client

from aiqleads.core import events
from aiqleads.core.models import OutboxEvent
from marketplace import selectors, services
from marketplace.models import Notification, NotificationChoice
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db

Kind = Notification.Kind
Channel = NotificationChoice.Channel


def tell(member, *, key="price:1:1", path="/leads/"):
    with transaction.atomic():
        services.notify(
            membership_id=member.pk, kind=Kind.PRICE_DROP, key=key, says="Hidden Creek Road costs less", path=path
        )


def choose(member, channel, *, is_wanted):
    services.choose_notifications(membership_id=member.pk, choices={(Kind.PRICE_DROP, channel): is_wanted})


def stop_path(letter: EmailMessage) -> str:
    """The path of the link that a mail program finds in a letter's header."""
    return letter.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")


def test_a_fact_is_told_once_however_often_it_is_noticed(alice):
    tell(alice)
    tell(alice)
    events.deliver_all()
    tell(alice)
    events.deliver_all()

    assert Notification.objects.count() == 1
    assert [letter.subject for letter in mail.outbox] == ["Hidden Creek Road costs less"]
    assert mail.outbox[0].to == ["alice@example.com"]


def test_a_name_on_two_lines_makes_one_line_of_a_subject_and_no_header(alice, make_lead):
    name = "order\r\nBcc: erin@example.com"
    services.save_search(member=alice, name=name, query="state=TX", rhythm="instant")
    make_lead()
    buy(make_lead(city="Aus\ntin"), alice)
    services.tell_of_due_searches()
    events.deliver_all()
    services.send_due()

    assert [(letter.subject, letter.recipients()) for letter in mail.outbox] == [
        ("1 new lead for “order Bcc: erin@example.com”", ["alice@example.com"]),
        ("Your lead in Aus tin, TX", ["alice@example.com"]),
    ]


def test_the_letter_of_an_event_that_comes_twice_leaves_once(alice):
    tell(alice)
    events.deliver_all()
    OutboxEvent.objects.update(delivered_at=None)
    events.deliver_all()

    assert len(mail.outbox) == 1


def test_the_database_keeps_one_row_a_fact_and_only_our_own_pages(alice):
    tell(alice)
    again = {"membership": alice, "kind": Kind.PRICE_DROP, "says": "again", "path": "/leads/"}

    with pytest.raises(IntegrityError, match="notified_once"), transaction.atomic():
        Notification.objects.create(key="price:1:1", **again)
    with pytest.raises(IntegrityError, match="notification_leads_to_our_pages"), transaction.atomic():
        Notification.objects.create(key="other", **{**again, "path": "https://elsewhere.example.com/"})


@pytest.mark.parametrize(
    ("unwanted", "shown", "letters"), [([], 1, 1), ([Channel.EMAIL], 1, 0), ([Channel.IN_APP], 0, 1)]
)
def test_each_channel_is_a_choice_of_its_own(alice, unwanted, shown, letters):
    for channel in unwanted:
        choose(alice, channel, is_wanted=False)

    tell(alice)
    events.deliver_all()

    assert selectors.unread_notifications(alice) == shown
    assert len(mail.outbox) == letters


def test_who_wants_to_hear_nothing_leaves_no_row(alice):
    for channel in Channel:
        choose(alice, channel, is_wanted=False)

    tell(alice)

    assert not Notification.objects.exists()


def test_what_was_read_here_before_the_letter_left_is_not_mailed(alice):
    tell(alice)
    services.mark_read(membership=alice)

    events.deliver_all()

    assert mail.outbox == []


def test_a_member_who_left_gets_no_letter(alice):
    tell(alice)
    alice.user.is_active = False
    alice.user.save(update_fields=["is_active"])

    events.deliver_all()

    assert mail.outbox == []


def test_opening_an_alert_reads_it_and_leads_to_its_page(alices, alice):
    tell(alice, path="/watchlist/")
    told = Notification.objects.get()

    answer = alices.post(f"/alerts/{told.pk}/open/")

    assert (answer.status_code, answer["Location"]) == (302, "/watchlist/")
    assert selectors.unread_notifications(alice) == 0


def test_nobody_reads_another_members_alerts(charlies, alice, charlie):
    tell(alice)
    told = Notification.objects.get()

    assert charlies.post(f"/alerts/{told.pk}/open/").status_code == 404
    services.mark_read(membership=charlie, notification_ids=[told.pk])
    assert "Hidden Creek" not in charlies.get("/alerts/").content.decode()
    assert selectors.unread_notifications(alice) == 1


def test_the_centre_counts_pages_and_marks_all_as_read(alices, alice):
    for number in range(30):
        tell(alice, key=f"price:{number}")

    first = alices.get("/alerts/")
    second = alices.get("/alerts/", {"cursor": first.context["page"].next})
    alices.post("/alerts/read/")

    assert (len(first.context["page"].results), len(second.context["page"].results)) == (24, 6)
    assert first.context["unread_count"] == 30
    assert alices.get("/alerts/").context["unread_count"] == 0


def test_a_cursor_of_nobodys_making_shows_the_first_page(alices):
    assert alices.get("/alerts/", {"cursor": "x" * 30})["Location"] == "/alerts/"


def test_choices_are_kept_as_the_form_was_sent(alices, alice):
    alices.post("/alerts/choices/", {"wanted": ["price_drop:in_app", "price_drop:smoke", "nothing"]})

    chosen = selectors.notification_choices(alice.pk)
    assert chosen[Kind.PRICE_DROP, Channel.IN_APP]
    assert not chosen[Kind.PRICE_DROP, Channel.EMAIL]
    assert alices.get("/alerts/choices/").content.decode().count(" checked") == 1


def test_the_link_of_a_letter_asks_first_and_ends_the_letters_when_told_to(alice):
    tell(alice)
    events.deliver_all()
    path = stop_path(mail.outbox[0])
    anybody = Client(enforce_csrf_checks=True)

    asked = anybody.get(path)
    wanted_after_looking = selectors.wanted_channels(membership_id=alice.pk, kind=Kind.PRICE_DROP)
    done = anybody.post(path, {"List-Unsubscribe": "One-Click"})

    assert (asked.status_code, done.status_code) == (200, 200)
    assert wanted_after_looking == set(Channel)
    assert selectors.wanted_channels(membership_id=alice.pk, kind=Kind.PRICE_DROP) == set(Channel) - {Channel.EMAIL}
    assert mail.outbox[0].extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert path in mail.outbox[0].body


def test_a_link_that_was_changed_ends_nothing(alice):
    tell(alice)
    events.deliver_all()
    path = stop_path(mail.outbox[0])

    assert Client().post(f"{path[:-2]}x/").status_code == 404
    assert selectors.wanted_channels(membership_id=alice.pk, kind=Kind.PRICE_DROP) == set(Channel)
