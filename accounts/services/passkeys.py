"""Public writes about passkeys: one more, and letting pass whose key signed.

What a key was asked stands in the session of who was asked, with its time. It is taken out under the lock of that
session's row before the answer is looked at, so of two answers to one question at once one finds nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from accounts import errors, passkeys
from accounts.events import SecondFactorChanged
from accounts.models import Passkey, User
from accounts.services.failed_log_ins import note_failed_key
from accounts.services.second_factors import first_codes, note_change
from accounts.services.step_up import locked_guesses
from aiqleads.core import audit, clock, events, transactions

CHALLENGE: Final = "passkey_challenge"
ASKED_FOR: Final = timedelta(minutes=5)
MOST_KEYS: Final = 10
LONGEST_NAME: Final = 60


class Purpose(StrEnum):
    """What a question to a key is for: an answer to one is none to the other."""

    MAKE = "make"
    SIGN = "sign"


def note_for(purpose: Purpose, challenge: str) -> list[Any]:
    """What the session of whoever is asked keeps under ``CHALLENGE``."""
    return [purpose.value, challenge, clock.now().timestamp()]


def take_challenge(*, session_key: str | None, purpose: Purpose) -> str:
    """The challenge that this session's browser was asked within ``ASKED_FOR``; it is used up by that.

    :raises PasskeyRefused: it was asked nothing of the kind, answered already, or too long ago
    """
    noted = _taken_out(session_key=session_key)
    if noted is None or noted[0] != purpose.value:
        raise errors.PasskeyRefused("This question was answered already. Begin again.")
    if clock.now() - datetime.fromtimestamp(noted[2], tz=UTC) >= ASKED_FOR:
        raise errors.PasskeyRefused("That took more than five minutes. Begin again.")
    return str(noted[1])


@transactions.write
def _taken_out(*, session_key: str | None) -> list[Any] | None:
    row = Session.objects.select_for_update().filter(session_key=session_key).first()
    if row is None:
        return None
    kept = row.get_decoded()
    noted = cast("list[Any] | None", kept.pop(CHALLENGE, None))
    row.session_data = SessionStore().encode(kept)
    row.save(update_fields=["session_data"])
    return noted


@transactions.write
def add_passkey(*, user: User, name: str, key: passkeys.NewKey) -> tuple[Passkey, list[str]]:
    """Keep a key that was made for the user, and give recovery codes where there are none yet.

    :return: the key, and the codes to show once; none where a sheet was given before
    :raises PasskeyRefused: somebody has it already, or the user has ``MOST_KEYS``
    """
    locked_guesses(user.pk)
    if Passkey.objects.filter(user=user.pk).count() >= MOST_KEYS:
        raise errors.PasskeyRefused(f"{MOST_KEYS} passkeys are as many as we keep. Take one away first.")
    added, is_new = Passkey.objects.get_or_create(
        credential_hash=passkeys.hash_of(key.credential_id),
        defaults={
            "user_id": user.pk,
            "name": name[:LONGEST_NAME],
            "credential_id": key.credential_id,
            "public_key": key.public_key,
            "signatures": key.signatures,
            "transports": key.transports,
        },
    )
    if not is_new:
        raise errors.PasskeyRefused("This passkey is known already.")
    note_change(user, user.pk, "second_factor.added", kind="passkey")
    return added, first_codes(user)


def require_passkey(*, user: User, answer: Mapping[str, Any], challenge: str) -> Passkey:
    """Let pass whose passkey signed ``challenge``.

    :raises PasskeyRefused: it is none of theirs, or signed something else; that is audited
    :raises PasskeyCopied: its count went back, so that there are two of it: audited, and its user is told
    """
    try:
        key, is_copy = _look_at(user=user, answer=answer, challenge=challenge)
    except errors.PasskeyRefused:
        note_failed_key(user_id=user.pk)
        raise
    if is_copy:
        raise errors.PasskeyCopied("This passkey seems to have been copied, so it opens nothing. Use another way.")
    return key


@transactions.write
def _look_at(*, user: User, answer: Mapping[str, Any], challenge: str) -> tuple[Passkey, bool]:
    """The key that signed, and whether it is a copy: the caller refuses it, once that is written down."""
    mine = Passkey.objects.select_for_update().filter(user=user.pk)
    key = mine.filter(credential_hash=passkeys.hash_in(answer)).first()
    if key is None:
        raise errors.PasskeyRefused("This passkey opens another log-in, or none.")
    from accounts import ceremonies  # noqa: PLC0415  (its cryptography is nothing that every process needs)

    signatures = ceremonies.signed(answer, challenge=challenge, key=key)
    if passkeys.is_copied(key, signatures):
        told = {"counted": key.signatures, "said": signatures}
        audit.record(actor_id=user.pk, action="second_factor.copied", subject=key, **told)
        events.publish(SecondFactorChanged(user_id=user.pk, change="second_factor.copied"))
        return key, True
    key.signatures, key.last_used_at = signatures, clock.now()
    key.save(update_fields=["signatures", "last_used_at"])
    return key, False
