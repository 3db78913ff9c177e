"""Public writes about what homeowners and buyers send in: take it, confirm it, withdraw it, forget it.

Nothing reaches a lead before the sender confirmed by e-mail. No answer tells whether an address is known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet

from aiqleads.core import clock, events, transactions
from aiqleads.core.personal_data import keyed_hash
from leads import services as leads
from leads.errors import LeadClosed
from leads.models import ConsentText, Observation, Source
from leads.normalise import normalise
from leads.records import ConsentChannel, GivenConsent, LeadKind, RawListing
from leads.sightings import external_id_hash
from scraping.errors import LinkUnusable
from scraping.events import SubmissionConfirmed, SubmissionReceived
from scraping.models import Submission

CONFIRM_WITHIN: Final = timedelta(hours=48)
LETTERS_PER_DAY: Final = 3
KINDS: Final[Mapping[str, LeadKind]] = {
    "owner-submissions": "owner_submitted",
    "buyer-enquiries": "buyer_enquiry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What somebody wrote into a form. ``facts`` are fields of ``RawListing``, as text."""

    facts: Mapping[str, str]
    name: str
    email: str
    phone: str
    channels: tuple[str, ...]
    agents: int
    proof: Mapping[str, str]


@transactions.write
def take_submission(
    *, source: str, answers: Answers, consent_text: ConsentText, language: str, site: str
) -> Submission:
    """Keep what somebody sent and have them asked to confirm it; nothing else happens yet.

    An e-mail address that was written to ``LETTERS_PER_DAY`` times today gets no further letter, and the sender
    the same answer.
    """
    email_hash = keyed_hash(answers.email.lower(), purpose="email")
    submission = Submission.objects.create(
        source=Source.objects.get(pk=source),
        consent_text=consent_text,
        language=language,
        agents=answers.agents,
        email=answers.email,
        email_hash=email_hash,
        answers={
            "facts": dict(answers.facts),
            "name": answers.name,
            "phone": answers.phone,
            "channels": list(answers.channels),
            "proof": dict(answers.proof),
        },
    )
    today = Submission.objects.filter(email_hash=email_hash, sent_at__gt=clock.now() - timedelta(days=1))
    if today.count() <= LETTERS_PER_DAY:
        events.publish(SubmissionReceived(submission_id=submission.pk, site=site))
    return submission


def confirmation_token(submission: Submission) -> str:
    """What the link in the first letter carries; it works for ``CONFIRM_WITHIN``."""
    return signing.dumps(str(submission.pk), salt="submission.confirm")


def withdrawal_token(submission: Submission) -> str:
    """What the link that takes a submission back carries; it works for ever."""
    return signing.dumps(str(submission.pk), salt="submission.withdraw")


def find_by_confirmation(token: str) -> Submission:
    """:raises LinkUnusable: the link was changed, is too old, or its submission is gone"""
    return _find(token, "submission.confirm", max_age=CONFIRM_WITHIN)


def find_by_withdrawal(token: str) -> Submission:
    """:raises LinkUnusable: the link was changed, or its submission is gone"""
    return _find(token, "submission.withdraw", max_age=None)


def _find(token: str, salt: str, *, max_age: timedelta | None) -> Submission:
    try:
        key = UUID(signing.loads(token, salt=salt, max_age=max_age))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkUnusable("This link cannot be used any more.") from error
    submission = Submission.objects.filter(pk=key).select_related("source", "consent_text").first()
    if submission is None or (max_age and _is_late(submission, max_age)):
        raise LinkUnusable("This link cannot be used any more.")
    return submission


def _is_late(submission: Submission, max_age: timedelta) -> bool:
    is_waiting = submission.state == Submission.State.WAITING
    return is_waiting and submission.sent_at < clock.now() - max_age


def confirm_submission(*, submission: Submission, site: str) -> Submission:
    """Make a confirmed submission a record of its source. Again is the same as once; withdrawn stays withdrawn.

    The record comes first and is known again by the submission's id: a crash between the two steps loses nothing.
    """
    if submission.state != Submission.State.WAITING:
        return submission
    if not _record_of(submission).exists():
        leads.ingest(record=normalise(_raw(submission)), source=submission.source)
    closed = _close_confirmed(submission_id=submission.pk, site=site)
    return withdraw_submission(submission=closed) if closed.state == Submission.State.WITHDRAWN else closed


def _consent(submission: Submission) -> GivenConsent:
    words, answers = submission.consent_text, submission.answers
    return GivenConsent(
        text_version=f"{words.purpose}-{words.version}",
        language=words.language,
        given_at=submission.sent_at,
        channels=tuple(cast("ConsentChannel", channel) for channel in answers["channels"]),
        agents=submission.agents,
        proof={**answers["proof"], "confirmed_at": clock.now().isoformat()},
    )


def _raw(submission: Submission) -> RawListing:
    answers = submission.answers
    facts: dict[str, Any] = dict(answers["facts"])
    line = facts.pop("address", "")
    kind = KINDS[submission.source_id]
    return RawListing(
        **facts,
        external_id=str(submission.pk),
        kind=kind,
        is_owner=True if kind == "owner_submitted" else None,
        address_lines=(line,) if line else (),
        price_period_text="once",
        currency="USD",
        posted_text=submission.sent_at.isoformat(),
        contact_name=answers["name"],
        emails=(submission.email or "",),
        phones=(answers["phone"],) if answers["phone"] else (),
        consent=_consent(submission),
    )


@transactions.write
def _close_confirmed(*, submission_id: UUID, site: str) -> Submission:
    submission = Submission.objects.select_for_update().get(pk=submission_id)
    if submission.state == Submission.State.WAITING:
        submission.state, submission.confirmed_at = Submission.State.CONFIRMED, clock.now()
        submission.answers = None
        submission.save(update_fields=["state", "confirmed_at", "answers"])
        events.publish(SubmissionConfirmed(submission_id=submission_id, site=site))
    return submission


def withdraw_submission(*, submission: Submission) -> Submission:
    """Take a submission back. Its lead is withdrawn in the same moment: nobody can hold or buy it any more.

    The submission is closed first: a confirmation that runs beside this sees that, and withdraws what it brought.
    """
    withdrawn = _close_withdrawn(submission_id=submission.pk)
    for observation in _record_of(submission).exclude(lead=None):
        try:
            leads.withdraw_lead(lead_id=cast("UUID", observation.lead_id), reason="its owner withdrew it")
        except LeadClosed:  # erased or merged meanwhile: the record below is what is left to take back
            continue
    leads.mark_gone(source=submission.source, external_id=str(submission.pk))
    return withdrawn


def _record_of(submission: Submission) -> QuerySet[Observation]:
    return Observation.objects.filter(
        source=submission.source, external_id_hash=external_id_hash(str(submission.pk))
    )


@transactions.write
def _close_withdrawn(*, submission_id: UUID) -> Submission:
    submission = Submission.objects.select_for_update().get(pk=submission_id)
    if submission.state != Submission.State.WITHDRAWN:
        submission.state, submission.withdrawn_at = Submission.State.WITHDRAWN, clock.now()
        submission.answers = submission.email = None
        submission.save(update_fields=["state", "withdrawn_at", "answers", "email"])
    return submission


@transactions.write
def forget_unconfirmed() -> int:
    """Delete what nobody confirmed within ``CONFIRM_WITHIN``; return how many. Safe to run twice."""
    late = Submission.objects.filter(state=Submission.State.WAITING, sent_at__lt=clock.now() - CONFIRM_WITHIN)
    deleted, _ = late.delete()
    return deleted
