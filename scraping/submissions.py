"""Public writes about what homeowners and buyers send in: take it, confirm it, withdraw it, forget it.

Nothing reaches a lead before the sender confirmed, by e-mail or with a code that their telephone got. No answer
tells whether an address or a number is known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet

from accounts.privacy.people import Person
from accounts.services import suppression
from aiqleads.core import clock, events, transactions
from aiqleads.core.personal_data import keyed_hash
from leads import services as leads
from leads.errors import LeadClosed
from leads.models import ConsentText, Observation, Source
from leads.normalise import normalise
from leads.privacy.marks import marks_of
from leads.records import ConsentChannel, GivenConsent, LeadKind, RawListing
from leads.sightings import external_id_hashes
from scraping.errors import LinkUnusable
from scraping.events import SubmissionConfirmed, SubmissionReceived
from scraping.models import PhoneCode, Submission
from scraping.phone_codes import ask_for_first_code, require_right_code

CONFIRM_WITHIN: Final = timedelta(hours=48)
LETTERS_PER_DAY: Final = 3
KINDS: Final[Mapping[str, LeadKind]] = {
    "owner-submissions": "owner_submitted",
    "buyer-enquiries": "buyer_enquiry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What somebody wrote into a form. ``facts`` are fields of ``RawListing``, as text.

    :ivar texted_phone: where a code goes to confirm, E.164; "" to confirm by e-mail
    """

    facts: Mapping[str, str]
    name: str
    email: str
    phone: str
    channels: tuple[str, ...]
    agents: int
    proof: Mapping[str, str]
    texted_phone: str = ""


@transactions.write
def take_submission(
    *, source: str, answers: Answers, consent_text: ConsentText, language: str, site: str
) -> Submission:
    """Keep what somebody sent and have them asked to confirm it; nothing else happens yet.

    An e-mail address that was written to ``LETTERS_PER_DAY`` times today gets no further letter, and the sender
    the same answer; ``phone_codes`` keeps the same for numbers.
    """
    submission = _keep(source, answers, consent_text, language)
    if submission.confirm_by == Submission.ConfirmBy.PHONE:
        ask_for_first_code(submission=submission)
    elif may_be_written_to(submission):
        events.publish(SubmissionReceived(submission_id=submission.pk, site=site))
    return submission


def _keep(source: str, answers: Answers, consent_text: ConsentText, language: str) -> Submission:
    by = Submission.ConfirmBy
    return Submission.objects.create(
        source=Source.objects.get(pk=source),
        consent_text=consent_text,
        language=language,
        agents=answers.agents,
        email=answers.email,
        email_hash=keyed_hash(answers.email.lower(), purpose="email"),
        confirm_by=by.PHONE if answers.texted_phone else by.EMAIL,
        phone=answers.texted_phone or None,
        answers={
            "facts": dict(answers.facts),
            "name": answers.name,
            "phone": answers.phone,
            "channels": list(answers.channels),
            "proof": dict(answers.proof),
        },
    )


def may_be_written_to(submission: Submission) -> bool:
    """Whether the submission is among the first of its e-mail address in a day."""
    yesterday = clock.now() - timedelta(days=1)
    today = Submission.objects.filter(email_hash=submission.email_hash, sent_at__gt=yesterday)
    return today.count() <= LETTERS_PER_DAY


def confirmation_token(submission: Submission) -> str:
    """What the link in the first letter carries; it works for ``CONFIRM_WITHIN``."""
    return signing.dumps(str(submission.pk), salt="submission.confirm")


def code_token(submission: Submission) -> str:
    """What the address of the code's page carries, for ``CONFIRM_WITHIN``; it confirms nothing."""
    return signing.dumps(str(submission.pk), salt="submission.code")


def withdrawal_token(submission: Submission) -> str:
    """What the link that takes a submission back carries; it works for ever."""
    return signing.dumps(str(submission.pk), salt="submission.withdraw")


def find_by_confirmation(token: str) -> Submission:
    """:raises LinkUnusable: the link was changed, is too old, or its submission is gone"""
    return _find(token, "submission.confirm", max_age=CONFIRM_WITHIN)


def find_by_code_page(token: str) -> Submission:
    """:raises LinkUnusable: the address was changed, is too old, or its submission is gone"""
    return _find(token, "submission.code", max_age=CONFIRM_WITHIN)


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
        record = normalise(_raw(submission))
        suppression.come_back(_proven(submission), also=marks_of(record))
        leads.ingest(record=record, source=submission.source)
    closed = _close_confirmed(submission_id=submission.pk, site=site)
    return withdraw_submission(submission=closed) if closed.state == Submission.State.WITHDRAWN else closed


def confirm_by_code(*, submission: Submission, typed: str, site: str) -> Submission:
    """Confirm a submission with the code that its telephone got. Again is the same as once.

    :raises CodeRefused: not that code, or too late, or too often
    """
    if submission.state != Submission.State.WAITING:
        return submission
    require_right_code(submission=submission, typed=typed)
    return confirm_submission(submission=submission, site=site)


def _consent(submission: Submission) -> GivenConsent:
    words, answers = submission.consent_text, submission.answers
    return GivenConsent(
        text_version=f"{words.purpose}-{words.version}",
        language=words.language,
        given_at=submission.sent_at,
        channels=tuple(cast("ConsentChannel", channel) for channel in answers["channels"]),
        agents=submission.agents,
        proof={**answers["proof"], "confirmed_at": clock.now().isoformat(), "confirmed_by": submission.confirm_by},
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


def _proven(submission: Submission) -> Person:
    """What the confirmation proved to be the sender's: the address of the link, or the number of the code.

    Who asked to be left alone and sends their home in themselves comes back by that.
    """
    if submission.confirm_by == Submission.ConfirmBy.PHONE:
        return Person.of(phones=[submission.phone or ""])
    return Person.of(emails=[submission.email or ""])


def _record_of(submission: Submission) -> QuerySet[Observation]:
    return Observation.objects.filter(
        source=submission.source, external_id_hash__in=external_id_hashes(str(submission.pk))
    )


@transactions.write
def _close_withdrawn(*, submission_id: UUID) -> Submission:
    submission = Submission.objects.select_for_update().get(pk=submission_id)
    if submission.state != Submission.State.WITHDRAWN:
        submission.state, submission.withdrawn_at = Submission.State.WITHDRAWN, clock.now()
        submission.answers = submission.email = submission.phone = None
        submission.save(update_fields=["state", "withdrawn_at", "answers", "email", "phone"])
    return submission


@transactions.write
def forget_unconfirmed() -> int:
    """Delete what nobody confirmed within ``CONFIRM_WITHIN``, and codes that old; return how many submissions.

    Safe to run twice.
    """
    too_long_ago = clock.now() - CONFIRM_WITHIN
    PhoneCode.objects.filter(asked_at__lt=too_long_ago).delete()
    late = Submission.objects.filter(state=Submission.State.WAITING, sent_at__lt=too_long_ago)
    _, deleted = late.delete()
    return deleted.get(Submission._meta.label, 0)
