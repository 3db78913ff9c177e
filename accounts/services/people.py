"""Those who log in: making, changing, suspending them, and what they accept."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest

from accounts import errors, password_guesses, plans, staff
from accounts.models import ApiSession, Membership, TermsAcceptance, User
from accounts.services.failed_log_ins import note_failed_log_in
from accounts.services.log_ins import end_everything
from accounts.services.organisations import tell_of_stopping
from accounts.services.seats import NO_SEAT, seats
from aiqleads.core import audit, transactions
from aiqleads.core.postgres import violated_constraint


@transactions.write
def change_profile(*, user: User, names: Mapping[str, str], terms_version: str | None = None) -> User:
    """Write ``first_name``, ``last_name`` and ``time_zone`` as given, and note that ``terms_version`` is accepted.

    :raises TermsOutdated: another version is in force; nothing was changed
    """
    if terms_version is not None:
        require_current_terms(terms_version)
        TermsAcceptance.objects.get_or_create(user=user, version=terms_version)
    for name, value in names.items():
        setattr(user, name, value)
    user.save(update_fields=list(names))
    return user


def require_current_terms(version: str) -> None:
    """:raises TermsOutdated: another version is in force."""
    if version != plans.CURRENT_TERMS_VERSION:
        raise errors.TermsOutdated("The terms have a new version. Read it, then accept that one.")


def require_strong_password(password: str, user: User) -> None:
    """:raises PasswordTooWeak: it is short, common or like what is known of ``user``."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise errors.PasswordTooWeak(
            " ".join(error.messages), errors={"password": error.messages}, field="password"
        ) from error


def check_password(*, email: str, password: str, request: HttpRequest) -> User:
    """The active user with this e-mail and password. Takes as long for an address that nobody has.

    A failure is noted in the audit trail, and counts as one at the page does: five in five minutes for one address
    that is typed, wherever they come from, and ten a minute from one network.

    :param request: what the log-in came with, for whoever counts and watches log-ins
    :raises UnknownLogIn: there is none; which of the two is wrong is not told
    :raises TooManyGuesses: as it says, whether there is such a user and whether the password is right
    """
    try:
        user = get_adapter(request).authenticate(request, email=email, password=password)
    except ValidationError as error:
        raise errors.TooManyGuesses(
            "There were too many log-ins that failed. Wait five minutes, then try again.",
            retry_after_seconds=password_guesses.ACCOUNT_SECONDS,
        ) from error
    if user is not None and not user.is_active:
        note_failed_log_in(typed=email)
    if not isinstance(user, User) or not user.is_active:
        raise errors.UnknownLogIn("No active log-in has this e-mail and password.")
    return user


@transactions.write
def accept_terms(*, user: User, version: str) -> TermsAcceptance:
    """Note that ``user`` accepted ``version``; accepting twice keeps the first time."""
    return TermsAcceptance.objects.get_or_create(user=user, version=version)[0]


@transactions.write
def create_user(
    *,
    email: str,
    password: str | None = None,
    first_name: str = "",
    last_name: str = "",
    organisation_id: UUID | None = None,
    role: Membership.Role = Membership.Role.BUYER,
    staff_roles: Collection[staff.StaffRole] = (),
    actor_id: int,
) -> User:
    """Make a log-in on an operator's word: a member of an organisation, or else an operator.

    :param staff_roles: of an operator
    :param password: None lets its owner set one by mail
    :raises EmailTaken | PasswordTooWeak | NoSeatLeft: as they say; nothing was made
    :raises NotForOperators: ``actor_id`` is no administrator, and this would be an operator
    """
    if organisation_id is None:
        require_administrator(actor_id)
    user = add_user(email, password, first_name=first_name, last_name=last_name, is_staff=organisation_id is None)
    if organisation_id is not None:
        with seats(NO_SEAT):
            Membership.objects.create(user=user, organisation_id=organisation_id, role=role)
    else:
        user.groups.set(Group.objects.filter(name__in=staff_roles))
    audit.record(
        actor_id=actor_id,
        action="user.created",
        subject=user,
        organisation=organisation_id and str(organisation_id),
        role="operator" if organisation_id is None else str(role),
        **({"staff_roles": sorted(map(str, staff_roles))} if staff_roles else {}),
    )
    return user


@transactions.write
def suspend_user(*, user_id: int, reason: str, actor_id: int) -> User:
    """Let a user in nowhere any more: all log-ins end, holds are given back. What they bought stays.

    :raises NotForOperators: they are an operator and ``actor_id`` is no administrator, or it is themselves
    """
    return _set_active(user_id, actor_id, is_active=False, action="user.suspended", reason=reason)


@transactions.write
def reinstate_user(*, user_id: int, reason: str, actor_id: int) -> User:
    """Let a suspended user in again.

    :raises NotForOperators: they are an operator and ``actor_id`` is no administrator
    """
    return _set_active(user_id, actor_id, is_active=True, action="user.reinstated", reason=reason)


def _set_active(user_id: int, actor_id: int, *, is_active: bool, action: str, reason: str) -> User:
    user = locked_user(user_id, actor_id)
    if user.pk == actor_id:
        raise errors.NotForOperators("You cannot suspend yourself.")
    if user.closed_at is not None:
        raise errors.NotForOperators("Its user closed this account for good. They may sign up anew.")
    changes = audit.changes({"is_active": user.is_active}, {"is_active": is_active})
    user.is_active = is_active
    with somebody_in_charge():
        user.save(update_fields=["is_active"])
    if not is_active:
        end_everything(user=user, ending=ApiSession.Ending.SUSPENDED, actor_id=actor_id)
        tell_of_stopping(Membership.objects.filter(user=user))
    audit.record(actor_id=actor_id, action=action, subject=user, reason=reason, **changes)
    return user


@transactions.write
def set_password(*, user_id: int, password: str, actor_id: int) -> User:
    """Replace a user's password, which ends their sessions.

    :raises PasswordTooWeak: as it says
    :raises NotForOperators: they are an operator and ``actor_id`` is no administrator
    """
    user = locked_user(user_id, actor_id)
    require_strong_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    end_everything(user=user, ending=ApiSession.Ending.PASSWORD_CHANGED, actor_id=actor_id)
    audit.record(actor_id=actor_id, action="user.password_set", subject=user)
    return user


def add_user(email: str, password: str | None, **fields: object) -> User:
    """A user with their address, not confirmed yet. Joins the caller's transaction.

    :raises EmailTaken | PasswordTooWeak: as they say
    """
    if password is not None:
        require_strong_password(password, User(email=email))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, **fields)
    except IntegrityError as error:
        raise errors.EmailTaken("There is an account with this e-mail. Log in instead.", field="email") from error
    EmailAddress.objects.create(user=user, email=user.email, primary=True)
    return user


def locked_user(user_id: int, actor_id: int) -> User:
    """A user whom ``actor_id`` may decide about. Joins the caller's transaction."""
    user = User.objects.select_for_update().get(pk=user_id)
    if user.is_staff:
        require_administrator(actor_id)
    return user


@contextmanager
def somebody_in_charge() -> Iterator[None]:
    """Turn the database's refusal to be left without an administrator into ours: two may act at once."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            yield
            cursor.execute("SET CONSTRAINTS operator_leaves_an_admin, role_leaves_an_admin IMMEDIATE")
            cursor.execute("SET CONSTRAINTS operator_leaves_an_admin, role_leaves_an_admin DEFERRED")
    except IntegrityError as error:
        if violated_constraint(error) == "staff_has_an_admin":
            raise errors.NotForOperators("Somebody has to decide about operators: they are the last.") from error
        raise


def require_administrator(actor_id: int) -> None:
    """:raises NotForOperators: they decide about no operators."""
    if not staff.is_administrator(actor_id):
        raise errors.NotForOperators("Only an administrator decides about operators.")
