"""Public writes that do what a request asks: tell, suppress, correct, erase. Called by events and operators.

Each step may be done again: what was found is written down before anything is erased, and holders erase once.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from accounts.models import PrivacyRequest, Suppression
from accounts.privacy import errors, holders, receipts
from accounts.privacy.events import PrivacyRequestMoved
from accounts.privacy.people import Person
from accounts.services import erasures, privacy, reports, suppression
from aiqleads.core import audit, events, transactions

log = structlog.get_logger(__name__)

Kind = PrivacyRequest.Kind
State = PrivacyRequest.State


def carry_out(*, request_id: UUID) -> PrivacyRequest:
    """Do what a request asks, as far as no operator has to look at it first. Safe to run twice, and to go on with.

    Outside any transaction: every holder has its own.

    :raises NobodyHolds: no holder is registered, so nobody could say what we hold; the request stays as it is
    """
    if not any(True for _holder in holders.everywhere()):
        raise errors.NobodyHolds("No holder answers for what is held: nothing can be told, corrected or erased.")
    request = _begin(request_id=request_id)
    if request is None:
        return PrivacyRequest.objects.get(pk=request_id)
    if request.kind == Kind.REPORT:
        reports.find_buyers(request_id=request.pk)
        return request
    person = privacy.proven_person(request) if request.needs_identity else privacy.person_of(request)
    if request.receipt is None:
        _write_down(request_id=request.pk, receipt=receipts.of_what_is_held(person))
    done = _erase(person, request) if request.kind == Kind.ERASE else {}
    if done is None:  # a holder failed: its event comes again when a sweep has finished the rest
        return request
    if request.kind == Kind.OPT_OUT:
        done = _opt_out(person, request)
    return complete(request_id=request.pk, done=done)


@transactions.write
def _begin(*, request_id: UUID) -> PrivacyRequest | None:
    """The request in progress; None where nothing is to be done now."""
    request = privacy.locked(request_id)
    if request.kind == Kind.CORRECT:  # an operator compares old and new first
        return None
    ready = State.VERIFIED if request.needs_identity else State.ACKNOWLEDGED
    if request.state == ready:
        privacy.move(request, State.IN_PROGRESS)
    return request if request.state == State.IN_PROGRESS else None


@transactions.write
def _write_down(*, request_id: UUID, receipt: Mapping[str, Any]) -> None:
    request = privacy.locked(request_id)
    if request.receipt is None:
        request.receipt = dict(receipt)
        request.save(update_fields=["receipt"])


def _opt_out(person: Person, request: PrivacyRequest) -> dict[str, Any]:
    marks = suppression.suppress(
        person, Suppression.Why.OPTED_OUT, scope=Suppression.Scope.SALE, cause_id=request.pk
    )
    return {"suppressed": "sale", "marks": marks}


def _erase(person: Person, request: PrivacyRequest) -> dict[str, Any] | None:
    """Suppressed first, so that nothing comes back while it goes; then every holder. None where one has yet to."""
    report = erasures.erase_person(person, request_id=request.pk)
    if not report.is_finished:
        return None
    counts = {model: count for several in report.counts.values() for model, count in several.items()}
    return {"erased": counts, "suppressed": "everything"}


@transactions.write
def complete(*, request_id: UUID, done: Mapping[str, Any], actor_id: int | None = None) -> PrivacyRequest:
    """Close a request that was carried out, with what became of it on the receipt. Again is the same as once.

    :raises RequestMoved: it is not being carried out
    """
    request = privacy.locked(request_id)
    if request.state == State.COMPLETED:
        return request
    privacy.require_state(request, State.IN_PROGRESS)
    request.receipt = {**(request.receipt or {}), **done}
    counts = {name: value for name, value in done.items() if isinstance(value, int | str)}
    privacy.move(request, State.COMPLETED, actor_id=actor_id, tells=True, also=("receipt",), **counts)
    return request


def apply_corrections(*, request_id: UUID, actor_id: int) -> PrivacyRequest:
    """Let what a proven person says count, wherever we hold it, as an operator saw it.

    :raises RequestMoved: it is no correction, or not proven yet
    """
    request = _begin_correcting(request_id=request_id, actor_id=actor_id)
    person, corrections = privacy.proven_person(request), (request.said or {}).get("corrections", {})
    if request.receipt is None:
        _write_down(request_id=request.pk, receipt=receipts.of_what_is_held(person))
    changed = [one for holder in holders.everywhere() for one in holder.correct(person, corrections)]
    done = {"corrected": sorted({one.what for one in changed}), "rows": len(changed)}
    return complete(request_id=request.pk, done=done, actor_id=actor_id)


@transactions.write
def _begin_correcting(*, request_id: UUID, actor_id: int) -> PrivacyRequest:
    request = privacy.locked(request_id)
    if request.kind != Kind.CORRECT:
        raise errors.RequestMoved(privacy.MOVED_MEANWHILE)
    if request.state != State.IN_PROGRESS:
        privacy.require_state(request, State.VERIFIED)
        privacy.move(request, State.IN_PROGRESS, actor_id=actor_id)
    return request


@transactions.write
def complete_report(*, request_id: UUID, actor_id: int) -> PrivacyRequest:
    """Close a report once an operator decided about every buyer.

    :raises RequestMoved: it is no report, not begun, or something is left to decide
    """
    request = privacy.locked(request_id)
    if request.kind != Kind.REPORT or not reports.is_decided(request):
        raise errors.RequestMoved("Decide about every reported buyer first.")
    privacy.require_state(request, State.IN_PROGRESS)
    privacy.move(request, State.COMPLETED, actor_id=actor_id, tells=True)
    return request


def unfinished() -> Sequence[UUID]:
    """What is proven or begun, and was not carried out to its end: a process died."""
    ready = PrivacyRequest.objects.filter(state__in=[State.VERIFIED, State.IN_PROGRESS]).exclude(
        kind__in=[Kind.CORRECT, Kind.REPORT]
    )
    opted = PrivacyRequest.objects.filter(state=State.ACKNOWLEDGED)
    return [*ready.values_list("pk", flat=True), *opted.values_list("pk", flat=True)]


@transactions.write
def tell_again(*, request_id: UUID, actor_id: int) -> None:
    """Send the person the letter of the request's state once more, with a new link."""
    request = privacy.locked(request_id)
    events.publish(PrivacyRequestMoved(request_id=request.pk, step=request.state))
    audit.record(actor_id=actor_id, action="privacy_request.told_again", subject=request)
