"""The outbox: written with the fact, delivered at least once, in order, past failures."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from aiqleads.core import events
from aiqleads.core.events import DomainEvent, dataclass_event, subscribe_many
from aiqleads.core.models import OutboxEvent

pytestmark = pytest.mark.django_db


@dataclass_event("test.happened")
class Happened(DomainEvent):
    thing_id: UUID
    count: int


@dataclass_event("test.awaited", is_urgent=True)
class Awaited(DomainEvent):
    """Somebody looks at a page that shows it."""


@pytest.fixture
def subscribe() -> Iterator[Callable[[Callable[[Any], None]], None]]:
    events.forget_handlers(Happened)
    yield lambda handler: events.subscribe(Happened, handler)
    events.forget_handlers(Happened)


def test_a_published_event_reaches_its_subscriber_once(subscribe):
    heard: list[Happened] = []
    subscribe(heard.append)
    thing = uuid4()

    events.publish(Happened(thing_id=thing, count=2))
    delivered = [events.deliver_all(), events.deliver_all()]

    assert delivered == [1, 0]
    assert heard == [Happened(thing_id=thing, count=2)]


def test_what_somebody_waits_for_does_not_stand_behind_the_rest(subscribe):
    heard: list[str] = []
    subscribe(lambda item: heard.append(item.name))
    events.subscribe(Awaited, lambda item: heard.append(item.name))
    events.publish(*(Happened(thing_id=uuid4(), count=number) for number in range(3)), Awaited())

    events.deliver_all()
    events.forget_handlers(Awaited)

    assert heard == ["test.awaited", "test.happened", "test.happened", "test.happened"]


def test_a_fact_that_is_rolled_back_is_never_told(subscribe):
    heard: list[Happened] = []
    subscribe(heard.append)

    with pytest.raises(RuntimeError), transaction.atomic():
        events.publish(Happened(thing_id=uuid4(), count=1))
        raise RuntimeError

    assert events.deliver_all() == 0
    assert heard == []


def test_a_failing_handler_is_tried_again_later_and_holds_up_nobody(subscribe, clock):
    heard: list[int] = []

    def stumble_once(item: Happened) -> None:
        if item.count == 1 and 1 not in heard:
            heard.append(1)
            raise ValueError
        heard.append(item.count)

    subscribe(stumble_once)
    events.publish(Happened(thing_id=uuid4(), count=1), Happened(thing_id=uuid4(), count=2))

    events.deliver_all()
    clock.advance(seconds=10)
    events.deliver_all()

    assert heard == [1, 2, 1]
    assert not OutboxEvent.objects.filter(delivered_at=None).exists()


def test_who_takes_many_at_once_is_called_once_and_one_by_one_after_a_failure(subscribe):
    calls: list[list[int]] = []

    def refuse_two(items: Sequence[Happened]) -> None:
        calls.append([item.count for item in items])
        if any(item.count == 2 for item in items):
            raise ValueError

    subscribe_many(Happened, refuse_two)
    events.publish(*(Happened(thing_id=uuid4(), count=number) for number in (3, 4)))
    together = events.deliver_all()
    events.publish(*(Happened(thing_id=uuid4(), count=number) for number in (1, 2, 3)))

    assert (together, events.deliver_all()) == (2, 2)
    assert calls == [[3, 4], [1, 2, 3], [1], [2], [3]]
    assert [row.payload["count"] for row in OutboxEvent.objects.filter(delivered_at=None)] == [2]


@pytest.mark.parametrize(("name", "payload"), [("test.unknown", {}), (Happened.name, {"thing_id": "none"})])
def test_an_event_that_cannot_be_read_holds_up_nobody(subscribe, name, payload):
    heard: list[Happened] = []
    subscribe(heard.append)
    OutboxEvent.objects.create(name=name, payload=payload)
    events.publish(Happened(thing_id=uuid4(), count=1))

    delivered = events.deliver_all()

    assert (delivered, len(heard)) == (1, 1)
    assert OutboxEvent.objects.get(delivered_at=None).attempts == 1


def test_an_event_that_always_fails_is_given_up_and_kept(subscribe, clock):
    def fail(_item: Happened) -> None:
        raise ValueError

    subscribe(fail)
    events.publish(Happened(thing_id=uuid4(), count=1))

    for _ in range(events.MAX_ATTEMPTS + 3):
        events.deliver_all()
        clock.advance(hours=1)

    row = OutboxEvent.objects.get()
    assert (row.attempts, row.delivered_at, row.last_error) == (events.MAX_ATTEMPTS, None, "ValueError")


@pytest.mark.django_db(transaction=True)
def test_what_a_handler_publishes_is_delivered_by_the_same_round_and_the_session_is_left_as_it_was(subscribe):
    heard: list[int] = []

    def once_more(item: Happened) -> None:
        heard.append(item.count)
        if item.count < 3:
            with transaction.atomic():
                events.publish(Happened(thing_id=item.thing_id, count=item.count + 1))

    subscribe(once_more)
    with transaction.atomic():
        events.publish(Happened(thing_id=uuid4(), count=1))

    assert (events.deliver_all(), heard) == (3, [1, 2, 3])
    with connection.cursor() as cursor:
        cursor.execute("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
        assert cursor.fetchone() != ("session",)


def test_a_worker_is_asked_once_until_it_begins_and_sees_all_that_was_told_before(
    subscribe, django_capture_on_commit_callbacks
):
    heard: list[int] = []
    subscribe(lambda item: heard.append(item.count))
    asked = []
    for number in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            events.publish(Happened(thing_id=uuid4(), count=number))
        asked.append(cache.get("outbox:asked"))

    events.deliver_when_asked()

    assert asked == [True, True]
    assert heard == [0, 1]
    assert cache.get("outbox:asked") is None
