"""The tokens of a log-in: JSON Web Tokens, signed by keys of their own and by one algorithm.

An access token opens doors for a quarter of an hour, a refresh token is traded once for a new pair. This module
only writes and reads them; whether their log-in still stands is for ``accounts.credentials``, and whether they have
run out is judged by the database's clock there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
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
    try:
        key = settings.TOKEN_KEYS[int(jwt.get_unverified_header(token).get("kid", ""))]
        told = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": list(REQUIRED), "verify_exp": False, "verify_iat": False},
        )
        claims = Claims(
            session_id=UUID(told["sid"]),
            id=UUID(told["jti"]),
            expires_at=datetime.fromtimestamp(int(told["exp"]), tz=UTC),
        )
    except (jwt.PyJWTError, LookupError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise UnusableToken(type(error).__name__) from error
    if told["typ"] != purpose.value:
        raise UnusableToken("another purpose")
    return claims
