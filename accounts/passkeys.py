"""Passkeys: which site they are made for, and what of their answers needs no cryptography. See ``ceremonies``.

A key is made for one site and answers no other, whatever page asks. Which site that is says ``SITE_URL``. Browsers
take no number for a site's name, so on this machine it is ``localhost``.
"""

import base64
import binascii
import hashlib
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from accounts.errors import PasskeyRefused
from accounts.models import Passkey

LONGEST_ANSWER: Final = 20_000
UNUSABLE: Final = "This passkey did not answer as it should. Try again, or use another way."


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What keys are made for: its name, and the origin of its pages."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a browser hands to a key, and the challenge that the answer must hold."""

    options: dict[str, Any]
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """The public half of a key that was made for this site. ``signatures``: how many it says that it made."""

    credential_id: bytes
    public_key: bytes
    signatures: int
    transports: list[str]


def site() -> Site | None:
    """The site that keys are made for; None where ``SITE_URL`` is a number that other machines reach it by."""
    parts = urlsplit(settings.SITE_URL)
    name = parts.hostname or ""
    try:
        is_here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        return Site(name=name, origin=_origin(parts, name)) if name else None
    return Site(name="localhost", origin=_origin(parts, "localhost")) if is_here else None


def _origin(parts: SplitResult, name: str) -> str:
    """As browsers write it: without the port that its scheme has anyway."""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return f"{parts.scheme}://{name}{port}"


def here() -> Site:
    """The site that keys are made for.

    :raises PasskeyRefused: there is none
    """
    made_for = site()
    if made_for is None:
        raise PasskeyRefused("This site is reached by a number, and passkeys ask for a name.")
    return made_for


def is_copied(key: Passkey, signatures: int) -> bool:
    """Whether ``signatures`` says that somebody has a copy of ``key``: a key that counts goes on counting."""
    return key.signatures > 0 and signatures <= key.signatures


def answer_in(text: str) -> dict[str, Any]:
    """The answer that a browser posted.

    :raises PasskeyRefused: it is none, or far longer than any
    """
    try:
        told = json.loads(text) if len(text) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise PasskeyRefused(UNUSABLE)
    return told


def hash_in(answer: Mapping[str, Any]) -> str:
    """The hash of the key that an answer names; "" where it names none."""
    named = answer.get("id")
    if not isinstance(named, str):
        return ""
    try:
        return hash_of(base64.urlsafe_b64decode(named + "=" * (-len(named) % 4)))
    except (binascii.Error, ValueError):
        return ""


def hash_of(credential_id: bytes) -> str:
    """What a key is found by."""
    return hashlib.sha256(credential_id).hexdigest()
