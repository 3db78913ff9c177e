"""Public writes about second factors: enrol, show recovery codes once, check a code, take them away.

A code is looked at under the lock of the user's ``Guesses`` and of its device, so that of two requests with the
same one the second is refused, and of many guesses at once five are looked at.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

from accounts import errors, guessing, one_time, selectors
from accounts.events import SecondFactorChanged
from accounts.models import ApiSession, Authenticator, Passkey, RecoveryCode, RecoveryCodes, User
from accounts.models.second_factors import RECOVERY_PURPOSE, SecondFactor
from accounts.services.credentials import end_all_sessions
from accounts.services.people import locked_user
from accounts.services.step_up import locked_guesses, refusal_of, try_guess
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.personal_data import keyed_hash

WRONG: Final = "This is not the code of now, or it was used. Wait for the next one and type that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an app is shown, as a picture's content and for typing."""

    seed: str
    address: str


@transactions.write
def begin_enrolment(*, user: User) -> Enrolment:
    """The seed that waits for its first digits; the same one until they come, so that a reload changes nothing.

    :raises AlreadyEnrolled: an app is enrolled; take it away first
    """
    locked_guesses(user.pk)
    if Authenticator.objects.filter(user=user.pk, confirmed=True).exists():
        raise errors.AlreadyEnrolled("An app is enrolled. Take it away before you enrol another.")
    waiting, _ = Authenticator.objects.get_or_create(
        user_id=user.pk, confirmed=False, defaults={"seed": one_time.new_seed(), "name": "Authenticator app"}
    )
    seed = waiting.seed or ""
    return Enrolment(seed=seed, address=one_time.address_of(seed, email=user.email))


def confirm_enrolment(*, user: User, typed: str) -> tuple[Authenticator, list[str]]:
    """Enrol the app that shows these digits, and give recovery codes where there are none yet.

    :return: the app, and the codes to show once; none where a sheet was given before
    :raises WrongOtp | TooManyGuesses: as they say; the guess is counted
    """
    taken: list[Authenticator] = []

    def is_right() -> bool:
        waiting = Authenticator.objects.select_for_update().filter(user=user.pk, confirmed=False).first()
        if waiting is None or not waiting.verify_token(typed):
            return False
        waiting.confirmed = True
        waiting.save(update_fields=["confirmed"])
        note_change(user, user.pk, "second_factor.added", kind="app")
        taken.append(waiting)
        return True

    guess = try_guess(user_id=user.pk, shown="otp", is_right=is_right)
    if not guess.is_right:
        raise refusal_of(guess, errors.WrongOtp(WRONG, field="otp"))
    return taken[-1], give_recovery_codes(user=user)


@transactions.write
def give_recovery_codes(*, user: User) -> list[str]:
    """Recovery codes to show once, for whoever has none; nothing where a sheet was given before."""
    locked_guesses(user.pk)
    return first_codes(user)


def first_codes(user: User) -> list[str]:
    """The same. Joins the caller's transaction, under the lock of their guesses."""
    if RecoveryCodes.objects.filter(user=user.pk).exists():
        return []
    return _new_sheet(user)


@transactions.write
def replace_recovery_codes(*, user: User) -> list[str]:
    """New recovery codes to show once; the old ones open nothing any more.

    :raises NotEnrolled: as it says
    """
    locked_guesses(user.pk)
    if not selectors.is_enrolled(user):
        raise errors.NotEnrolled("Enrol an authenticator app first: the codes stand in for it.")
    RecoveryCodes.objects.filter(user=user.pk).delete()
    note_change(user, user.pk, "recovery_codes.replaced")
    return _new_sheet(user)


def _new_sheet(user: User) -> list[str]:
    codes = one_time.new_recovery_codes()
    sheet = RecoveryCodes.objects.create(user_id=user.pk, name="Recovery codes")
    hashes = [keyed_hash(one_time.as_typed(code), purpose=RECOVERY_PURPOSE) for code in codes]
    RecoveryCode.objects.bulk_create(RecoveryCode(sheet=sheet, code_hash=code_hash) for code_hash in hashes)
    return codes


def require_otp(*, user: User, typed: str) -> SecondFactor:
    """Let pass who typed the digits of their app, or one of their recovery codes, which is used up by that.

    :raises WrongOtp | TooManyGuesses: as they say; the guess is counted for the user and for the device
    """
    used: list[SecondFactor] = []
    waits: list[int] = []

    def is_right() -> bool:
        device = _asked(user, typed)
        if device is None:
            return False
        now = clock.now()
        waits.append(guessing.seconds_left(wrong=device.wrong, last_wrong_at=device.last_wrong_at, now=now))
        if waits[-1] or not device.verify_token(typed):
            return False
        used.append(device)
        return True

    guess = try_guess(user_id=user.pk, shown="otp", is_right=is_right)
    if not guess.is_right:
        raise refusal_of(guess, errors.WrongOtp(WRONG, field="otp"), wait_seconds=next(iter(waits[-1:]), 0))
    return used[-1]


def require_otp_of_enrolled(*, user: User, typed: str | None) -> None:
    """Let pass who has no second factor, or typed what theirs shows.

    :raises OtpRequired: nothing was typed, and something has to be
    :raises WrongOtp | TooManyGuesses: as they say
    """
    if not selectors.is_enrolled(user):
        return
    if not typed:
        raise errors.OtpRequired(_what_to_bring(user), field="otp")
    require_otp(user=user, typed=typed)


def _what_to_bring(user: User) -> str:
    """A program cannot ask a passkey: who has nothing else brings a recovery code, or a key for programs."""
    if Authenticator.objects.filter(user=user.pk, confirmed=True).exists():
        return "Bring the six digits of your app as well, or a recovery code."
    return (
        "Your log-in asks for a passkey, which programs cannot show. Bring a recovery code as `otp`, add an app on "
        "/account/second-factor/, or give the program a key of /account/keys/ instead of your password."
    )


def _asked(user: User, typed: str) -> SecondFactor | None:
    """The device that a code is meant for, locked: only one is tried, so that no other's count suffers."""
    model: Any = Authenticator if one_time.is_apps(typed) else RecoveryCodes
    return cast(
        "SecondFactor | None", model.objects.select_for_update().filter(user=user.pk, confirmed=True).first()
    )


@transactions.write
def remove_authenticator(*, user: User) -> None:
    """Take the app away, and with the last factor the recovery codes."""
    locked_guesses(user.pk)
    Authenticator.objects.filter(user=user.pk).delete()
    _forget_codes_of_nothing(user)
    note_change(user, user.pk, "second_factor.removed", kind="app")


@transactions.write
def remove_passkey(*, user: User, passkey_id: int) -> None:
    """Take one passkey away, and with the last factor the recovery codes. Another's is not found."""
    locked_guesses(user.pk)
    removed, _ = Passkey.objects.filter(user=user.pk, pk=passkey_id).delete()
    if removed:
        _forget_codes_of_nothing(user)
        note_change(user, user.pk, "second_factor.removed", kind="passkey")


def _forget_codes_of_nothing(user: User) -> None:
    has_app = Authenticator.objects.filter(user=user.pk, confirmed=True).exists()
    if not has_app and not Passkey.objects.filter(user=user.pk).exists():
        RecoveryCodes.objects.filter(user=user.pk).delete()


@transactions.write
def reset_second_factors(*, user_id: int, reason: str, actor_id: int) -> User:
    """Take every second factor of somebody away who lost them, on an operator's word; the password is left.

    :raises NotForOperators: they are an operator and ``actor_id`` is no administrator, or it is themselves
    """
    user = locked_user(user_id, actor_id)
    if user.pk == actor_id:
        raise errors.NotForOperators("Take your own away on your account's pages.")
    locked_guesses(user.pk)
    for model in (Authenticator, Passkey, RecoveryCodes):
        model.objects.filter(user=user.pk).delete()
    note_change(user, actor_id, "second_factor.reset", reason=reason)
    return user


def note_change(user: User, actor_id: int, action: str, **details: str) -> None:
    """Audit a change of somebody's second factors and have them told. Joins the caller's transaction."""
    if action != "recovery_codes.replaced":  # programs log in anew, with what is asked for from now on
        end_all_sessions(user_id=user.pk, ending=ApiSession.Ending.SECOND_FACTOR_CHANGED, actor_id=actor_id)
    audit.record(actor_id=actor_id, action=action, subject=user, **details)
    events.publish(SecondFactorChanged(user_id=user.pk, change=action))
