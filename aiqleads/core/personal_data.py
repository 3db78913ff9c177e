"""Personal values at rest: encrypted columns, and versioned keyed hashes to find them by.

A keyring maps versions to secrets; the highest version writes, every version reads. From each secret two
keys are derived, one for encryption (Fernet: AES-128-CBC with HMAC-SHA256) and one for the hashes.
"""

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

HASH_CHARACTERS: Final = 80
"""A version, a colon and 64 hex digits, with room for versions to come."""


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


@lru_cache(maxsize=8)
def _cipher(keyring: tuple[tuple[int, str], ...]) -> MultiFernet:
    newest_first = sorted(keyring, reverse=True)
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(_derive(secret, b"encrypt"))) for _, secret in newest_first]
    )


@lru_cache(maxsize=8)
def _hash_key(secret: str) -> bytes:
    return _derive(secret, b"hash")


def cipher() -> MultiFernet:
    """The cipher over all keys: encrypts with the newest, decrypts with any."""
    return _cipher(tuple(settings.PERSONAL_DATA_KEYS.items()))


def keyed_hash(value: str, *, purpose: str) -> str:
    """Hash ``value`` under the newest key as ``"<version>:<64 hex digits>"``.

    ``purpose`` separates the columns: one phone number has unrelated hashes as a phone and as a blocking key.
    """
    version = max(settings.PERSONAL_DATA_KEYS)
    return _hash_with(version, value, purpose)


def keyed_hashes(value: str, *, purpose: str) -> list[str]:
    """Hash ``value`` under every key, for looking up rows written before the last rotation."""
    return [_hash_with(version, value, purpose) for version in settings.PERSONAL_DATA_KEYS]


def _hash_with(version: int, value: str, purpose: str) -> str:
    key = _hash_key(settings.PERSONAL_DATA_KEYS[version])
    digest = hmac.digest(key, f"{purpose}\0{value}".encode(), "sha256")
    return f"{version}:{digest.hex()}"


if TYPE_CHECKING:
    TextInBytes = models.BinaryField[str | None, str | None]
    JSONInBytes = models.BinaryField[Any, Any]
    HashText = models.CharField[str, str]
else:
    TextInBytes = JSONInBytes = models.BinaryField
    HashText = models.CharField


class KeyedHashField(HashText):
    """What :func:`keyed_hash` made: the column says of what, so that it is made anew when keys change.

    :param purpose: what the hash was made for
    :param of: the value that is hashed, read from the row when keys change: ``None`` where the row cannot tell it
    :param stays: instead of ``of``, why the hash is left as it is under a key that goes, and what is lost by that
    :param only: fields that ``of`` reads
    """

    description = "Keyed hash"

    def __init__(
        self,
        *args: Any,
        purpose: str = "",
        of: Callable[[Any], str | None] | None = None,
        only: Sequence[str] = (),
        stays: str = "",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("max_length", HASH_CHARACTERS)
        super().__init__(*args, **kwargs)
        self.purpose, self.of, self.only, self.stays = purpose, of, tuple(only), stays

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """To a migration it is text: how a hash is made anew is no business of the table's."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class EncryptedTextField(TextInBytes):
    """Text that the database holds encrypted. NULL stays NULL; it cannot be searched or ordered by."""

    description = "Encrypted text"

    def get_prep_value(self, value: str | None) -> bytes | None:
        return None if value is None else cipher().encrypt(value.encode())

    def from_db_value(self, value: bytes | memoryview | None, *_: object) -> str | None:
        return None if value is None else cipher().decrypt(bytes(value)).decode()

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return "[encrypted]"


class EncryptedJSONField(JSONInBytes):
    """A JSON document that the database holds encrypted."""

    description = "Encrypted JSON"

    def get_prep_value(self, value: Any) -> bytes | None:
        return None if value is None else cipher().encrypt(json.dumps(value, sort_keys=True).encode())

    def from_db_value(self, value: bytes | memoryview | None, *_: object) -> Any:
        return None if value is None else json.loads(cipher().decrypt(bytes(value)))

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return "[encrypted]"
