"""Public writes about people and organisations."""

from django.db import transaction

from accounts import plans
from accounts.models import Entitlement, Membership, Organisation, TermsAcceptance, User
from aiqleads.core import audit, transactions


@transactions.write
def open_organisation(*, owner: User, name: str, terms_version: str) -> Membership:
    """Open an organisation on the Starter plan with ``owner`` as its owner, who accepts ``terms_version``."""
    return add_organisation(owner=owner, name=name, terms_version=terms_version)


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
