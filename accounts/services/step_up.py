"""Public writes about proving once more who one is: the password again, then a code sent by e-mail.

Few characters are guessed at, so every wrong guess is counted under the lock of the user's ``Guesses``, whatever
else happens to the request, and parallel guesses wait for each other.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from accounts import errors, guessing
from accounts.events import StepUpCodeAsked
from accounts.models import Guesses, StepUpCode, User
from accounts.models.step_up import TRIES
from accounts.services.failed_log_ins import note_failed_proof
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.personal_data import keyed_hash, keyed_hashes
from aiqleads.core.refusals import Refusal

DIGITS: Final = 6
CODE_LASTS: Final = timedelta(minutes=10)
WAIT_BETWEEN: Final = timedelta(seconds=30)
CODES_PER_HOUR: Final = 6
_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCode:
    """A code on its way to its user; nothing else ever holds it."""

    email: str
    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What became of one guess; ``wait_seconds`` is more than 0 where it was not even looked at."""

    is_right: bool
    wait_seconds: int = 0


def require_password(*, user: User, password: str) -> None:
    """Let pass who knows the password of ``user``.

    :raises WrongPassword | TooManyGuesses: as they say; the guess is counted
    """
    guess = try_guess(
        user_id=user.pk, shown="password", is_right=lambda: user.check_password(password), forgives=False
    )
    if not guess.is_right:
        raise refusal_of(guess, errors.WrongPassword("This is not your password.", field="password"))


def require_code(*, user: User, typed: str) -> None:
    """Let pass who typed the newest code in time; it is used up by that.

    :raises WrongCode | TooManyGuesses: as they say; the guess is counted
    """
    guess = try_guess(user_id=user.pk, shown="code", is_right=lambda: _use_code(user, typed))
    if not guess.is_right:
        says = "This is not the newest code, or it is older than ten minutes. Look again, or have a new one sent."
        raise refusal_of(guess, errors.WrongCode(says, field="code"))


def refusal_of(guess: Guess, otherwise: Refusal, *, wait_seconds: int = 0) -> Refusal:
    """What to say of a wrong guess: ``otherwise``, or that it was not looked at and how long to wait.

    :param wait_seconds: how long the device that was asked has to wait, beside the user
    """
    wait = max(guess.wait_seconds, wait_seconds)
    if not wait:
        return otherwise
    says = f"That was wrong too often. Wait {guessing.in_words(wait)}, then try again."
    return errors.TooManyGuesses(says, field=otherwise.field, retry_after_seconds=wait)


@transactions.write
def try_guess(*, user_id: int, shown: str, is_right: Callable[[], bool], forgives: bool = True) -> Guess:
    """Look at one guess, unless too many were wrong of late, and count it. ``is_right`` runs under the lock.

    A wrong one is noted in the audit trail; one that was not looked at is not.

    :param shown: what it is, as for ``note_failed_proof``
    :param forgives: a right one ends the count. Not a password's, or whoever knows it could go on guessing codes
    """
    guesses = locked_guesses(user_id)
    now = clock.now()
    wait = guessing.seconds_left(wrong=guesses.wrong, last_wrong_at=guesses.last_wrong_at, now=now)
    if wait:
        return Guess(is_right=False, wait_seconds=wait)
    if is_right():
        if guesses.wrong and forgives:
            Guesses.objects.filter(pk=user_id).update(wrong=0, last_wrong_at=None)
        return Guess(is_right=True)
    Guesses.objects.filter(pk=user_id).update(wrong=guesses.wrong + 1, last_wrong_at=now)
    note_failed_proof(user_id=user_id, shown=shown)
    return Guess(is_right=False)


def locked_guesses(user_id: int) -> Guesses:
    """The row under which everything about a user's codes is done. Joins the caller's transaction."""
    Guesses.objects.bulk_create([Guesses(user_id=user_id)], ignore_conflicts=True)
    return Guesses.objects.select_for_update().get(pk=user_id)


@transactions.write
def ask_for_code(*, user: User) -> None:
    """Have a code sent to the user's address; those before it count no more.

    :raises CodesTooOften: the last one is too young, or there were ``CODES_PER_HOUR``
    """
    locked_guesses(user.pk)
    now = clock.now()
    asked = list(StepUpCode.objects.filter(user=user, asked_at__gt=now - timedelta(hours=1)).order_by("-asked_at"))
    if asked and asked[0].asked_at > now - WAIT_BETWEEN:
        raise errors.CodesTooOften("A code is on its way. Wait half a minute before you ask for another.")
    if len(asked) >= CODES_PER_HOUR:
        raise errors.CodesTooOften("We sent as many codes as we may within an hour. Try again later.")
    StepUpCode.objects.filter(user=user, asked_at__lt=now - _KEPT).delete()
    code = StepUpCode.objects.create(user=user)
    events.publish(StepUpCodeAsked(code_id=code.pk))


@transactions.write
def issue_code(*, code_id: UUID) -> IssuedCode | None:
    """Make the digits of a code that was asked for, and keep their hash. Again makes others: the last ones count.

    :return: ``None`` where it was used, replaced or asked for too long ago, or its user may not log in any more
    """
    asked = StepUpCode.objects.select_related("user").filter(pk=code_id, used_at=None, user__is_active=True).first()
    if asked is None:
        return None
    locked_guesses(asked.user_id)
    newest = _newest(asked.user)
    if newest is None or newest.pk != code_id or newest.asked_at < clock.now() - CODE_LASTS:
        return None
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    newest.code_hash, newest.sent_at = keyed_hash(f"{code_id} {digits}", purpose="step_up_code"), clock.now()
    newest.save(update_fields=["code_hash", "sent_at"])
    return IssuedCode(email=asked.user.email, digits=digits)


def _use_code(user: User, typed: str) -> bool:
    code = _newest(user)
    now = clock.now()
    if code is None or code.used_at or code.sent_at is None or code.sent_at < now - CODE_LASTS:
        return False
    if code.wrong_tries >= TRIES:
        return False
    digits = "".join(typed.split())
    hashes = keyed_hashes(f"{code.pk} {digits}", purpose="step_up_code")
    if not any(hmac.compare_digest(code.code_hash, given) for given in hashes):
        code.wrong_tries += 1
        code.save(update_fields=["wrong_tries"])
        return False
    code.used_at = now
    code.save(update_fields=["used_at"])
    audit.record(actor_id=user.pk, action="user.stepped_up", subject=user, how="code")
    return True


def _newest(user: User) -> StepUpCode | None:
    return StepUpCode.objects.filter(user=user).order_by("-asked_at", "-pk").first()
