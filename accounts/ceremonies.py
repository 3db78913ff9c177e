"""What a passkey is asked, and whether its answer is right: WebAuthn, with its cryptography.

Only who speaks with a key imports this module: what it brings along is nothing that every process needs.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import webauthn
from django.conf import settings
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts import passkeys
from accounts.errors import PasskeyRefused
from accounts.models import Passkey, User
from accounts.passkeys import NewKey, Question

BRAND: Final = "AIQLeads"
_TIMEOUT_MS: Final = 120_000
_TRANSPORTS: Final = frozenset(one.value for one in AuthenticatorTransport)
_UNUSABLE: Final = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError)


def ask_to_make(user: User, known: Sequence[Passkey]) -> Question:
    """Ask for a new key; a device that has one of ``known`` makes no second."""
    options = webauthn.generate_registration_options(
        rp_id=passkeys.here().name,
        rp_name=BRAND,
        user_id=_handle_of(user),
        user_name=user.email,
        user_display_name=user.get_full_name() or user.email,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[_described(key) for key in known],
    )
    return _question(options)


def made(answer: Mapping[str, Any], *, challenge: str) -> NewKey:
    """Read the answer to ``ask_to_make``.

    :raises PasskeyRefused: it answers something else, comes from another site, nobody unlocked the key, or is none
    """
    here = passkeys.here()
    try:
        seen = webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=here.name,
            expected_origin=here.origin,
            require_user_verification=True,
        )
    except _UNUSABLE as error:
        raise PasskeyRefused(passkeys.UNUSABLE) from error
    told = answer["response"].get("transports")
    return NewKey(
        credential_id=seen.credential_id,
        public_key=seen.credential_public_key,
        signatures=seen.sign_count,
        transports=sorted({one for one in told if one in _TRANSPORTS}) if isinstance(told, list) else [],
    )


def ask_to_sign(known: Sequence[Passkey]) -> Question:
    """Ask one of ``known`` to sign a challenge, once its owner has unlocked it."""
    options = webauthn.generate_authentication_options(
        rp_id=passkeys.here().name,
        timeout=_TIMEOUT_MS,
        allow_credentials=[_described(key) for key in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _question(options)


def signed(answer: Mapping[str, Any], *, challenge: str, key: Passkey) -> int:
    """Look at a signature of ``key``; return how many the key says that it made, which is for the caller to judge.

    :raises PasskeyRefused: it signs something else or for another site, is another key's, or nobody unlocked it
    """
    here = passkeys.here()
    try:
        seen = webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=here.name,
            expected_origin=here.origin,
            credential_public_key=bytes(key.public_key),
            credential_current_sign_count=0,  # looked at before the signature there: a forged one is no copied key
            require_user_verification=True,
        )
    except _UNUSABLE as error:
        raise PasskeyRefused(passkeys.UNUSABLE) from error
    return int(seen.new_sign_count)


def _question(options: Any) -> Question:
    told = json.loads(webauthn.options_to_json(options))
    return Question(options=told, challenge=bytes_to_base64url(options.challenge))


def _described(key: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(one) for one in key.transports if one in _TRANSPORTS]
    return PublicKeyCredentialDescriptor(id=bytes(key.credential_id), transports=transports or None)


def _handle_of(user: User) -> bytes:
    """What a key calls its user: nothing that says who it is."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"passkey user {user.pk}".encode(), "sha256")
