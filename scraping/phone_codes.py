"""Public writes about codes that confirm a submission by text message: ask for one, make it, try it.

Six digits are few, so what is limited is how often anybody guesses: ``TRIES`` a code, ``CODES_PER_SUBMISSION`` and
``CODES_PER_NUMBER`` codes. All are counted under the submission's lock, or the number's: parallel requests wait.
"""

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aiqleads.core import clock, events, text_messages, transactions
from aiqleads.core.alerts import Finding
from aiqleads.core.personal_data import keyed_hash, keyed_hashes
from scraping.errors import CodeRefused
from scraping.events import PhoneCodeAsked
from scraping.models import PhoneCode, Submission

AREA: Final = "text_messages"
DIGITS: Final = 6
TRIES: Final = 5
CODES_PER_SUBMISSION: Final = 3
CODES_PER_NUMBER: Final = 5
"""In a day, over all submissions; further ones are not sent, and nobody is told: the number may be another's."""
CODES_PER_HOUR: Final = 300
"""To all numbers together: whoever earns from the texts that we send uses many numbers, from many addresses."""
CODE_LASTS: Final = timedelta(minutes=10)
WAIT_BETWEEN: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCode:
    """A code on its way to the telephone; nothing else ever holds it."""

    submission: Submission
    digits: str


class _Outcome(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    TOO_OLD = "too old"
    TOO_OFTEN = "too often"


def are_offered() -> bool:
    """Whether a text message can be chosen now: there is a service, and the hour's codes are not used up."""
    return text_messages.is_available() and not _are_used_up()


def _are_used_up() -> bool:
    return PhoneCode.objects.filter(asked_at__gt=clock.now() - timedelta(hours=1)).count() >= CODES_PER_HOUR


def used_up() -> Iterator[Finding]:
    """For operators: nobody can choose a text message, because so many were asked for within the hour."""
    if _are_used_up():
        says = f"{CODES_PER_HOUR} codes went out within the hour, so no more are offered. Look who asks for them."
        yield Finding(key=f"{AREA}:codes", says=says)


def ask_for_first_code(*, submission: Submission) -> PhoneCode:
    """Have a code sent to a submission that was taken just now. Joins the caller's transaction."""
    return _ask(submission)


@transactions.write
def ask_for_another_code(*, submission_id: UUID) -> None:
    """Have a new code sent; those before it count no more.

    :raises CodeRefused: the last one is too young, or there were ``CODES_PER_SUBMISSION``
    """
    submission = Submission.objects.select_for_update().get(pk=submission_id)
    if submission.state != Submission.State.WAITING or submission.phone is None:
        return
    asked = submission.codes.order_by("-asked_at")
    if len(asked) >= CODES_PER_SUBMISSION:
        raise CodeRefused(_("We sent as many codes as we may. Send the form again, or confirm by e-mail."))
    if asked and asked[0].asked_at > clock.now() - WAIT_BETWEEN:
        raise CodeRefused(_("Please wait half a minute before you ask for another code."))
    _ask(submission)


def _ask(submission: Submission) -> PhoneCode:
    number = submission.phone or ""
    _wait_for_number(number)
    yesterday = clock.now() - timedelta(days=1)
    hashes = keyed_hashes(number, purpose="phone_code.number")
    sent_today = PhoneCode.objects.filter(number_hash__in=hashes, asked_at__gt=yesterday).count()
    is_due = sent_today < CODES_PER_NUMBER and not _are_used_up()
    code = PhoneCode.objects.create(
        submission=submission, number_hash=keyed_hash(number, purpose="phone_code.number")
    )
    if is_due:
        events.publish(PhoneCodeAsked(code_id=code.pk))
    return code


def _wait_for_number(number: str) -> None:
    """One transaction at a time counts a number's codes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"phone code {number}"])


@transactions.write
def issue_code(*, code_id: UUID) -> IssuedCode | None:
    """Make the digits of a code that was asked for, and keep their hash. Again makes others: the last ones count.

    :return: ``None`` where nobody waits any more: confirmed, withdrawn, deleted, replaced, or asked too long ago
    """
    waiting = Submission.objects.filter(codes=code_id, state=Submission.State.WAITING)
    submission = waiting.select_for_update(of=("self",)).select_related("consent_text").first()
    newest = _newest(submission) if submission else None
    if submission is None or newest is None or newest.pk != code_id or newest.asked_at < clock.now() - CODE_LASTS:
        return None
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    newest.code_hash, newest.sent_at = _hash(newest, digits), clock.now()
    newest.save(update_fields=["code_hash", "sent_at"])
    return IssuedCode(submission=submission, digits=digits)


def is_undeliverable(submission: Submission) -> bool:
    """Whether the service said of the last code that this number gets no text messages."""
    newest = _newest(submission)
    return bool(newest and newest.is_undeliverable)


def note_undeliverable(*, code_id: UUID) -> None:
    """The number takes no text messages: whoever waits is told so."""
    PhoneCode.objects.filter(pk=code_id).update(is_undeliverable=True)


def require_right_code(*, submission: Submission, typed: str) -> None:
    """Let pass who typed the newest code in time; every wrong one is counted, whatever else happens.

    :raises CodeRefused: wrong, too old, or tried too often
    """
    outcome = _try(submission_id=submission.pk, typed=typed)
    if outcome is _Outcome.WRONG:
        raise CodeRefused(_("This is not the code of our last text message."))
    if outcome is _Outcome.TOO_OLD:
        raise CodeRefused(_("This code is older than ten minutes. Have a new one sent."))
    if outcome is _Outcome.TOO_OFTEN:
        raise CodeRefused(_("Too many wrong codes. Have a new one sent."))


@transactions.write
def _try(*, submission_id: UUID, typed: str) -> _Outcome:
    Submission.objects.select_for_update().get(pk=submission_id)
    code = _newest_of(PhoneCode.objects.filter(submission=submission_id))
    if code is None or code.wrong_tries >= TRIES:
        return _Outcome.TOO_OFTEN
    if code.sent_at and code.sent_at < clock.now() - CODE_LASTS:
        return _Outcome.TOO_OLD
    if code.code_hash and any(hmac.compare_digest(code.code_hash, given) for given in _hashes(code, typed)):
        return _Outcome.RIGHT
    code.wrong_tries += 1
    code.save(update_fields=["wrong_tries"])
    return _Outcome.WRONG


def _newest(submission: Submission) -> PhoneCode | None:
    return _newest_of(submission.codes.all())


def _newest_of(codes: QuerySet[PhoneCode]) -> PhoneCode | None:
    return codes.order_by("-asked_at", "-pk").first()


def _hash(code: PhoneCode, digits: str) -> str:
    return keyed_hash(f"{code.pk} {digits}", purpose="phone_code")


def _hashes(code: PhoneCode, digits: str) -> list[str]:
    return keyed_hashes(f"{code.pk} {digits}", purpose="phone_code")
