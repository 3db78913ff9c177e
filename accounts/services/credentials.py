"""Log-ins of programs and personal API keys: opened, traded, ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import connection

from accounts import errors, key_text, tokens
from accounts.credentials import KEY_PURPOSE
from accounts.events import RefreshTokenReused
from accounts.models import ApiKey, ApiSession, Membership, User
from accounts.models.credentials import Scope
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.personal_data import keyed_hash
from aiqleads.core.prepared import Joined

SAME_ANSWER_FOR: Final = timedelta(seconds=10)
"""How long a refresh token that was just traded gets the same successor: the network may have lost the answer."""
LOCKED: Final = Joined(
    """
    SELECT {columns} FROM accounts_apisession log_in JOIN accounts_user person ON person.id = log_in.user_id
    WHERE log_in.id = %s FOR UPDATE OF log_in
    """,
    log_in=ApiSession,
    person=User,
)
OPEN: Final = """
INSERT INTO accounts_apisession
    (id, user_id, client, refresh_id, expires_at, created_at, refreshed_at, ending)
VALUES (%s, %s, %s, %s, %s, %s, %s, '')
"""
TRADE: Final = """
UPDATE accounts_apisession SET refresh_id = %s, previous_refresh_id = %s, refreshed_at = %s, expires_at = %s
WHERE id = %s
"""
KEY_LASTS_AT_MOST: Final = timedelta(days=365)
MOST_KEYS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    access: str
    refresh: str


@transactions.write
def open_session(*, user: User, client: str = "") -> TokenPair:
    """Log a program in.

    :param client: as it calls itself; 80 characters are kept
    """
    now = clock.now()
    session = ApiSession(
        user=user, client=client[:80], expires_at=now + tokens.REFRESH_LASTS, created_at=now, refreshed_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN, [session.pk, user.pk, session.client, session.refresh_id, session.expires_at, now, now]
        )
    audit.record(actor_id=user.pk, action="api_session.opened", subject=session)
    return _pair(session, now)


def refresh(*, token: str) -> TokenPair:
    """Trade a refresh token for a new pair; the old one is used up.

    Presented again within ``SAME_ANSWER_FOR`` it gets the same successor. Later it can only be a copy: the whole
    log-in ends, and its owner is told by mail.

    :raises TokenRefused: it cannot be traded
    """
    claims = _read(token)
    pair = _trade(claims)
    if pair is None:
        raise errors.TokenRefused("This refresh token was used before. The log-in has been ended; log in again.")
    return pair


@transactions.write
def _trade(claims: tokens.Claims) -> TokenPair | None:
    """None where the token was a copy: ending the log-in must not be undone by an exception."""
    session = _locked(claims)
    now = clock.now()
    _require_running(session, claims, now)
    if claims.id == session.refresh_id:
        session.previous_refresh_id, session.refresh_id = session.refresh_id, uuid4()
        session.refreshed_at = now
        session.expires_at = min(now + tokens.REFRESH_LASTS, session.created_at + tokens.SESSION_LASTS)
        with connection.cursor() as cursor:
            cursor.execute(TRADE, [session.refresh_id, claims.id, now, session.expires_at, session.pk])
        return _pair(session, now)
    if claims.id == session.previous_refresh_id and now <= session.refreshed_at + SAME_ANSWER_FOR:
        return _pair(session, now)
    _end(session, ApiSession.Ending.REUSED, now, actor_id=None)
    events.publish(RefreshTokenReused(session_id=session.pk))
    return None


@transactions.write
def log_out(*, token: str) -> None:
    """End the log-in that this refresh token belongs to.

    :raises TokenRefused: it has ended before, or is no token of ours
    """
    claims = _read(token)
    session = _locked(claims)
    now = clock.now()
    _require_running(session, claims, now)
    _end(session, ApiSession.Ending.LOGGED_OUT, now, actor_id=session.user_id)


@transactions.write
def end_session(*, user: User, session_id: UUID) -> ApiSession:
    """End one of the user's own log-ins of programs; again is harmless.

    :raises ApiSession.DoesNotExist: they have no such log-in
    """
    session = ApiSession.objects.select_for_update().get(pk=session_id, user=user)
    if session.ended_at is None:
        _end(session, ApiSession.Ending.REVOKED, clock.now(), actor_id=user.pk)
    return session


@transactions.write
def end_sessions(*, user_id: int, ending: ApiSession.Ending, actor_id: int | None) -> int:
    """End all log-ins of programs of a user; return how many there were."""
    return end_all_sessions(user_id=user_id, ending=ending, actor_id=actor_id)


def end_all_sessions(*, user_id: int, ending: ApiSession.Ending, actor_id: int | None) -> int:
    """As ``end_sessions``, joining the caller's transaction."""
    running = list(ApiSession.objects.select_for_update().filter(user=user_id, ended_at=None).order_by("pk"))
    now = clock.now()
    for session in running:
        _end(session, ending, now, actor_id=actor_id)
    return len(running)


@transactions.write
def create_key(*, member: Membership, name: str, scopes: Collection[Scope], lasts_days: int) -> tuple[ApiKey, str]:
    """Make a key for a program of the member's; return it with its text, which nobody can see again.

    :raises TooManyKeys: as many as a member may have are running
    """
    Membership.objects.select_for_update().get(pk=member.pk)
    now = clock.now()
    if ApiKey.objects.filter(membership=member, revoked_at=None, expires_at__gt=now).count() >= MOST_KEYS:
        raise errors.TooManyKeys(f"You have {MOST_KEYS} keys. Revoke one that nothing uses any more.")
    text = key_text.new()
    key = ApiKey.objects.create(
        membership=member,
        name=name,
        prefix=key_text.prefix_of(text),
        key_hash=keyed_hash(text, purpose=KEY_PURPOSE),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=now + min(timedelta(days=lasts_days), KEY_LASTS_AT_MOST),
    )
    audit.record(actor_id=member.user_id, action="api_key.created", subject=key, scopes=key.scopes, days=lasts_days)
    return key, text


@transactions.write
def revoke_key(*, member: Membership, key_id: UUID) -> ApiKey:
    """Let one of the member's own keys open nothing any more; again is harmless.

    :raises ApiKey.DoesNotExist: they have no such key
    """
    key = ApiKey.objects.select_for_update().get(pk=key_id, membership=member)
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        audit.record(actor_id=member.user_id, action="api_key.revoked", subject=key)
    return key


def revoke_all_keys(*, user_id: int, actor_id: int | None) -> int:
    """Revoke every key of a user. Joins the caller's transaction."""
    running = list(
        ApiKey.objects.select_for_update().filter(membership__user=user_id, revoked_at=None).order_by("pk")
    )
    now = clock.now()
    for key in running:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        audit.record(actor_id=actor_id, action="api_key.revoked", subject=key)
    return len(running)


def _read(token: str) -> tokens.Claims:
    try:
        return tokens.read(token, tokens.Purpose.REFRESH)
    except tokens.UnusableToken as error:
        raise errors.TokenRefused("This refresh token cannot be used. Log in again.") from error


def _locked(claims: tokens.Claims) -> ApiSession:
    transactions.require_transaction()
    found = LOCKED.first(claims.session_id)
    if found is None:
        raise errors.TokenRefused("This log-in has ended. Log in again.")
    session: ApiSession
    session, session.user = found
    return session


def _require_running(session: ApiSession, claims: tokens.Claims, now: datetime) -> None:
    if session.ended_at or not session.user.is_active:
        raise errors.TokenRefused("This log-in has ended. Log in again.")
    if claims.expires_at <= now:
        raise errors.TokenRefused("This refresh token has run out. Log in again.")


def _end(session: ApiSession, ending: ApiSession.Ending, now: datetime, *, actor_id: int | None) -> None:
    session.ended_at, session.ending = now, ending
    session.save(update_fields=["ended_at", "ending"])
    audit.record(actor_id=actor_id, action="api_session.ended", subject=session, ending=str(ending))


def _pair(session: ApiSession, now: datetime) -> TokenPair:
    return TokenPair(
        access=tokens.write(
            tokens.Purpose.ACCESS,
            session_id=session.pk,
            now=now,
            expires_at=min(now + tokens.ACCESS_LASTS, session.expires_at),
        ),
        refresh=tokens.write(
            tokens.Purpose.REFRESH,
            session_id=session.pk,
            now=now,
            expires_at=session.expires_at,
            token_id=session.refresh_id,
        ),
    )
