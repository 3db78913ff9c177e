"""Public writes about people and organisations."""

from collections.abc import Mapping

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import errors, plans
from accounts.models import Entitlement, Membership, Organisation, TermsAcceptance, User
from aiqleads.core import audit, transactions


@transactions.write
def open_organisation(*, owner: User, name: str, terms_version: str) -> Membership:
    """Open an organisation on the Starter plan with ``owner`` as its owner, who accepts ``terms_version``."""
    return add_organisation(owner=owner, name=name, terms_version=terms_version)


@transactions.write
def register(*, email: str, password: str, organisation_name: str, terms_version: str) -> Membership:
    """Make a user and the organisation they own, both or neither.

    :raises EmailTaken | PasswordTooWeak | TermsOutdated: as they say; nothing was made
    """
    _require_current_terms(terms_version)
    _require_strong_password(password, User(email=email))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password)
    except IntegrityError as error:
        raise errors.EmailTaken("There is an account with this e-mail. Log in instead.") from error
    EmailAddress.objects.create(user=user, email=user.email, primary=True)
    return add_organisation(owner=user, name=organisation_name, terms_version=terms_version)


@transactions.write
def change_profile(*, user: User, names: Mapping[str, str], terms_version: str | None = None) -> User:
    """Write the ``first_name`` and ``last_name`` given, and note the acceptance of ``terms_version``.

    :raises TermsOutdated: another version is in force; nothing was changed
    """
    if terms_version is not None:
        _require_current_terms(terms_version)
        TermsAcceptance.objects.get_or_create(user=user, version=terms_version)
    for name, value in names.items():
        setattr(user, name, value)
    user.save(update_fields=list(names))
    return user


def _require_current_terms(version: str) -> None:
    if version != plans.CURRENT_TERMS_VERSION:
        raise errors.TermsOutdated("The terms have a new version. Read it, then accept that one.")


def _require_strong_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise errors.PasswordTooWeak(" ".join(error.messages), errors={"password": error.messages}) from error


def add_organisation(*, owner: User, name: str, terms_version: str) -> Membership:
    """As ``open_organisation``, joining the caller's transaction (sign-up has one)."""
    with transaction.atomic():
        organisation = Organisation.objects.create(name=name.strip())
        Entitlement.objects.bulk_create(
            Entitlement(organisation=organisation, key=key, value=value) for key, value in plans.STARTER.items()
        )
        membership = Membership.objects.create(user=owner, organisation=organisation, role=Membership.Role.OWNER)
        TermsAcceptance.objects.get_or_create(user=owner, version=terms_version)
        audit.record(actor_id=owner.pk, action="organisation.opened", subject=organisation)
    return membership


@transactions.write
def accept_terms(*, user: User, version: str) -> TermsAcceptance:
    """Note that ``user`` accepted ``version``; accepting twice keeps the first time."""
    return TermsAcceptance.objects.get_or_create(user=user, version=version)[0]
