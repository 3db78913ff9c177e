"""The tokens of a log-in: JSON Web Tokens, signed by keys of their own and by one algorithm.

An access token opens doors for a quarter of an hour, a refresh token is traded once for a new pair. This module
only writes and reads them; whether their log-in still stands is for ``accounts.credentials``, and whether they have
run out is judged by the database's clock there.
"""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid4

import jwt
from django.conf import settings

ALGORITHM: Final = "HS256"
ISSUER: Final = "aiqleads"
ACCESS_LASTS: Final = timedelta(minutes=15)
REFRESH_LASTS: Final = timedelta(days=14)
SESSION_LASTS: Final = timedelta(days=90)
REQUIRED: Final = ("iss", "typ", "sid", "jti", "iat", "exp")
LONGEST: Final = 2_000
MOST_REMEMBERED: Final = 2_000
"""So many access tokens that were read are known to a process without their signature being reckoned again."""
UNREADABLE: Final = (
    jwt.PyJWTError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class Purpose(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


class UnusableToken(Exception):
    """What was sent is no token of ours, or one for another purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says. ``id`` is the token's own; ``expires_at`` has not been held against any clock."""

    session_id: UUID
    id: UUID
    expires_at: datetime


def write(
    purpose: Purpose, *, session_id: UUID, now: datetime, expires_at: datetime, token_id: UUID | None = None
) -> str:
    """Sign a token with the newest key."""
    version = max(settings.TOKEN_KEYS)
    claims = {
        "iss": ISSUER,
        "typ": purpose.value,
        "sid": str(session_id),
        "jti": str(token_id or uuid4()),
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(claims, settings.TOKEN_KEYS[version], algorithm=ALGORITHM, headers={"kid": str(version)})


def read(token: str, purpose: Purpose) -> Claims:
    """What a token of ours says.

    :raises UnusableToken: another key, algorithm, issuer or purpose, a part that is missing, or no token at all
    """
    if len(token) > LONGEST:
        raise UnusableToken("too long")
    keys = tuple(settings.TOKEN_KEYS.items())
    told = _told_again(token, keys) if purpose == Purpose.ACCESS else _told(token, keys)
    if told.purpose != purpose.value:
        raise UnusableToken("another purpose")
    return told.claims


@dataclass(frozen=True, slots=True)
class _Told:
    purpose: str
    claims: Claims


def _told(token: str, keys: tuple[tuple[int, str], ...]) -> _Told:
    try:
        told = jwt.decode(
            token,
            dict(keys)[_key_version(token)],
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": list(REQUIRED), "verify_exp": False, "verify_iat": False},
        )
        claims = Claims(
            session_id=UUID(told["sid"]),
            id=UUID(told["jti"]),
            expires_at=datetime.fromtimestamp(int(told["exp"]), tz=UTC),
        )
    except UNREADABLE as error:
        raise UnusableToken(type(error).__name__) from error
    return _Told(told["typ"], claims)


_told_again = lru_cache(maxsize=MOST_REMEMBERED)(_told)
"""A program sends its access token for a quarter of an hour; what it says stays as it is under the same keys.

Whether its log-in stands, and its time, is asked elsewhere each time. What was refused is not kept."""


def _key_version(token: str) -> int:
    """Which of our keys the token claims to be signed by. Nothing here is believed before it was tried."""
    header = token.partition(".")[0]
    return int(json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])
