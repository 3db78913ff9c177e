"""The demo's cast: who can log in, and the credits they start with. Refused where ``DEMO`` is off."""

from dataclasses import dataclass
from typing import Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from accounts import services as accounts
from accounts.models import Organisation, User
from accounts.plans import CURRENT_TERMS_VERSION
from billing import services as billing

PASSWORD: Final = "open house demo"  # noqa: S105  (printed at start-up; the demo alone accepts it)
WELCOME_CREDITS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogin:
    """One log-in of the demo. ``organisation`` is "" for the operator."""

    role: str
    email: str
    organisation: str


LOGINS: Final = (
    DemoLogin(role="agent with credits", email="alice@example.com", organisation="Alder Lane Realty"),
    DemoLogin(role="second agent", email="charlie@example.com", organisation="Copperfield Homes"),
    DemoLogin(role="operator (/admin/)", email="olga@example.com", organisation=""),
)


def is_loaded() -> bool:
    """Whether everybody of the demo can log in, which is the last thing that loading does."""
    return User.objects.filter(email__in=[login.email for login in LOGINS]).count() == len(LOGINS)


def ensure_logins() -> None:
    """Create the demo's people where they are missing, and give the agents their credits once.

    :raises ImproperlyConfigured: ``DEMO`` is off
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("DEMO is off here: the demo and its log-ins are refused.")
    for login in LOGINS:
        organisation = _ensure_login(login)
        if organisation:
            billing.grant_credits(
                organisation_id=organisation.pk,
                amount_credits=WELCOME_CREDITS,
                key=f"demo:{organisation.pk}",
                memo="Credits to try the demo",
            )


@transaction.atomic
def _ensure_login(login: DemoLogin) -> Organisation | None:
    user = User.objects.filter(email=login.email).select_related("membership__organisation").first()
    if user is None:
        is_operator = not login.organisation
        user = User.objects.create_user(login.email, PASSWORD, is_staff=is_operator, is_superuser=is_operator)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        if login.organisation:
            return accounts.add_organisation(
                owner=user, name=login.organisation, terms_version=CURRENT_TERMS_VERSION
            ).organisation
    membership = getattr(user, "membership", None)
    return membership.organisation if membership else None
