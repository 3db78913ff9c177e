"""What was bought reaches its buyer: queued with the sale, sent at least once, over when the lead comes back."""

import json
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from standardwebhooks.webhooks import Webhook

from accounts.errors import NotYourRole
from aiqleads.core import alerts, events
from aiqleads.core import clock as core_clock
from aiqleads.core.models import OutboxEvent
from leads.models import Contact
from marketplace import errors, services
from marketplace.models import Delivery, DeliveryEvent, DeliveryTry, Notification, Receiver
from marketplace.return_rules import Reason
from marketplace.services import delivering, sending
from tests.marketplace.receiving import receiving
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db

State = Delivery.State
Channel = Delivery.Channel
SALE = [DeliveryEvent.PURCHASED]


@pytest.fixture
def known_owner(lead):
    """The lead's owner, who asked for e-mail in an advert; the number was checked against no list."""
    Contact.objects.create(
        lead=lead,
        observation=lead.observations.get(),
        name="Casey Homeowner",
        phone="+15125550142",
        is_phone_fictitious=True,
        email="casey.home@example.com",
    )
    return lead


def hook(member, receiver, events=SALE):
    return services.add_webhook(member=member, url=receiver.url, events=events)


def only(channel=Channel.WEBHOOK):
    return Delivery.objects.get(channel=channel)


def come_back(purchase, olga):
    asked = services.request_return(
        purchase_id=purchase.pk, buyer=purchase.membership, reason=Reason.NOT_THE_OWNER, explanation="A tenant."
    )
    services.decide_return(return_id=asked.pk, is_accepted=True, says="Agreed.", actor_id=olga.pk)


def test_a_purchase_goes_by_every_channel_of_its_buyer(alice, known_owner):
    with receiving() as receiver:
        kept = hook(alice, receiver)
        purchase = buy(known_owner, alice)
        queued = set(Delivery.objects.values_list("channel", "state"))

        assert services.send_due() == 2
        assert services.send_due() == 0

    assert queued == {("in_app", "delivered"), ("email", "waiting"), ("webhook", "waiting")}
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}
    [(headers, body)] = receiver.got
    told = Webhook(kept.secret).verify(body, headers)
    assert headers["webhook-id"] == told["id"] == str(only().pk)
    assert told["type"] == "lead.purchased"
    assert told["data"]["purchase"]["id"] == str(purchase.pk)
    assert told["data"]["address_line"] == known_owner.address_line
    [contact] = told["data"]["contacts"]
    assert (contact["name"], contact["email"]) == ("Casey Homeowner", "casey.home@example.com")


def test_a_number_that_may_not_be_used_leaves_by_no_channel(alice, known_owner):
    with receiving() as receiver:
        hook(alice, receiver)
        buy(known_owner, alice)
        services.send_due()

    [(_, body)] = receiver.got
    assert json.loads(body)["data"]["contacts"][0]["phone"] is None
    [letter] = mail.outbox
    assert letter.subject == "Your lead in Austin, TX"
    assert letter.to == ["alice@example.com"]
    html = letter.alternatives[0][0]
    for words in (letter.body, html):
        assert "casey.home@example.com" in words
        assert "5550142" not in words.replace("-", "").replace(" ", "")
        assert "reserved for fiction" in words


def test_an_owner_who_lives_elsewhere_is_written_to_there(alice, lead):
    sighting = lead.observations.get()
    sighting.raw = {"details": {"mailing_address": "9 Elsewhere Lane, Reno, NV 89501"}}
    sighting.save(update_fields=["raw"])
    with receiving() as receiver:
        hook(alice, receiver)
        buy(lead, alice)
        services.send_due()

    [(_, body)] = receiver.got
    assert json.loads(body)["data"]["post_address"] == "9 Elsewhere Lane, Reno, NV 89501"
    assert "9 Elsewhere Lane" in mail.outbox[0].body
    assert "9 Elsewhere Lane" in mail.outbox[0].alternatives[0][0]


def test_a_source_whose_right_was_lost_hands_out_nothing_more(alice, known_owner, clock):
    with receiving() as receiver:
        hook(alice, receiver)
        buy(known_owner, alice)
        clock.advance(days=1)
        ended = DateTimeTZRange(datetime(2020, 1, 1, tzinfo=UTC), core_clock.now())
        known_owner.observations.get().source.rights.update(during=ended)
        clock.advance(seconds=1)
        Delivery.objects.update(round_at=core_clock.now())
        services.send_due()

    [(_, body)] = receiver.got
    assert json.loads(body)["data"]["contacts"] == []


def test_no_row_holds_a_personal_value(alice, known_owner):
    with receiving() as receiver:
        hook(alice, receiver)
        buy(known_owner, alice)
        services.send_due()

    with connection.cursor() as cursor:
        cursor.execute("SELECT d::text, t::text FROM marketplace_delivery d JOIN marketplace_deliverytry t ON true")
        kept = str(cursor.fetchall())
    assert "casey" not in kept.lower()
    assert known_owner.address_line not in kept
    assert only().shape["data"]["contacts"] == [
        {"name": "text", "phone": "nothing", "email": "text", "source_name": "text", "objection": "text"}
    ]


def test_copies_bought_as_one_are_delivered_once(alice, make_lead, grant):
    lead = make_lead(copies=3)
    grant(alice, 100)
    services.hold_lead(lead_id=lead.pk, buyer=alice, copies="all")
    services.check_out(buyer=alice, idempotency_key="k")

    services.send_due()

    assert len(mail.outbox) == 1
    assert Delivery.objects.filter(channel=Channel.IN_APP).count() == 1


def test_who_wants_no_letters_gets_none(alice, lead):
    services.choose_letters(member=alice, is_mailed=False)

    buy(lead, alice)
    services.send_due()

    assert mail.outbox == []


def test_a_failing_receiver_is_tried_eight_times_at_the_promised_pauses_and_its_owner_told(alice, lead, clock):
    with receiving(status=503) as receiver:
        hook(alice, receiver)
        buy(lead, alice)
        services.send_due()
        for pause in sending.PAUSES:
            made = len(receiver.got)
            clock.advance(seconds=pause.total_seconds() - 30)
            services.send_due()
            assert len(receiver.got) == made
            clock.advance(seconds=31)
            services.send_due()
            assert len(receiver.got) == made + 1

    assert len(receiver.got) == sending.MOST_TRIES
    assert len(set(receiver.ids)) == 1
    assert only().state == State.DEAD
    assert set(only().all_tries.values_list("status", flat=True)) == {503}
    assert [alert.key for alert in alerts.open_alerts()] == [f"delivery.dead:{only().receiver_id}"]
    told = Notification.objects.get(kind=Notification.Kind.DELIVERY_FAILED)
    assert (told.membership, told.says[:13]) == (alice, "Not delivered")


def test_a_busy_receiver_is_left_alone_as_long_as_it_asks(alice, lead, clock):
    with receiving(status=429, headers={"Retry-After": "1800"}) as receiver:
        hook(alice, receiver)
        buy(lead, alice)
        services.send_due()
        clock.advance(minutes=29)
        services.send_due()
        assert len(receiver.got) == 1
        receiver.status = 204
        clock.advance(minutes=2)
        services.send_due()

    assert len(receiver.got) == 2
    assert only().state == State.DELIVERED


def test_a_replay_has_the_same_id_and_mends_what_was_given_up(alice, lead, clock):
    with receiving(status=500) as receiver:
        hook(alice, receiver)
        buy(lead, alice)
        services.send_due()
        clock.advance(days=2)
        services.send_due()
        receiver.status = 200
        services.replay_delivery(delivery_id=only().pk, buyer=alice)
        services.send_due()

    assert only().state == State.DELIVERED
    assert receiver.ids == [str(only().pk)] * 2
    assert not alerts.open_alerts().exists()


def test_everything_that_was_given_up_is_sent_again_at_once(alice, charlie, make_lead, clock):
    with receiving(status=500) as receiver:
        kept = hook(alice, receiver)
        for _ in range(2):
            buy(make_lead(), alice)
        services.send_due()
        clock.advance(days=2)
        services.send_due()
        receiver.status = 200
        with pytest.raises(Receiver.DoesNotExist):
            services.replay_given_up(receiver_id=kept.pk, buyer=charlie)
        assert services.replay_given_up(receiver_id=kept.pk, buyer=alice) == 2
        assert services.replay_given_up(receiver_id=kept.pk, buyer=alice) == 0
        services.send_due()

    assert set(Delivery.objects.filter(channel=Channel.WEBHOOK).values_list("state", flat=True)) == {
        State.DELIVERED
    }


def test_a_replay_that_met_a_return_is_called_back_and_holds_up_nothing(alice, make_lead, olga):
    purchase = buy(make_lead(), alice)
    services.send_due()
    come_back(purchase, olga)
    met = Delivery.objects.filter(channel=Channel.EMAIL)
    met.update(state=State.WAITING, settled_at=None, due_at=purchase.bought_at)
    buy(make_lead(), alice)

    services.send_due()

    assert len(mail.outbox) == 2
    assert set(met.values_list("state", flat=True)) == {State.CANCELLED, State.DELIVERED}


def test_a_receiver_that_is_gone_is_switched_off_and_its_owner_told(alice, lead, make_lead):
    with receiving(status=410) as receiver:
        kept = hook(alice, receiver)
        buy(lead, alice)
        services.send_due()
        buy(make_lead(), alice)
        services.send_due()

    kept.refresh_from_db()
    assert (kept.is_on, len(receiver.got)) == (False, 1)
    assert only().state == State.DEAD
    assert Notification.objects.get(kind=Notification.Kind.DELIVERY_FAILED).membership == alice
    with pytest.raises(errors.DeliveryNotReplayed, match="switched off"):
        services.replay_delivery(delivery_id=only().pk, buyer=alice)


def test_what_comes_back_before_it_was_sent_is_called_back_for_good(alice, lead, olga):
    with receiving() as receiver:
        hook(alice, receiver)
        purchase = buy(lead, alice)
        come_back(purchase, olga)
        services.send_due()

        assert (receiver.got, mail.outbox) == ([], [])
    assert set(Delivery.objects.exclude(channel=Channel.IN_APP).values_list("state", flat=True)) == {
        State.CANCELLED
    }
    with pytest.raises(errors.DeliveryNotReplayed):
        services.replay_delivery(delivery_id=only().pk, buyer=alice)


def test_what_comes_back_between_taking_and_sending_is_not_sent(alice, lead, olga):
    with receiving() as receiver:
        hook(alice, receiver)
        purchase = buy(lead, alice)
        taken = sending.take_due()
        come_back(purchase, olga)

        assert sending.shares_of(taken) == {}
    assert only().state == State.CANCELLED


def test_a_delivered_purchase_that_came_back_is_not_sent_again(alice, lead, olga):
    purchase = buy(lead, alice)
    services.send_due()
    come_back(purchase, olga)

    with pytest.raises(errors.DeliveryNotReplayed, match="gave this lead back"):
        services.replay_delivery(delivery_id=only(Channel.EMAIL).pk, buyer=alice)
    assert len(mail.outbox) == 1


def test_a_worker_that_dies_between_sending_and_noting_sends_again_under_the_same_id(alice, lead, clock):
    with receiving() as receiver:
        services.choose_letters(member=alice, is_mailed=False)
        hook(alice, receiver)
        buy(lead, alice)
        sending.take_due()  # and dies
        assert services.send_due() == 0
        clock.advance(seconds=sending.LEASE.total_seconds() + 1)
        assert services.send_due() == 1

    first, second = DeliveryTry.objects.order_by("number")
    assert (first.error, second.status) == ("interrupted", 200)
    assert receiver.ids == [str(only().pk)]


def test_a_worker_that_comes_back_late_changes_nothing(alice, lead, clock):
    with receiving(status=500) as receiver:
        services.choose_letters(member=alice, is_mailed=False)
        hook(alice, receiver)
        buy(lead, alice)
        [late] = sending.take_due()
        clock.advance(seconds=sending.LEASE.total_seconds() + 1)
        receiver.status = 200
        services.send_due()
        sending.note(late, sending.Answer(status=500, duration_ms=1))

    assert only().state == State.DELIVERED


def test_one_slow_receiver_takes_no_more_than_its_share_of_a_batch(alice, make_lead):
    with receiving() as receiver:
        services.choose_letters(member=alice, is_mailed=False)
        hook(alice, receiver)
        for _ in range(sending.AT_ONCE + 2):
            buy(make_lead(), alice)

        assert len(sending.take_due()) == sending.AT_ONCE


def test_a_slow_receiver_delays_nobody_else(alice, charlie, make_lead):
    for buyer in (alice, charlie):
        services.choose_letters(member=buyer, is_mailed=False)
    with receiving() as quick, receiving(until=lambda: len(quick.got) > sending.AT_ONCE) as slow:
        hook(alice, slow)
        hook(charlie, quick)
        for buyer in [alice] + [charlie] * (sending.AT_ONCE + 1):
            buy(make_lead(), buyer)

        assert services.send_due() == sending.AT_ONCE + 2

    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}
    assert DeliveryTry.objects.filter(duration_ms__gt=9_000).count() == 0


def test_a_receiver_that_fails_rests_while_others_go_on(alice, charlie, make_lead):
    with receiving(status=500) as broken, receiving() as sound:
        hook(alice, broken)
        hook(charlie, sound)
        for _ in range(6):
            buy(make_lead(), alice)
        buy(make_lead(), charlie)
        services.send_due()

        assert (len(broken.got), len(sound.got)) == (sending.AT_ONCE, 1)
    assert Receiver.objects.get(organisation=alice.organisation).failures == 1


def test_a_decided_return_is_told(alice, lead, olga):
    with receiving() as receiver:
        hook(alice, receiver, [DeliveryEvent.RETURN_DECIDED])
        come_back(buy(lead, alice), olga)
        services.send_due()

    [(_, body)] = receiver.got
    told = json.loads(body)
    assert (told["type"], told["data"]["decision"]) == ("return.decided", "accepted")
    assert told["data"]["credited_credits"] == 10


def test_a_hold_that_ended_by_itself_is_told_once(alice, lead, clock):
    with receiving() as receiver:
        hook(alice, receiver, [DeliveryEvent.HOLD_ENDED])
        services.hold_lead(lead_id=lead.pk, buyer=alice)
        assert services.queue_ended_holds() == 0
        clock.advance(minutes=31)
        assert services.queue_ended_holds() == 1
        assert services.queue_ended_holds() == 0
        services.send_due()

    [(_, body)] = receiver.got
    assert json.loads(body)["data"]["lead"] == str(lead.pk)


def test_nobody_replays_what_is_another_organisations(alice, bob, charlie, lead):
    buy(lead, alice)
    services.send_due()
    sent = only(Channel.EMAIL)

    with pytest.raises(Delivery.DoesNotExist):
        services.replay_delivery(delivery_id=sent.pk, buyer=charlie)
    with pytest.raises(NotYourRole):
        services.replay_delivery(delivery_id=sent.pk, buyer=bob)
    sent.refresh_from_db()
    assert sent.state == State.DELIVERED


def test_an_owner_who_asks_for_deletion_stops_what_is_on_its_way(alice, lead):
    buy(lead, alice)

    services.recall_lead(lead_id=lead.pk, why="Its owner had the lead deleted.")
    services.send_due()

    assert mail.outbox == []
    assert only(Channel.EMAIL).why == "Its owner had the lead deleted."


def test_an_event_that_comes_twice_delivers_a_price_drop_once(alice, lead):
    with receiving() as receiver:
        hook(alice, receiver, [DeliveryEvent.PRICE_DROPPED])
        services.watch_lead(lead_id=lead.pk, member=alice)
        lead.listing.price_credits = 7
        lead.listing.save(update_fields=["price_credits"])
        for _ in range(2):
            services.tell_watchers_of_price(lead_id=lead.pk)
        events.deliver_all()
        OutboxEvent.objects.update(delivered_at=None)
        events.deliver_all()
        services.send_due()

    [(_, body)] = receiver.got
    assert json.loads(body)["data"]["list_price_before_credits"] == 10


def test_what_was_delivered_long_ago_is_forgotten_but_that_it_was(alice, make_lead, clock):
    with receiving() as receiver:
        hooked = hook(alice, receiver, [DeliveryEvent.PURCHASED, DeliveryEvent.HOLD_ENDED])
        services.rotate_secret(member=alice, receiver_id=hooked.pk)
        buy(make_lead(), alice)
        services.release_claim(claim_id=services.hold_lead(lead_id=make_lead().pk, buyer=alice).pk, buyer=alice)
        services.queue_ended_holds()
        services.send_due()
        clock.advance(days=delivering.KEPT_FOR.days - 1)
        assert services.forget_deliveries() == 0
        assert DeliveryTry.objects.count() == 3

        clock.advance(days=2)
        assert services.forget_deliveries() == 1

    kept = Delivery.objects.order_by("channel").values_list("channel", "state", "shape", "all_tries")
    assert [*kept] == [(channel, State.DELIVERED, None, None) for channel in ("email", "in_app", "webhook")]
    hooked.refresh_from_db()
    assert (hooked.old_secret, bool(hooked.secret)) == (None, True)


TRY_OF_OUR_OWN = (
    "INSERT INTO marketplace_deliverytry (delivery_id, number, error, started_at) SELECT id, 9, '', now() "
    "FROM marketplace_delivery WHERE channel = 'in_app'"
)
BREAK_INS = {
    "delivery_to_its_buyer": (
        "UPDATE marketplace_delivery SET organisation_id = %(other)s WHERE channel = 'email'",
        "DROP TRIGGER delivery_guard ON marketplace_delivery",
    ),
    "delivery_written_once": (
        "UPDATE marketplace_delivery SET key = 'x' WHERE channel = 'email'",
        "DROP TRIGGER delivery_guard ON marketplace_delivery",
    ),
    "delivery_queued_once": (
        """INSERT INTO marketplace_delivery SELECT (jsonb_populate_record(d, jsonb_build_object('id',
           gen_random_uuid()))).* FROM marketplace_delivery d WHERE channel = 'email'""",
        "ALTER TABLE marketplace_delivery DROP CONSTRAINT delivery_queued_once",
    ),
    "one_try_at_a_time": (
        """INSERT INTO marketplace_deliverytry (delivery_id, number, error, started_at) SELECT id, n, '', now()
           FROM marketplace_delivery, generate_series(5, 6) n WHERE channel = 'email'""",
        "DROP INDEX one_try_at_a_time",
    ),
    "try_of_a_waiting_delivery": (
        TRY_OF_OUR_OWN,
        "DROP TRIGGER try_guard ON marketplace_deliverytry",
    ),
}


@pytest.mark.parametrize("guard", BREAK_INS)
def test_each_guard_stops_what_it_names_and_nothing_else_does(guard, alice, charlie, lead):
    buy(lead, alice)
    break_in, drop = BREAK_INS[guard]
    told = {"other": charlie.organisation_id}

    with connection.cursor() as cursor:
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            cursor.execute(break_in, told)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the table cannot be altered in this transaction
        cursor.execute(drop)
        cursor.execute(break_in, told)

    assert refused.value.__cause__.diag.constraint_name == guard


@pytest.mark.parametrize(
    ("guard", "break_in"),
    [
        ("delivery_cancelled_for_good", "UPDATE marketplace_delivery SET state = 'waiting', settled_at = NULL"),
        (
            "delivery_of_a_sale",
            "UPDATE marketplace_delivery SET state = 'waiting', settled_at = NULL WHERE channel = 'in_app'; "
            + TRY_OF_OUR_OWN,
        ),
    ],
)
def test_what_came_back_is_sent_only_where_its_guard_was_dropped(guard, break_in, alice, lead, olga):
    come_back(buy(lead, alice), olga)

    with connection.cursor() as cursor:
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            cursor.execute(break_in)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP TRIGGER delivery_guard ON marketplace_delivery")
        cursor.execute("DROP TRIGGER try_guard ON marketplace_deliverytry")
        cursor.execute(break_in)

    assert refused.value.__cause__.diag.constraint_name == guard
