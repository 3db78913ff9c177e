"""Domain events: how a lower app tells the apps above what happened.

``publish`` writes an outbox row in the caller's transaction. After the commit a task delivers it; a sweep every
ten seconds delivers what was missed. Delivery is at least once and each handler has a transaction of its own
making, so handlers must be idempotent. Only the apps above subscribe, in ``AppConfig.ready``.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, ClassVar, Final, TypeVar, cast, dataclass_transform
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Count, Min, Q
from psycopg.types.json import Jsonb

from aiqleads.core import clock
from aiqleads.core.errands import Errand
from aiqleads.core.models import OutboxEvent

log = structlog.get_logger(__name__)

BATCH: Final = 50
MAX_ATTEMPTS: Final = 12
SWEEP_SECONDS: Final = 10
_OUTBOX_LOCK: Final = 0x0A1B0B
_WRITE: Final = """
INSERT INTO core_outboxevent (name, payload, is_urgent, attempts, last_error)
SELECT told.*, 0, '' FROM unnest(%s::text[], %s::jsonb[], %s::boolean[]) told
"""
_DELIVERY: Final = Errand("outbox")
_is_delivering: ContextVar[bool] = ContextVar("is_delivering", default=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Base of all events. Fields are ids, numbers, texts from closed lists and ISO times."""

    name: ClassVar[str]
    is_urgent: ClassVar[bool]


E = TypeVar("E", bound=DomainEvent)
Handler = Callable[[Any], None]
ManyHandler = Callable[[Sequence[Any]], None]

_EVENTS: dict[str, type[DomainEvent]] = {}
_HANDLERS: dict[str, list[Handler]] = defaultdict(list)
_MANY_HANDLERS: dict[str, ManyHandler] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def dataclass_event(name: str, *, is_urgent: bool = False) -> Callable[[type[E]], type[E]]:
    """Make a class the frozen, keyword-only dataclass of the event ``name`` (``"lead.scored"``).

    :param is_urgent: somebody looks at a page that has to show it: delivered before events that are not
    """

    def register(cls: type[E]) -> type[E]:
        made = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        made.name, made.is_urgent = name, is_urgent
        _EVENTS[name] = made
        return made

    return register


def subscribe(cls: type[E], handler: Callable[[E], None]) -> None:
    """Call ``handler`` for every delivered event of type ``cls``; subscribing twice is the same as once."""
    if handler not in _HANDLERS[cls.name]:
        _HANDLERS[cls.name].append(handler)


def subscribe_many(cls: type[E], handler: Callable[[Sequence[E]], None]) -> None:
    """Call ``handler`` once for the events of type ``cls`` that are due together; the last one given stands.

    Where it fails it is called again for each event alone, so that a bad one does not hold up the others: it must
    do all of its work or none.
    """
    _MANY_HANDLERS[cls.name] = handler


def forget_handlers(cls: type[DomainEvent]) -> None:
    """Drop every subscription to ``cls``."""
    _HANDLERS.pop(cls.name, None)
    _MANY_HANDLERS.pop(cls.name, None)


def publish(*events: DomainEvent) -> None:
    """Write ``events`` to the outbox. Joins the caller's transaction, and refuses to run without one."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an event is published with the fact that it tells")
    with connection.cursor() as cursor:  # at every hold and sale: Django takes longer to write this than to send it
        names = [item.name for item in events]
        payloads = [Jsonb(_payload(item)) for item in events]
        cursor.execute(_WRITE, [names, payloads, [item.is_urgent for item in events]])
    transaction.on_commit(_request_delivery, robust=True)


def _payload(item: DomainEvent) -> dict[str, Any]:
    return {
        key: str(value) if isinstance(value, UUID) else value
        for key, value in dataclasses.asdict(cast("Any", item)).items()
    }


def _read(row: OutboxEvent) -> DomainEvent:
    cls = _EVENTS[row.name]
    ids = {field.name for field in dataclasses.fields(cast("Any", cls)) if field.type is UUID}
    return cls(**{key: UUID(value) if key in ids else value for key, value in row.payload.items()})


def _request_delivery() -> None:
    """Ask a worker to deliver now; a deliverer looks again by itself."""
    from aiqleads.core.tasks import deliver_events  # noqa: PLC0415  (tasks call this module)

    if not _is_delivering.get():
        _DELIVERY.ask(deliver_events.delay)


def deliver_when_asked() -> int:
    """Deliver all that is due, as a worker who was asked; whoever commits from now on asks again."""
    _DELIVERY.begin()
    return deliver_all()


def deliver_pending(*, limit: int = BATCH) -> int:
    """Deliver up to ``limit`` due events, urgent ones first, then the oldest; return how many were settled.

    One deliverer works at a time (advisory lock); a second returns 0 at once. An event whose handler fails is
    tried again later, at growing intervals, and does not hold up the others.

    No commit waits for the disk: they reach it in order, so a crash that loses what a handler did loses the mark
    that it was done too, and the event is delivered again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_OUTBOX_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        try:
            cursor.execute("SET synchronous_commit = off")
            return _deliver_batch(limit)
        finally:
            cursor.execute("RESET synchronous_commit")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_OUTBOX_LOCK])


def deliver_all() -> int:
    """Deliver until nothing is due, the events that handlers publish included; return how many."""
    total, token = 0, _is_delivering.set(True)
    try:
        while settled := deliver_pending():
            total += settled
    finally:
        _is_delivering.reset(token)
    return total


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Events that were not delivered yet. ``given_up`` of them will not be tried again."""

    waiting: int
    given_up: int
    oldest_at: datetime | None


def backlog() -> Backlog:
    """What the outbox still holds."""
    undelivered = OutboxEvent.objects.filter(delivered_at=None).aggregate(
        waiting=Count("pk", filter=Q(attempts__lt=MAX_ATTEMPTS)),
        given_up=Count("pk", filter=Q(attempts__gte=MAX_ATTEMPTS)),
        oldest_at=Min("created_at"),
    )
    return Backlog(**undelivered)


def _deliver_batch(limit: int) -> int:
    due = OutboxEvent.objects.filter(delivered_at=None, retry_at__lte=clock.Now(), attempts__lt=MAX_ATTEMPTS)
    rows = due.order_by("-is_urgent", "id")[:limit]
    alike = groupby(rows, key=lambda row: (row.is_urgent, row.name))
    return sum(_deliver_alike(list(neighbours)) for _, neighbours in alike)


def _deliver_alike(rows: list[OutboxEvent]) -> int:
    """Deliver neighbours of one name: together where somebody takes them so, else or after a failure one by one."""
    if len(rows) > 1 and rows[0].name in _MANY_HANDLERS and not _HANDLERS[rows[0].name]:
        try:
            _MANY_HANDLERS[rows[0].name]([_read(row) for row in rows])
        except Exception:  # whatever failed, each is tried alone and its own failure is kept with it
            log.exception("outbox.batch_failed", event_name=rows[0].name)
        else:
            return OutboxEvent.objects.filter(pk__in=[row.pk for row in rows]).update(delivered_at=clock.Now())
    return sum(_deliver(row) for row in rows)


def _deliver(row: OutboxEvent) -> bool:
    try:
        item = _read(row)
        if row.name in _MANY_HANDLERS:
            _MANY_HANDLERS[row.name]([item])
        for handler in _HANDLERS[row.name]:
            handler(item)
    except Exception as error:
        log.exception("outbox.handler_failed", event_name=row.name, event_id=row.pk)
        row.attempts += 1
        row.last_error = type(error).__name__
        row.retry_at = clock.now() + timedelta(seconds=min(2**row.attempts, 600))
        row.save(update_fields=["attempts", "last_error", "retry_at"])
        return False
    OutboxEvent.objects.filter(pk=row.pk).update(delivered_at=clock.Now())
    return True
