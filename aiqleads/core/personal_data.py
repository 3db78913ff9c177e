"""Personal values at rest: encrypted columns, and versioned keyed hashes to find them by.

A keyring maps versions to secrets; the highest version writes, every version reads. From each secret two
keys are derived, one for encryption (Fernet: AES-128-CBC with HMAC-SHA256) and one for the hashes.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

HASH_CHARACTERS: Final = 80
"""A version, a colon and 64 hex digits, with room for versions to come."""


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


@lru_cache(maxsize=8)
def _fernet(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derive(secret, b"encrypt")))


@lru_cache(maxsize=8)
def _hash_key(secret: str) -> bytes:
    return _derive(secret, b"hash")


def encrypt(plain: bytes) -> bytes:
    """Encrypt under the newest key, as ``b"<version>:<Fernet token>"``."""
    version = newest_version()
    return label_of(version) + _fernet(settings.PERSONAL_DATA_KEYS[version]).encrypt(plain)


def decrypt(stored: bytes) -> bytes:
    """What :func:`encrypt` was given, under whichever key of the ring; tokens from before keys were named, too.

    :raises InvalidToken: no key of the ring made it
    """
    version, separator, token = bytes(stored).partition(b":")
    if not separator:
        return MultiFernet([_fernet(secret) for secret in settings.PERSONAL_DATA_KEYS.values()]).decrypt(version)
    secret = settings.PERSONAL_DATA_KEYS.get(int(version))
    if secret is None:
        raise InvalidToken
    return _fernet(secret).decrypt(token)


def newest_version() -> int:
    """The version that writes."""
    return max(settings.PERSONAL_DATA_KEYS)


def label_of(version: int) -> bytes:
    """What everything begins with that was encrypted under a version."""
    return b"%d:" % version


def keyed_hash(value: str, *, purpose: str) -> str:
    """Hash ``value`` under the newest key as ``"<version>:<64 hex digits>"``.

    ``purpose`` separates the columns: one phone number has unrelated hashes as a phone and as a blocking key.
    """
    return hash_under(newest_version(), value, purpose=purpose)


def keyed_hashes(value: str, *, purpose: str) -> list[str]:
    """Hash ``value`` under every key, for looking up rows written before the last rotation."""
    return [hash_under(version, value, purpose=purpose) for version in settings.PERSONAL_DATA_KEYS]


def hash_under(version: int, value: str, *, purpose: str) -> str:
    """Hash ``value`` under the key of one version."""
    key = _hash_key(settings.PERSONAL_DATA_KEYS[version])
    digest = hmac.digest(key, f"{purpose}\0{value}".encode(), "sha256")
    return f"{version}:{digest.hex()}"


if TYPE_CHECKING:
    TextInBytes = models.BinaryField[str | None, str | None]
    JSONInBytes = models.BinaryField[Any, Any]
    HashText = models.CharField[Any, Any]  # some columns hold none yet
else:
    TextInBytes = JSONInBytes = models.BinaryField
    HashText = models.CharField


class KeyedHashField(HashText):
    """What :func:`keyed_hash` made. The column says of what, so that it is made anew when keys change.

    :param purpose: what the hash was made for
    :param of: ``module.function`` from a row to the value that was hashed, or to several of which one was; what
        does not give the hash that is there is not believed. Without it the row cannot tell, and holds its key
    :param reads: the fields that ``of`` needs
    :param follows: instead of ``of``: purposes whose hashes are kept here without their values. Where a row
        elsewhere tells the value of one, this row is copied with the new hash; the old one holds on to its key
    :param stays: instead of ``of``: why the hash may be lost with its key
    """

    description = "Keyed hash"

    def __init__(
        self,
        *args: Any,
        purpose: str = "",
        of: str = "",
        reads: Sequence[str] = (),
        follows: Sequence[str] = (),
        stays: str = "",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("max_length", HASH_CHARACTERS)
        super().__init__(*args, **kwargs)
        self.purpose, self.of, self.stays = purpose, of, stays
        self.reads, self.follows = tuple(reads), tuple(follows)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """To a migration it is text: how a hash is made anew is no business of the table's."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class EncryptedTextField(TextInBytes):
    """Text that the database holds encrypted. NULL stays NULL; it cannot be searched or ordered by."""

    description = "Encrypted text"

    def get_prep_value(self, value: str | None) -> bytes | None:
        return None if value is None else encrypt(value.encode())

    def from_db_value(self, value: bytes | memoryview | None, *_: object) -> str | None:
        return None if value is None else decrypt(bytes(value)).decode()

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return "[encrypted]"


class EncryptedJSONField(JSONInBytes):
    """A JSON document that the database holds encrypted."""

    description = "Encrypted JSON"

    def get_prep_value(self, value: Any) -> bytes | None:
        return None if value is None else encrypt(json.dumps(value, sort_keys=True).encode())

    def from_db_value(self, value: bytes | memoryview | None, *_: object) -> Any:
        return None if value is None else json.loads(decrypt(bytes(value)))

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return "[encrypted]"
