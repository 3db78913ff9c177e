"""Erasing a person everywhere: suppressed first, then one holder after the other, each in its own transaction.

Whatever is killed half-way goes on where it was: a step per holder says what is done, and again is harmless.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts import errors
from accounts.events import PersonErased
from accounts.models import Erasure, ErasureStep, Suppression
from accounts.privacy import holders, journal
from accounts.privacy.people import Mark, Person
from accounts.services.suppression import suppress_marks
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.alerts import Finding
from aiqleads.core.errands import Errand

log = structlog.get_logger(__name__)

AREA: Final = "erasure.stuck"
_CARRYING_ON: Final = Errand("erasures")
_REPLAYING: Final = Errand("erasures.replay")
STUCK_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an erasure did: counts by holder and model; finished once every holder has done its part."""

    erasure_id: UUID
    is_finished: bool
    counts: dict[str, dict[str, int]]
    waiting: tuple[str, ...]
    unsure_leads: tuple[str, ...] = ()


def erase_person(
    person: Person,
    *,
    why: Suppression.Why = Suppression.Why.ERASED,
    request_id: UUID | None = None,
    deletion_list_id: UUID | None = None,
    actor_id: int | None = None,
) -> Report:
    """Erase somebody everywhere, as far as it goes now; a sweep carries on with the rest.

    :param person: what is proven of them; nothing else finds anything
    :raises NobodyToErase: neither an e-mail, a telephone, a name with an address, nor a lead is known
    """
    begun = begin_erasure(
        person, why=why, request_id=request_id, deletion_list_id=deletion_list_id, actor_id=actor_id
    )
    return carry_on(erasure_id=begun.pk)


def begin_erasure(
    person: Person,
    *,
    why: Suppression.Why = Suppression.Why.ERASED,
    request_id: UUID | None = None,
    deletion_list_id: UUID | None = None,
    actor_id: int | None = None,
) -> Erasure:
    """Suppress somebody and note what every holder has to do; nothing is erased yet. Once per request.

    :raises NobodyToErase: as ``erase_person``
    """
    if not person.is_known_by_something:
        raise errors.NobodyToErase("Say an e-mail address, a telephone number, or a name and an address.")
    known = holders.widened(person)
    begun = _begin(known, why=why, request_id=request_id, deletion_list_id=deletion_list_id, actor_id=actor_id)
    write_journal()
    return begun


@transactions.write
def _begin(
    person: Person,
    *,
    why: Suppression.Why,
    request_id: UUID | None,
    deletion_list_id: UUID | None,
    actor_id: int | None,
    erasure_id: UUID | None = None,
) -> Erasure:
    before = Erasure.objects.filter(request_id=request_id).first() if request_id else None
    if before is not None:
        return before
    marks = person.kept_out()
    begun = Erasure(
        request_id=request_id,
        deletion_list_id=deletion_list_id,
        person=person.document(),
        marks=[[mark.kind, list(mark.hashes)] for mark in marks],
        lead_ids=sorted(person.leads),
        **({"pk": erasure_id} if erasure_id else {}),
    )
    suppress_marks(marks, why, cause_id=begun.pk)
    begun.save(force_insert=True)
    ErasureStep.objects.bulk_create(
        ErasureStep(erasure=begun, number=number, holder=holder.name)
        for number, holder in enumerate(holders.everywhere(), start=1)
    )
    audit.record(actor_id=actor_id, action="erasure.begun", subject=begun, why=str(why), marks=len(marks))
    return begun


def write_journal() -> int:
    """Put every erasure into the journal that is not there yet; return how many. Safe to run again."""
    missing = list(Erasure.objects.filter(journaled_at=None).order_by("begun_at", "pk"))
    if missing:
        journal.append(settings.ERASURE_JOURNAL, [_entry(erasure) for erasure in missing])
        Erasure.objects.filter(pk__in=[erasure.pk for erasure in missing]).update(journaled_at=clock.Now())
    return len(missing)


def _entry(erasure: Erasure) -> journal.Entry:
    return journal.Entry(
        erasure_id=erasure.pk,
        at=erasure.begun_at.isoformat(),
        marks=tuple(_marks(erasure.marks)),
        leads=tuple(erasure.lead_ids),
    )


def _marks(rows: Iterable[Any]) -> Iterator[Mark]:
    return (Mark(kind, tuple(hashes)) for kind, hashes in rows)


def carry_on(*, erasure_id: UUID) -> Report:
    """Have every holder do its part that has not; one that fails does not keep the others.

    :raises Erasure.DoesNotExist: there is none such
    """
    erasure = Erasure.objects.get(pk=erasure_id)
    if erasure.finished_at is None:
        person = Person.from_document(cast("dict[str, Any]", erasure.person))
        for step in erasure.steps.filter(done_at=None).order_by("number"):
            _take(step, person)
        _finish(erasure_id=erasure_id)
    return report_of(erasure_id)


def _take(step: ErasureStep, person: Person) -> None:
    try:
        erased = holders.named(step.holder).erase(person)
    except Exception as error:  # noqa: BLE001  (whatever failed, the others' data goes; a sweep tries this holder again)
        # Its words may quote the very values that are erased: no message and no traceback is logged.
        name = type(error).__name__
        log.error("erasure.step_failed", holder=step.holder, erasure=str(step.erasure_id), error=name)
        ErasureStep.objects.filter(pk=step.pk, done_at=None).update(tries=F("tries") + 1, error=name)
        return
    ErasureStep.objects.filter(pk=step.pk, done_at=None).update(
        counts=dict(erased.counts), tries=F("tries") + 1, error="", done_at=clock.Now()
    )


@transactions.write
def _finish(*, erasure_id: UUID) -> None:
    erasure = Erasure.objects.select_for_update().get(pk=erasure_id)
    if erasure.finished_at is not None or erasure.steps.filter(done_at=None).exists():
        return
    erasure.person, erasure.finished_at = None, clock.now()
    erasure.save(update_fields=["person", "finished_at"])
    audit.record(actor_id=None, action="erasure.finished", subject=erasure)
    events.publish(PersonErased(erasure_id=erasure_id))


def report_of(erasure_id: UUID) -> Report:
    """What an erasure did so far."""
    erasure = Erasure.objects.get(pk=erasure_id)
    steps = list(erasure.steps.order_by("number"))
    return Report(
        erasure_id=erasure_id,
        is_finished=erasure.finished_at is not None,
        counts={step.holder: step.counts for step in steps if step.counts},
        waiting=tuple(step.holder for step in steps if step.done_at is None),
        unsure_leads=tuple((erasure.person or {}).get("unsure", ())),
    )


def carry_on_all() -> int:
    """Go on with every erasure that is not finished, the oldest first; return how many are finished now."""
    write_journal()
    unfinished = Erasure.objects.filter(finished_at=None).order_by("begun_at").values_list("pk", flat=True)
    return sum(carry_on(erasure_id=pk).is_finished for pk in list(unfinished))


@transactions.write
def ask_to_carry_on(*, erasure_id: UUID, actor_id: int) -> None:
    """Have a worker go on with what is not finished, soon; without a broker the sweep does."""
    audit.record(actor_id=actor_id, action="erasure.asked_for", subject=Erasure(pk=erasure_id))
    transaction.on_commit(_ask_to_carry_on, robust=True)


@transactions.write
def ask_to_replay(*, actor_id: int) -> None:
    """Have a worker erase again whoever the journal names."""
    audit.record_about(actor_id=actor_id, action="erasures.replay_asked_for", subject="erasure.journal:all")
    transaction.on_commit(_ask_to_replay, robust=True)


def _ask_to_carry_on() -> None:
    from accounts.tasks import carry_on_erasures  # noqa: PLC0415  (tasks call this module)

    _CARRYING_ON.ask(carry_on_erasures.delay)


def _ask_to_replay() -> None:
    from accounts.tasks import replay_erasures  # noqa: PLC0415  (tasks call this module)

    _REPLAYING.ask(replay_erasures.delay)


def journal_entries() -> int:
    """How many erasures the journal names.

    :raises JournalUnreadable: a line of it is none of ours
    """
    path = Path(settings.ERASURE_JOURNAL)
    return sum(1 for _entry in journal.read(path)) if path.exists() else 0


def journal_versions() -> dict[str, int]:
    """How many erasures of the journal are told by hashes under which key alone: a replay needs it."""
    path, counts = Path(settings.ERASURE_JOURNAL), Counter[str]()
    for entry in journal.read(path) if path.exists() else ():
        counts.update({mark.newest.partition(":")[0] for mark in entry.marks})
    return dict(counts)


def replay(path: Path | None = None) -> list[Report]:
    """Erase again what a restored database knows again: every erasure of the journal.

    Only hashes are known; values are those of the rows that they find.

    :raises JournalUnreadable | OSError: nothing was replayed
    """
    entries = list(journal.read(path or settings.ERASURE_JOURNAL))
    return [_replay(entry) for entry in entries]


def _replay(entry: journal.Entry) -> Report:
    person = Person(marked=frozenset(entry.marks), leads=frozenset(entry.leads))
    known = holders.widened(person).together(person)
    before = Erasure.objects.filter(pk=entry.erasure_id).first()
    if before is None:
        begun = _begin(
            known,
            why=Suppression.Why.ERASED,
            request_id=None,
            deletion_list_id=None,
            actor_id=None,
            erasure_id=entry.erasure_id,
        )
        Erasure.objects.filter(pk=begun.pk).update(journaled_at=clock.Now())
        return carry_on(erasure_id=begun.pk)
    if before.finished_at is None:
        return carry_on(erasure_id=before.pk)
    counts = {holder.name: dict(holder.erase(known).counts) for holder in holders.everywhere()}
    return Report(
        erasure_id=before.pk,
        is_finished=True,
        counts={name: found for name, found in counts.items() if found},
        waiting=(),
    )


def stuck() -> Iterator[Finding]:
    """Erasures that are not finished a day after they began."""
    late = Erasure.objects.filter(finished_at=None, begun_at__lt=clock.now() - STUCK_AFTER).order_by("begun_at")
    for erasure in late:
        yield Finding(
            key=f"{AREA}:{erasure.pk}",
            says=f"An erasure of {erasure.begun_at:%B %-d} is not finished: see which holder fails.",
            subject=erasure,
        )
