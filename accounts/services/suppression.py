"""Who must not come back: written as keyed hashes before anything is erased, asked before anything is taken in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

from accounts.events import PeopleLeftAlone, PeopleSuppressed
from accounts.models import Suppression
from accounts.privacy.people import EMAIL, PHONE, Mark, Person
from aiqleads.core import audit, clock, events, transactions

AT_ONCE: Final = 5_000


@transactions.write
def suppress(
    person: Person,
    why: Suppression.Why,
    *,
    scope: Suppression.Scope = Suppression.Scope.EVERYTHING,
    cause_id: UUID | None = None,
) -> int:
    """Keep what somebody is known by as keyed hashes, so that nobody takes them in again; return how many are new.

    Again is the same as once.
    """
    return suppress_marks(person.marks(), why, scope=scope, cause_id=cause_id)


@transactions.write
def suppress_all(people: Iterable[Person], why: Suppression.Why) -> int:
    """The same of many at once, for good; return how many marks are new."""
    return suppress_marks((mark for person in people for mark in person.marks()), why)


def suppress_marks(
    marks: Iterable[Mark],
    why: Suppression.Why,
    *,
    scope: Suppression.Scope = Suppression.Scope.EVERYTHING,
    cause_id: UUID | None = None,
) -> int:
    """The same of people whose values nobody knows any more. Joins the caller's transaction."""
    transactions.require_transaction()
    wanted = {mark.newest: mark for mark in marks}
    standing = Suppression.objects.filter(hash__in=wanted, scope=scope, lifted_at=None)
    known = set(standing.values_list("hash", flat=True))
    new = [
        Suppression(kind=mark.kind, hash=newest, scope=scope, why=why, cause_id=cause_id)
        for newest, mark in sorted(wanted.items())
        if newest not in known
    ]
    Suppression.objects.bulk_create(new, batch_size=AT_ONCE, ignore_conflicts=True)
    if new:
        hashes = sorted({one for mark in wanted.values() for one in mark.hashes if mark.newest not in known})
        fact = PeopleLeftAlone if scope == Suppression.Scope.CONTACT else PeopleSuppressed
        events.publish(*(fact(hashes=hashes[i : i + 500]) for i in range(0, len(hashes), 500)))
    return len(new)


@transactions.write
def lift(person: Person, *, actor_id: int | None = None) -> int:
    """Let somebody come back who asked for it themselves, and proved who they are; return how many marks.

    Only what they are known by now is lifted: another number of theirs stays suppressed.
    """
    hashes = [one for mark in person.marks() for one in mark.hashes]
    standing = list(Suppression.objects.select_for_update().filter(hash__in=hashes, lifted_at=None).order_by("pk"))
    Suppression.objects.filter(pk__in=[row.pk for row in standing]).update(lifted_at=clock.Now())
    for row in standing:
        audit.record(actor_id=actor_id, action="suppression.lifted", subject=row, kind=row.kind, scope=row.scope)
    return len(standing)


@transactions.write
def come_back(proven: Person, *, also: Iterable[Mark] = ()) -> int:
    """Let somebody back who proved an address or a number of theirs; return how many marks were lifted.

    :param also: what else they are known by now, unproven: of it those marks are lifted that came with a proven
        one, by one erasure, list or request. Somebody else's home stays left alone
    """
    own = [one for mark in proven.marks() for one in mark.hashes]
    told = [one for mark in also for one in mark.hashes]
    standing = Suppression.objects.select_for_update().filter(lifted_at=None).order_by("pk")
    rows = list(standing.filter(hash__in=own))
    causes = {row.cause_id for row in rows} - {None}
    rows += list(standing.filter(hash__in=told, cause_id__in=causes).exclude(hash__in=own))
    Suppression.objects.filter(pk__in=[row.pk for row in rows]).update(lifted_at=clock.Now())
    for row in rows:
        audit.record(actor_id=None, action="suppression.lifted", subject=row, kind=row.kind, scope=row.scope)
    return len(rows)


@transactions.write
def lift_row(*, suppression_id: int, reason: str, actor_id: int) -> Suppression:
    """Lift one mark on an operator's word. Again is the same as once.

    :param reason: how its person proved who they are; kept in the audit trail alone
    """
    row = Suppression.objects.select_for_update().get(pk=suppression_id)
    if row.lifted_at is None:
        Suppression.objects.filter(pk=row.pk).update(lifted_at=clock.Now())
        audit.record(
            actor_id=actor_id,
            action="suppression.lifted",
            subject=row,
            kind=row.kind,
            scope=row.scope,
            reason=reason,
        )
    row.refresh_from_db()
    return row


@transactions.write
def look_up(person: Person, *, actor_id: int) -> list[Suppression]:
    """The marks of somebody that stand now. Each look is audited; what was asked for is kept nowhere."""
    hashes = [one for mark in person.marks() for one in mark.hashes]
    rows = list(Suppression.objects.filter(hash__in=hashes, lifted_at=None).order_by("since", "pk"))
    audit.record_about(
        actor_id=actor_id, action="suppression.looked_up", subject="suppression.list:all", found=len(rows)
    )
    return rows


def scopes_of(hashes: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Of those hashes that are suppressed, for what. Ask with the hashes under every key."""
    if not hashes:
        return {}
    found: dict[str, set[str]] = defaultdict(set)
    rows = Suppression.objects.filter(hash__in=hashes, lifted_at=None)
    for one, scope in rows.values_list("hash", "scope"):
        found[one].add(scope)
    return {one: frozenset(scopes) for one, scopes in found.items()}


def scopes_for(person: Person) -> frozenset[str]:
    """For what somebody is suppressed; nothing for those who are not."""
    asked = [one for mark in person.marks() for one in mark.hashes]
    return frozenset(scope for scopes in scopes_of(asked).values() for scope in scopes)


def follow_keys(met: Iterable[Mark]) -> int:
    """Write the marks of people whose values are at hand under the newest key too, where only older ones are kept.

    The values of a suppression are unknown, so this is done when its person is met again, and not before.
    Joins the caller's transaction.
    """
    marks = [mark for mark in met if len(mark.hashes) > 1]
    hashes = {one for mark in marks for one in mark.hashes}
    rows = list(Suppression.objects.filter(hash__in=hashes, lifted_at=None)) if hashes else []
    kept = {(row.hash, row.scope) for row in rows}
    new = []
    for mark in marks:
        for row in rows:
            if row.hash in mark.hashes[1:] and (mark.newest, row.scope) not in kept:
                kept.add((mark.newest, row.scope))
                new.append(
                    Suppression(
                        kind=mark.kind,
                        hash=mark.newest,
                        scope=row.scope,
                        why=row.why,
                        cause_id=row.cause_id,
                        since=row.since,
                    )
                )
    Suppression.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def bring_list(people: Iterable[Person], *, actor_id: int) -> int:
    """Take in a list of our own on an operator's word; return how many marks are new."""
    new = import_do_not_contact(people)
    _note_list(new, actor_id=actor_id)
    return new


@transactions.write
def _note_list(new: int, *, actor_id: int) -> None:
    audit.record_about(
        actor_id=actor_id, action="do_not_contact_list.brought", subject="suppression.list:all", marks=new
    )


def import_do_not_contact(people: Iterable[Person]) -> int:
    """Take in a list of our own of people who must not be contacted; return how many marks are new.

    A batch at a time, each in its own transaction, so that a list of any length holds no lock for long.
    """
    new, batch = 0, list[Mark]()
    for person in people:
        batch += [mark for mark in person.marks() if mark.kind in {EMAIL, PHONE}]
        if len(batch) >= AT_ONCE:
            new, batch = new + _import(batch), []
    return new + (_import(batch) if batch else 0)


@transactions.write
def _import(marks: Collection[Mark]) -> int:
    return suppress_marks(marks, Suppression.Why.IMPORTED, scope=Suppression.Scope.CONTACT)
