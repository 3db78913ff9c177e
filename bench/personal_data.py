"""Personal values: our columns and hashes beside the library's own speed."""

import hashlib
import hmac
from collections.abc import Callable, Iterator

from cryptography.fernet import Fernet

from aiqleads.core.personal_data import EncryptedTextField, keyed_hash
from bench.measuring import Comparison

PHONE = "+15125550142"
TIMES = 200

COMPARISONS = tuple(f"{what}, 0 times" for what in ("encrypt a phone", "decrypt a phone", "keyed hash of a phone"))


def comparisons() -> Iterator[Comparison]:
    column, bare = EncryptedTextField(), Fernet(Fernet.generate_key())
    stored, token = column.get_prep_value(PHONE), bare.encrypt(PHONE.encode())
    yield _many_times(
        "encrypt a phone", "Fernet", lambda: column.get_prep_value(PHONE), lambda: bare.encrypt(PHONE.encode())
    )
    yield _many_times(
        "decrypt a phone", "Fernet", lambda: column.from_db_value(stored), lambda: bare.decrypt(token)
    )
    yield _many_times(
        "keyed hash of a phone",
        "HMAC-SHA256",
        lambda: keyed_hash(PHONE, purpose="phone"),
        lambda: hmac.new(b"key", PHONE.encode(), hashlib.sha256).hexdigest(),
    )


def _many_times(name: str, beside: str, ours: Callable[[], object], other: Callable[[], object]) -> Comparison:
    """Too quick to be timed once, so each round does it ``TIMES`` times."""
    return Comparison(
        name=f"{name}, {TIMES} times",
        beside=beside,
        ours=lambda _: [ours() for _ in range(TIMES)],
        other=lambda _: [other() for _ in range(TIMES)],
        rounds=30,
        at_most_ratio=5,
    )
