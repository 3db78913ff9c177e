"""Licences: written down by agents, checked by operators or a verifier, and ended by the calendar."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import errors, licences
from accounts.events import LicenceMove, LicenceMoved
from accounts.models import Licence, User
from accounts.models.licences import NUMBER_PURPOSE
from accounts.selectors import licence_day
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.errands import Errand
from aiqleads.core.personal_data import keyed_hash

State = Licence.State

log = structlog.get_logger(__name__)

_CHECK: Final = Errand("licences")


@transactions.write
def add_licence(*, user: User, state_code: str, number: str, expires_on: date) -> Licence:
    """Write down a licence for checking. One of the same state that still waits is replaced by it.

    A licence that is verified stays so until this one is: who renews in time goes on buying.

    :param expires_on: its last day
    :raises LicenceUnusable: its last day is over or further away than any state gives, or it has no number
    :raises TooManyLicences: as it says
    """
    number = " ".join(number.split())
    _require_usable(state_code, number, expires_on)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # writes down and counts one at a time
    own = Licence.objects.filter(user=user)
    if own.filter(added_at__gt=clock.now() - timedelta(days=1)).count() >= licences.MOST_A_DAY:
        raise errors.TooManyLicences("You have written down many licences today. Go on tomorrow.")
    own.filter(state_code=state_code, state=State.WAITING).update(state=State.REPLACED)
    licence = Licence.objects.create(
        user=user,
        state_code=state_code,
        number=number,
        number_hash=keyed_hash(licences.comparable(state_code, number), purpose=NUMBER_PURPOSE),
        expires_on=expires_on,
    )
    audit.record(actor_id=user.pk, action="licence.added", subject=licence, state_code=state_code)
    transaction.on_commit(ask_for_checks, robust=True)
    return licence


def _require_usable(state_code: str, number: str, expires_on: date) -> None:
    today = licence_day()
    if state_code not in licences.STATES:
        raise errors.LicenceUnusable("Choose the state that gave it.", field="state_code")
    if not any(letter.isalnum() for letter in number) or len(number) > licences.LONGEST_NUMBER:
        raise errors.LicenceUnusable("Write its number as it stands on the licence.", field="number")
    if expires_on < today:
        raise errors.LicenceUnusable("This licence has ended. Renew it first, then add it.", field="expires_on")
    if expires_on > today + licences.LONGEST_TERM:
        raise errors.LicenceUnusable("No licence lasts that long. Look at its last day again.", field="expires_on")


def ask_for_checks() -> None:
    """Have a worker ask the verifier soon; without a broker the sweep does it."""
    from accounts.tasks import check_licences  # noqa: PLC0415  (tasks call this module)

    _CHECK.ask(check_licences.delay)


@transactions.write
def verify_licence(*, licence_id: UUID, actor_id: int) -> Licence:
    """Let its agent buy in that state, on an operator's word. An earlier one of the state is replaced by it.

    :raises LicenceDecided: it does not wait any more
    :raises LicenceUnusable: its last day is over
    """
    return _verify(_waiting(licence_id), actor_id=actor_id, checked_with=licences.ByOperators.name)


@transactions.write
def refuse_licence(*, licence_id: UUID, reason: str, actor_id: int) -> Licence:
    """Say why a licence does not count. One that was verified is refused as well: nothing is bought with it again.

    :raises LicenceDecided: it was refused, replaced or has ended
    """
    licence = _locked(licence_id)
    if licence.state not in {State.WAITING, State.VERIFIED}:
        raise errors.LicenceDecided(f"This licence is decided: {licence.get_state_display().lower()}.")
    return _refuse(licence, reason, actor_id=actor_id, checked_with=licences.ByOperators.name)


def check_waiting_licences() -> int:
    """Ask the verifier about every licence that waits; return how many it decided.

    It is asked outside any transaction. Safe to run twice: what is decided waits no more.
    """
    _CHECK.begin()
    verifier = licences.verifier()
    if isinstance(verifier, licences.ByOperators):
        return 0
    waiting = Licence.objects.filter(state=State.WAITING).select_related("user").order_by("added_at", "pk")
    return sum(_check(licence, verifier) for licence in waiting)


def _check(licence: Licence, verifier: licences.Verifier) -> bool:
    claimed = licences.Claimed(
        state_code=licence.state_code,
        number=licence.number or "",
        expires_on=licence.expires_on,
        holder=licence.user.get_full_name(),
    )
    try:
        verdict = verifier.check(claimed)
    except Exception as error:  # noqa: BLE001  (whatever ails a vendor, a person can still look)
        log.warning("licence.not_checked", verifier=verifier.name, error=type(error).__name__)
        return False
    if verdict is None:
        return False
    try:
        _note_verdict(licence.pk, verdict, verifier.name)
    except (errors.LicenceDecided, errors.LicenceUnusable):
        return False
    return True


@transactions.write
def _note_verdict(licence_id: UUID, verdict: licences.Verdict, name: str) -> Licence:
    licence = _waiting(licence_id)
    if verdict.stands:
        return _verify(licence, actor_id=None, checked_with=name)
    why = verdict.why or "The register does not know it."
    return _refuse(licence, why, actor_id=None, checked_with=name)


@transactions.write
def end_licences() -> int:
    """End what has run out; tell agents 30 days before, at the end and 30 days after; return how many were told.

    Safe to run twice: each is told each once. Nothing waits for this: no sale goes through after the last day.
    """
    today = licence_day()
    own = Licence.objects.filter
    ended = _tell(own(state=State.VERIFIED, expires_on__lt=today), LicenceMove.ENDED, 2, state=State.EXPIRED)
    ending = own(_unrenewed(), state=State.VERIFIED, expires_on__lte=today + licences.NOTICE, notices__lt=1)
    long_ended = own(_unrenewed(), state=State.EXPIRED, expires_on__lte=today - licences.NOTICE, notices__lt=3)
    return ended + _tell(ending, LicenceMove.ENDS, 1) + _tell(long_ended, LicenceMove.STAYED_ENDED, 3)


def _unrenewed() -> Q:
    """Where no later licence of the same state waits or stands."""
    later = Licence.objects.filter(
        state__in=[State.WAITING, State.VERIFIED],
        user=OuterRef("user"),
        state_code=OuterRef("state_code"),
        expires_on__gt=OuterRef("expires_on"),
    )
    return Q(~Exists(later))


def _tell(rows: QuerySet[Licence], move: LicenceMove, notice: int, **facts: State) -> int:
    ids = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    if ids:
        Licence.objects.filter(pk__in=ids).update(notices=notice, **facts)
        events.publish(*(LicenceMoved(licence_id=pk, to=move) for pk in ids))
    return len(ids)


def _locked(licence_id: UUID) -> Licence:
    return Licence.objects.select_for_update(of=("self",)).select_related("user").get(pk=licence_id)


def _waiting(licence_id: UUID) -> Licence:
    licence = _locked(licence_id)
    if licence.state != State.WAITING:
        raise errors.LicenceDecided(f"This licence is decided: {licence.get_state_display().lower()}.")
    return licence


def _verify(licence: Licence, *, actor_id: int | None, checked_with: str) -> Licence:
    if licence.expires_on < licence_day():
        raise errors.LicenceUnusable("Its last day is over: refuse it, so that its agent renews it.")
    Licence.objects.filter(user=licence.user_id, state_code=licence.state_code, state=State.VERIFIED).update(
        state=State.REPLACED
    )
    return _decide(licence, State.VERIFIED, "", actor_id=actor_id, checked_with=checked_with)


def _refuse(licence: Licence, why: str, *, actor_id: int | None, checked_with: str) -> Licence:
    return _decide(licence, State.REFUSED, why[:200], actor_id=actor_id, checked_with=checked_with)


def _decide(licence: Licence, state: State, why: str, *, actor_id: int | None, checked_with: str) -> Licence:
    audit.record(
        actor_id=actor_id,
        action=f"licence.{state}",
        subject=licence,
        state=[licence.state, str(state)],
        checked_with=checked_with,
        **({"reason": why} if why else {}),
    )
    licence.state, licence.why, licence.checked_at = state, why, clock.now()
    licence.checked_by_id, licence.checked_with = actor_id, checked_with
    licence.save(update_fields=["state", "why", "checked_at", "checked_by", "checked_with"])
    events.publish(LicenceMoved(licence_id=licence.pk, to=LicenceMove(state)))
    return licence
