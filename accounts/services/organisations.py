"""Organisations and who does what in them."""

from collections.abc import Iterable

from django.db import transaction

from accounts import errors, plans
from accounts.events import MemberStoppedBuying
from accounts.models import Entitlement, Membership, Organisation, TermsAcceptance, User
from aiqleads.core import audit, events, transactions


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
def change_role(*, user_id: int, role: Membership.Role, actor_id: int) -> Membership:
    """Change what a member may do in their organisation.

    :raises NobodyLeftInCharge: they are its last owner
    """
    organisation_id = Membership.objects.get(user=user_id).organisation_id
    members = list(Membership.objects.filter(organisation=organisation_id).order_by("pk").select_for_update())
    member = next(one for one in members if one.user_id == user_id)
    others = [one for one in members if one != member]
    if role != Membership.Role.OWNER and all(one.role != Membership.Role.OWNER for one in others):
        raise errors.NobodyLeftInCharge("The organisation would have no owner: make another member one first.")
    audit.record(actor_id=actor_id, action="role.changed", subject=member, role=[member.role, str(role)])
    member.role = role
    member.save(update_fields=["role"])
    if not member.is_buyer:
        tell_of_stopping([member])
    return member


def tell_of_stopping(members: Iterable[Membership]) -> None:
    """Publish that ``members`` may hold and buy no more. Joins the caller's transaction."""
    events.publish(*(MemberStoppedBuying(membership_id=member.pk) for member in members))
