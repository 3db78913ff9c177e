"""Public reads about people and organisations."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from accounts import plans
from accounts.licences import comparable
from accounts.models import (
    ApiKey,
    ApiSession,
    Authenticator,
    Invitation,
    Licence,
    Membership,
    Organisation,
    Passkey,
    RecoveryCode,
    TermsAcceptance,
    User,
)
from accounts.models.licences import NUMBER_PURPOSE
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import keyed_hashes
from aiqleads.core.prepared import Joined
from aiqleads.social_logins import SocialLogin

MEMBER: Final = Joined(
    """
    SELECT {columns} FROM accounts_membership member
    JOIN accounts_organisation organisation ON organisation.id = member.organisation_id
    WHERE member.user_id = %s AND member.left_at IS NULL
    """,
    member=Membership,
    organisation=Organisation,
)
"""Asked at every page of a member."""
IN_FORCE: Final = """
SELECT key, value FROM accounts_entitlement WHERE organisation_id = %s AND (until IS NULL OR until > core_now())
"""
ONE_IN_FORCE: Final = """
SELECT value FROM accounts_entitlement
WHERE organisation_id = %s AND key = %s AND (until IS NULL OR until > core_now())
"""
CONFIRMED: Final = """
SELECT EXISTS (
    SELECT FROM account_emailaddress WHERE user_id = %s AND upper(email::text) = upper(%s) AND verified)
"""
ENROLLED: Final = """
SELECT EXISTS (SELECT FROM accounts_authenticator WHERE user_id = %s AND confirmed)
    OR EXISTS (SELECT FROM accounts_passkey WHERE user_id = %s)
"""
ACCEPTED: Final = "SELECT EXISTS (SELECT FROM accounts_termsacceptance WHERE user_id = %s AND version = %s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactors:
    """A user's second factors."""

    app: Authenticator | None
    passkeys: list[Passkey]
    codes_left: int

    @property
    def are_any(self) -> bool:
        return bool(self.app or self.passkeys)


def find_membership(user: User) -> Membership | None:
    """The user's membership with its organisation, or None for operators and strangers."""
    found = MEMBER.first(user.pk)
    if found is None:
        return None
    membership: Membership
    membership, membership.organisation = found
    membership.user = user
    return membership


def entitlements(organisation_id: UUID) -> dict[str, int]:
    """Every entitlement in force now; what was never granted or has ended is Starter's."""
    with connection.cursor() as cursor:  # asked at nearly every request of a member
        cursor.execute(IN_FORCE, [organisation_id])
        return {**plans.STARTER, **dict(cursor.fetchall())}


def api_requests_per_minute(organisation_id: UUID) -> int:
    """How often all members and keys of an organisation may ask the API together."""
    with connection.cursor() as cursor:  # asked at every request of the API
        cursor.execute(ONE_IN_FORCE, [organisation_id, "api_requests_per_minute"])
        found = cursor.fetchone()
    return int(found[0]) if found else plans.STARTER["api_requests_per_minute"]


def has_accepted_current_terms(user: User) -> bool:
    """Whether ``user`` accepted the version that is in force."""
    return _is_so(ACCEPTED, [user.pk, plans.CURRENT_TERMS_VERSION])


def _is_so(question: str, about: list[Any]) -> bool:
    """One of the questions above, which are asked at every log-in, hold or sale."""
    with connection.cursor() as cursor:
        cursor.execute(question, about)
        return bool(cursor.fetchone()[0])


def has_accepted_terms(of: str) -> Exists:
    """The same as a column of a query.

    :param of: the path to the user
    """
    return Exists(TermsAcceptance.objects.filter(user=OuterRef(of), version=plans.CURRENT_TERMS_VERSION))


def is_verified(user: User) -> bool:
    """Whether ``user`` has confirmed the e-mail address that they log in with."""
    return _is_so(CONFIRMED, [user.pk, user.email])


def is_enrolled(user: User) -> bool:
    """Whether ``user`` proves themselves with more than a password: by an app or a passkey."""
    return _is_so(ENROLLED, [user.pk, user.pk])


def second_factors(user: User) -> SecondFactors:
    """What ``user`` proves themselves with beside the password."""
    return SecondFactors(
        app=Authenticator.objects.filter(user=user.pk, confirmed=True).first(),
        passkeys=list(Passkey.objects.filter(user=user.pk).order_by("created_at", "pk")),
        codes_left=RecoveryCode.objects.filter(sheet__user=user.pk, used_at=None).count(),
    )


def terms_acceptances(user: User) -> list[TermsAcceptance]:
    """Every version of the terms that ``user`` accepted, newest first."""
    return list(TermsAcceptance.objects.filter(user=user).order_by("-accepted_at", "-pk"))


def members(organisation_id: UUID) -> list[Membership]:
    """The organisation's members with their users, in the order they joined."""
    return list(
        Membership.objects.filter(organisation=organisation_id).select_related("user").order_by("created_at", "pk")
    )


def api_keys(member: Membership) -> list[ApiKey]:
    """The member's API keys, newest first."""
    return list(ApiKey.objects.filter(membership=member).annotate(now=Now()).order_by("-created_at", "pk"))


def browsers(user: User) -> list[UserSession]:
    """The browsers that are logged in as ``user``, the newest first; allauth forgets those that ended."""
    return sorted(UserSession.objects.purge_and_list(user), key=lambda one: one.created_at, reverse=True)


def api_sessions(user: User) -> list[ApiSession]:
    """The programs that are logged in as ``user``, last refreshed first."""
    running = ApiSession.objects.filter(user=user, ended_at=None, expires_at__gt=Now())
    return list(running.order_by("-refreshed_at", "pk"))


def buyers(organisation_id: UUID) -> list[Membership]:
    """Those of the members who may hold and buy by now, in the order they joined."""
    return [member for member in members(organisation_id) if member.is_buyer and member.user.is_active]


def find_member_called(organisation_id: UUID, named: str) -> Membership | None:
    """The organisation's member with this id or e-mail address, or None: nobody outside it is ever found."""
    known = members(organisation_id)
    return next((one for one in known if named.lower() in {str(one.pk), one.user.email.lower()}), None)


def licence_day() -> date:
    """The day that decides whether a licence has ended: it lasts until its last day is over everywhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_licence_day()")
        day: date = cursor.fetchone()[0]
    return day


def is_licensed(user_id: int, state_code: str) -> bool:
    """Whether a user may buy homes of that state by now, as the guard of sales sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_is_licensed(%s, %s)", [user_id, state_code])
        return bool(cursor.fetchone()[0])


def licensed_states(user_id: int) -> frozenset[str]:
    """The states in which a user may buy by now."""
    rows = Licence.objects.filter(user=user_id, state=Licence.State.VERIFIED, expires_on__gte=licence_day())
    return frozenset(rows.values_list("state_code", flat=True))


def licences(user: User) -> list[Licence]:
    """What a user wrote down and was not replaced since, by state, the newest first."""
    rows = Licence.objects.filter(user=user).exclude(state=Licence.State.REPLACED)
    return list(rows.order_by("state_code", "-added_at", "-pk"))


def waiting_licences() -> QuerySet[Licence]:
    """Those that wait for a check, the longest first."""
    return Licence.objects.filter(state=Licence.State.WAITING).order_by("added_at", "pk")


def same_licence_elsewhere(licence: Licence) -> int:
    """How many other users wrote the same number of the same state down: a sign that somebody borrows it."""
    if not licence.number:
        return 0
    hashes = keyed_hashes(comparable(licence.state_code, licence.number), purpose=NUMBER_PURPOSE)
    others = Licence.objects.filter(number_hash__in=hashes).exclude(user=licence.user_id)
    return others.values("user").distinct().count()


def open_invitations(organisation_id: UUID) -> list[Invitation]:
    """Those who were asked to join and did not yet, oldest first; one that is over says so by ``is_over``."""
    asked = Invitation.objects.filter(organisation=organisation_id, accepted_at=None, revoked_at=None)
    over = Case(When(expires_at__lte=Now(), then=Value(True)), default=Value(False))
    return list(asked.annotate(is_over=over).select_related("invited_by__user").order_by("asked_at", "pk"))


def invitations_to(user: User) -> int:
    """How many open invitations went to the address of ``user``; their letters hold the links."""
    is_open = Q(accepted_at=None, revoked_at=None, expires_at__gt=Now())
    return Invitation.objects.filter(is_open, email=user.email.lower()).count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """How many people the plan seats, and how many seats are taken: by members and by open invitations."""

    total: int
    taken: int

    @property
    def left(self) -> int:
        return max(0, self.total - self.taken)


def seats(organisation_id: UUID) -> Seats:
    """As the database counts them for who comes next."""
    is_open = Q(accepted_at=None, revoked_at=None, expires_at__gt=Now())
    invited = Invitation.objects.filter(is_open, organisation=organisation_id).count()
    inside = Membership.objects.filter(organisation=organisation_id).count()
    return Seats(total=entitlements(organisation_id)["seats"], taken=inside + invited)


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialLogIn:
    """Another site that logs a user in. ``name`` is the id where it is switched off by now."""

    id: int
    provider: str
    name: str
    since: datetime
    is_on: bool


def social_sites() -> list[SocialLogin]:
    """The sites that people may log in with; none unless they are switched on."""
    return list(settings.SOCIAL_LOGINS)


def social_log_ins(user: User) -> list[SocialLogIn]:
    """Which of them log ``user`` in, the oldest first."""
    names = {site.id: site.name for site in social_sites()}
    return [
        SocialLogIn(
            id=one.pk,
            provider=one.provider,
            name=names.get(one.provider, one.provider),
            since=one.date_joined,
            is_on=one.provider in names,
        )
        for one in SocialAccount.objects.filter(user=user.pk).order_by("date_joined", "pk")
    ]
