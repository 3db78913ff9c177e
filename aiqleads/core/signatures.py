"""Statements that anybody can check: canonical JSON, signed with Ed25519 (RFC 8032), under published keys.

A keyring maps versions to secrets, from each of which a key pair is derived; the highest version signs, every
version verifies. What is signed is JSON of texts, whole numbers, true, false, null, lists and objects with ASCII
names, without spaces and with names in order, which is what RFC 8785 makes of it.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

ALGORITHM: Final = "Ed25519"
LONGEST_DOCUMENT: Final = 20_000


class NotSigned(ValueError):
    """The document is not one that we signed: changed, made up, signed with somebody else's key, or unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """What verifies: ``raw`` are the 32 bytes in Base64, ``pem`` the same as OpenSSL reads it."""

    name: str
    raw: str
    pem: str


def canonical(statement: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def sign(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The document to hand out: the statement, the key's name, and the signature in Base64."""
    newest = max(settings.PROOF_KEYS)
    signature = _private_key(settings.PROOF_KEYS[newest]).sign(canonical(statement))
    return {
        "statement": dict(statement),
        "key": str(newest),
        "algorithm": ALGORITHM,
        "signature": base64.b64encode(signature).decode(),
    }


def read_signed(text: str) -> dict[str, Any]:
    """The statement of a document that we signed.

    :raises NotSigned: it is not
    """
    if len(text) > LONGEST_DOCUMENT:
        raise NotSigned("too long")
    try:
        document = json.loads(text, object_pairs_hook=_said_once)
        statement: dict[str, Any] = document["statement"]
        _public_key(document["key"]).verify(_signature(document), canonical(statement))
    except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature) as error:
        raise NotSigned("not signed by us") from error
    return statement


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are each there once: a second one would hide the first from us, not from a reader."""
    said = dict(pairs)
    if len(said) != len(pairs):
        raise NotSigned("a name is there twice")
    return said


def _signature(document: dict[str, Any]) -> bytes:
    """The bytes of it, which are written in one way alone, in a document with nothing beside them."""
    signature = base64.b64decode(document["signature"], validate=True)
    if base64.b64encode(signature).decode() != document["signature"]:
        raise NotSigned("the signature is written otherwise")
    if set(document) != {"statement", "key", "algorithm", "signature"} or document["algorithm"] != ALGORITHM:
        raise NotSigned("the document is another than ours")
    return signature


def public_keys() -> list[PublicKey]:
    """Every key that verifies, the signing one first."""
    return [_published(name) for name in sorted(settings.PROOF_KEYS, reverse=True)]


def _published(name: int) -> PublicKey:
    key = _private_key(settings.PROOF_KEYS[name]).public_key()
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(name=str(name), raw=base64.b64encode(raw).decode(), pem=pem.decode())


def _public_key(name: str) -> Ed25519PublicKey:
    known = {str(version): secret for version, secret in settings.PROOF_KEYS.items()}
    return _private_key(known[name]).public_key()


@lru_cache(maxsize=8)
def _private_key(secret: str) -> Ed25519PrivateKey:
    seed = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"sign statements").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)
