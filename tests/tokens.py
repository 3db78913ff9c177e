"""Tokens for tests whose subject is something else."""

from datetime import timedelta

from accounts import tokens
from accounts.models import ApiSession, Membership, User
from aiqleads.core import clock


def access_token(who: Membership | User) -> str:
    """An access token of a log-in that was opened without asking for a password; it outlives any test's clock."""
    user = who.user if isinstance(who, Membership) else who
    now = clock.now()
    session = ApiSession.objects.create(user=user, expires_at=now + tokens.REFRESH_LASTS)
    lasts = now + timedelta(days=3_650)
    return tokens.write(tokens.Purpose.ACCESS, session_id=session.pk, now=now, expires_at=lasts)


def bearer(who: Membership | User) -> dict[str, str]:
    """The header that proves who asks."""
    return {"Authorization": f"Bearer {access_token(who)}"}
