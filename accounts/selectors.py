"""Public reads about people and organisations."""

from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Q

from accounts import plans
from accounts.models import Entitlement, Membership, TermsAcceptance, User
from aiqleads.core.clock import Now


def find_membership(user: User) -> Membership | None:
    """The user's membership with its organisation, or None for operators and strangers."""
    return Membership.objects.select_related("organisation", "user").filter(user=user).first()


def entitlements(organisation_id: UUID) -> dict[str, int]:
    """Every entitlement in force now; what was never granted or has ended is Starter's."""
    in_force = Entitlement.objects.filter(organisation=organisation_id).filter(Q(until=None) | Q(until__gt=Now()))
    return {**plans.STARTER, **dict(in_force.values_list("key", "value"))}


def has_accepted_current_terms(user: User) -> bool:
    """Whether ``user`` accepted the version that is in force."""
    return TermsAcceptance.objects.filter(user=user, version=plans.CURRENT_TERMS_VERSION).exists()


def is_verified(user: User) -> bool:
    """Whether ``user`` has confirmed the e-mail address that they log in with."""
    return bool(EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists())


def terms_acceptances(user: User) -> list[TermsAcceptance]:
    """Every version of the terms that ``user`` accepted, newest first."""
    return list(TermsAcceptance.objects.filter(user=user).order_by("-accepted_at", "-pk"))


def members(organisation_id: UUID) -> list[Membership]:
    """The organisation's members with their users, in the order they joined."""
    return list(
        Membership.objects.filter(organisation=organisation_id).select_related("user").order_by("created_at", "pk")
    )
