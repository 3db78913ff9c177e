"""How a request proves who it is outside a browser: an access token of a log-in, or a personal API key.

Each look asks the database once and finds the member with it, so what was revoked a moment ago opens nothing now.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from accounts import key_text, tokens
from accounts.models import ApiKey, ApiSession, Membership, Organisation, User
from accounts.models.credentials import Scope
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import keyed_hash, keyed_hashes
from aiqleads.core.prepared import Joined

KEY_PURPOSE: Final = "api_key"
NOTED_EVERY: Final = timedelta(minutes=1)
EVERYTHING: Final = frozenset(Scope)
LOG_IN: Final = Joined(
    """
    SELECT {columns}, core_now()
    FROM accounts_apisession log_in
    JOIN accounts_user person ON person.id = log_in.user_id
    LEFT JOIN accounts_membership member ON member.id = person.membership_id
    LEFT JOIN accounts_organisation organisation ON organisation.id = member.organisation_id
    WHERE log_in.id = %s
    """,
    log_in=ApiSession,
    person=User,
    member=Membership,
    organisation=Organisation,
)
"""Asked at every request with a token."""


class Kind(StrEnum):
    TOKEN = "token"  # noqa: S105  (a word, no password)
    KEY = "key"


class NotProven(Exception):
    """The token or key opens nothing. The message says why to whoever holds it, and nothing of anybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who asks, proven. ``membership`` is None for operators and for those who belong to no organisation.

    ``id`` is the log-in's or the key's; ``expires_at`` when this token or key ends by itself.
    """

    user: User
    membership: Membership | None
    scopes: frozenset[Scope]
    kind: Kind
    id: UUID
    expires_at: datetime

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes


def authenticate(token: str) -> Credential:
    """Find out who sent this access token or API key.

    :raises NotProven: nobody, any more
    """
    return _by_key(token) if token.startswith(key_text.MARK) else _by_token(token)


def _by_token(token: str) -> Credential:
    try:
        claims = tokens.read(token, tokens.Purpose.ACCESS)
    except tokens.UnusableToken as error:
        raise NotProven("This token cannot be used.") from error
    found = LOG_IN.first(claims.session_id)
    if found is None:
        raise NotProven("This log-in has ended. Log in again.")
    session, user, membership, organisation, now = found
    if session.ended_at:
        raise NotProven("This log-in has ended. Log in again.")
    if claims.expires_at <= now:
        raise NotProven("This token has run out. Refresh it.")
    if membership:
        membership.user, membership.organisation = user, organisation
        user.membership = membership
    return Credential(
        user=_active(user),
        membership=membership,
        scopes=EVERYTHING,
        kind=Kind.TOKEN,
        id=session.pk,
        expires_at=claims.expires_at,
    )


def _by_key(text: str) -> Credential:
    if not key_text.is_whole(text):
        raise NotProven("This key was not copied whole.")
    found = ApiKey.objects.filter(prefix=key_text.prefix_of(text)).annotate(now=Now())
    key = found.select_related("membership__user", "membership__organisation").first()
    hashes = keyed_hashes(text, purpose=KEY_PURPOSE)
    if key is None or not any([hmac.compare_digest(key.key_hash, one) for one in hashes]):  # noqa: C419  (all, always)
        raise NotProven("This key opens nothing.")
    if key.revoked_at:
        raise NotProven("This key was revoked.")
    if key.expires_at <= key.now:
        raise NotProven("This key has run out.")
    if key.membership.left_at:
        raise NotProven("Who made this key has left the organisation.")
    user = _active(key.membership.user)
    _note_use(key, key.now, keyed_hash(text, purpose=KEY_PURPOSE))
    return Credential(
        user=user,
        membership=key.membership,
        scopes=frozenset(Scope(scope) for scope in key.scopes),
        kind=Kind.KEY,
        id=key.pk,
        expires_at=key.expires_at,
    )


def _active(user: User) -> User:
    if not user.is_active:
        raise NotProven("This log-in is suspended.")
    return user


def _note_use(key: ApiKey, now: datetime, newest_hash: str) -> None:
    """Once a minute at most, and with it the hash under the newest secret: so secrets can be retired."""
    if key.last_used_at is None or key.last_used_at <= now - NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now, key_hash=newest_hash)
