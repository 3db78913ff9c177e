"""Organisations, and who is in them as what: every step locks the organisation's row first, then its members."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts import errors, permissions, plans
from accounts.events import MemberLeft, MemberStoppedBuying, OwnershipTransferred
from accounts.models import ApiSession, Entitlement, Membership, Organisation, TermsAcceptance, User
from accounts.services.credentials import end_all_sessions, revoke_all_keys
from aiqleads.core import audit, clock, events, transactions

Action = permissions.Action
Role = Membership.Role

IN_CHARGE: Final = "The organisation would have no owner: make another member one first."
HIGHEST_CAP_CREDITS: Final = 1_000_000


@transactions.write
def open_organisation(*, owner: User, name: str, terms_version: str) -> Membership:
    """Open an organisation on the Starter plan with ``owner`` as its owner, who accepts ``terms_version``.

    :raises MemberElsewhere | NotForOperators | TermsOutdated: as they say
    """
    if terms_version != plans.CURRENT_TERMS_VERSION:
        raise errors.TermsOutdated("The terms have a new version. Read it, then accept that one.")
    locked = User.objects.select_for_update().get(pk=owner.pk)
    require_free(locked)
    return add_organisation(owner=locked, name=name, terms_version=terms_version)


def add_organisation(*, owner: User, name: str, terms_version: str) -> Membership:
    """As ``open_organisation``, joining the caller's transaction (sign-up has one)."""
    with transaction.atomic():
        organisation = Organisation.objects.create(name=name.strip())
        Entitlement.objects.bulk_create(
            Entitlement(organisation=organisation, key=key, value=value) for key, value in plans.STARTER.items()
        )
        membership = Membership.objects.create(user=owner, organisation=organisation, role=Role.OWNER)
        TermsAcceptance.objects.get_or_create(user=owner, version=terms_version)
        audit.record(actor_id=owner.pk, action="organisation.opened", subject=organisation)
    return membership


@transactions.write
def rename_organisation(*, by: Membership, name: str) -> Organisation:
    """Call the organisation something else.

    :raises NotYourRole: as it says
    """
    permissions.require(by, Action.RENAME)
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=by.organisation_id)
    organisation.name = name.strip()
    organisation.save(update_fields=["name"])
    audit.record(actor_id=by.user_id, action="organisation.renamed", subject=organisation)
    return organisation


@transactions.write
def change_role(*, user_id: int, role: Membership.Role, actor_id: int) -> Membership:
    """Change what a member may do in their organisation, on an operator's word.

    :raises NobodyLeftInCharge: they are its last owner
    """
    return _change_role(Membership.objects.get(user=user_id), role, actor_id)


@transactions.write
def change_members_role(*, membership_id: UUID, role: Membership.Role, by: Membership) -> Membership:
    """The same on an owner's word.

    :raises Membership.DoesNotExist: there is no such colleague
    :raises NotYourRole | NobodyLeftInCharge: as they say
    """
    permissions.require(by, Action.CHANGE_ROLE)
    return _change_role(_colleague(membership_id, by), role, by.user_id)


def _change_role(asked: Membership, role: Membership.Role, actor_id: int) -> Membership:
    member, others = _locked(asked)
    _require_owner_among(others, unless=role == Role.OWNER)
    if member.role != role:
        audit.record(actor_id=actor_id, action="role.changed", subject=member, role=[member.role, str(role)])
        member.role = role
        member.save(update_fields=["role"])
    if not member.is_buyer:
        tell_of_stopping([member])
    return member


@transactions.write
def set_cap(*, membership_id: UUID, cap_credits: int | None, by: Membership) -> Membership:
    """Say what a member may spend in a calendar month (UTC) from now on; None: anything.

    :raises Membership.DoesNotExist: there is no such colleague
    :raises NotYourRole | CapUnusable: as they say
    """
    permissions.require(by, Action.SET_CAP)
    if cap_credits is not None and not 0 <= cap_credits <= HIGHEST_CAP_CREDITS:
        raise errors.CapUnusable(
            f"A cap is from 0 to {HIGHEST_CAP_CREDITS:,} credits, or none.", field="cap_credits"
        )
    member, _ = _locked(_colleague(membership_id, by))
    if member.cap_credits != cap_credits:
        changed = [member.cap_credits, cap_credits]
        audit.record(actor_id=by.user_id, action="cap.changed", subject=member, cap_credits=changed)
        member.cap_credits = cap_credits
        member.save(update_fields=["cap_credits"])
    return member


@transactions.write
def transfer_ownership(*, membership_id: UUID, by: Membership) -> Membership:
    """Make a colleague the owner in the caller's place, who goes on as a buyer; both are told.

    :return: the new owner
    :raises Membership.DoesNotExist: there is no such colleague
    :raises NotYourRole | CannotBeOwner: as they say
    """
    permissions.require(by, Action.TRANSFER)
    heir, others = _locked(_colleague(membership_id, by))
    giver = next((one for one in others if one.pk == by.pk and one.role == Role.OWNER), None)
    if giver is None:
        raise errors.CannotBeOwner("You own the organisation already. Choose a colleague.")
    if not heir.user.is_active:
        raise errors.CannotBeOwner("This colleague's log-in is suspended. Choose another.")
    heir.role, heir.cap_credits, giver.role = Role.OWNER, None, Role.BUYER
    heir.save(update_fields=["role", "cap_credits"])
    giver.save(update_fields=["role"])
    audit.record(
        actor_id=by.user_id,
        action="ownership.transferred",
        subject=Organisation(pk=by.organisation_id),
        owner=[str(giver.pk), str(heir.pk)],
    )
    events.publish(OwnershipTransferred(giver_id=giver.pk, heir_id=heir.pk))
    return heir


@transactions.write
def remove_member(*, membership_id: UUID, by: Membership) -> None:
    """Take a colleague out of the organisation; what they bought stays.

    :raises Membership.DoesNotExist: there is no such colleague
    :raises NotYourRole: as it says
    :raises NobodyLeftInCharge: they are its last owner
    """
    permissions.require(by, Action.REMOVE_MEMBER)
    _leave(_colleague(membership_id, by), actor_id=by.user_id)


@transactions.write
def leave_organisation(*, member: Membership) -> None:
    """Leave. What was bought, and who bought it, stays with the organisation.

    :raises NobodyLeftInCharge: they are its last owner
    """
    permissions.require(member, Action.LEAVE)
    _leave(member, actor_id=member.user_id)


def _leave(asked: Membership, *, actor_id: int) -> None:
    member, others = _locked(asked)
    _require_owner_among(others)
    was = member.role
    member.role, member.cap_credits, member.left_at = Role.VIEWER, None, clock.now()
    member.save(update_fields=["role", "cap_credits", "left_at"])
    end_all_sessions(user_id=member.user_id, ending=ApiSession.Ending.LEFT, actor_id=actor_id)
    revoke_all_keys(user_id=member.user_id, actor_id=actor_id)
    audit.record(actor_id=actor_id, action="member.left", subject=member, role=[was, None])
    events.publish(MemberLeft(membership_id=member.pk))
    tell_of_stopping([member])


def _colleague(membership_id: UUID, by: Membership) -> Membership:
    return Membership.objects.get(pk=membership_id, organisation=by.organisation_id)


def _locked(asked: Membership) -> tuple[Membership, list[Membership]]:
    """The member and everybody else of their organisation, locked.

    :raises Membership.DoesNotExist: they left meanwhile
    """
    lock_organisation(asked.organisation_id)
    rows = Membership.objects.filter(organisation=asked.organisation_id).select_related("user").order_by("pk")
    members = list(rows.select_for_update(of=("self",)))
    member = next((one for one in members if one.pk == asked.pk), None)
    if member is None:
        raise Membership.DoesNotExist
    return member, [one for one in members if one != member]


def lock_organisation(organisation_id: UUID) -> None:
    """The turnstile of who comes, goes and spends how much. Joins the caller's transaction."""
    transactions.require_transaction()
    Organisation.objects.select_for_update(no_key=True).only("pk").get(pk=organisation_id)


def _require_owner_among(others: list[Membership], *, unless: bool = False) -> None:
    if not unless and all(one.role != Role.OWNER for one in others):
        raise errors.NobodyLeftInCharge(IN_CHARGE)


def require_free(user: User) -> None:
    """:raises MemberElsewhere | NotForOperators: the user is in an organisation, or an operator."""
    if user.is_staff:
        raise errors.NotForOperators("Operators belong to no organisation. Use another log-in.")
    member = Membership.objects.filter(user=user).select_related("organisation").first()
    if member:
        raise errors.MemberElsewhere(f"You belong to {member.organisation}. Leave it first.")


def tell_of_stopping(members: Iterable[Membership]) -> None:
    """Publish that ``members`` may hold and buy no more. Joins the caller's transaction."""
    events.publish(*(MemberStoppedBuying(membership_id=member.pk) for member in members))
