"""Asking people to join an organisation, and joining it.

The letter's link is made by whoever sends the letter; what is kept of it is a keyed hash. So it is in no backup, no
outbox and no page, and sending again makes another.
"""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Q

from accounts import errors, permissions
from accounts.events import InvitationAsked
from accounts.models import Invitation, Membership, TermsAcceptance, User
from accounts.services.organisations import lock_organisation, require_free
from accounts.services.people import add_user, require_current_terms
from accounts.services.seats import NO_SEAT, seats
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.personal_data import keyed_hash, keyed_hashes

LASTS: Final = timedelta(days=7)
_PURPOSE: Final = "invitation"
FULL: Final = "The organisation has no seat left. Ask who invited you."
OVER: Final = "This invitation was used, taken back or is over. Ask who invited you for another."


@transactions.write
def invite(*, by: Membership, email: str, role: Membership.Role) -> Invitation:
    """Ask somebody to join; their letter goes out after the commit. An open invitation is sent anew, as ``role``.

    :raises NotYourRole | NoSeatLeft | CannotBeInvited: as they say
    """
    permissions.require(by, permissions.Action.INVITE)
    address = email.strip().lower()
    if role == Membership.Role.OWNER:
        raise errors.CannotBeInvited("Invite them as buyer or viewer; owners are made of members.", field="role")
    lock_organisation(by.organisation_id)
    if Membership.objects.filter(organisation=by.organisation_id, user__email__iexact=address).exists():
        raise errors.CannotBeInvited("They are in your organisation already.", field="email")
    known = Invitation.objects.filter(
        organisation=by.organisation_id, email=address, accepted_at=None, revoked_at=None
    )
    known.update(revoked_at=clock.Now())
    with seats(NO_SEAT):
        invitation = Invitation.objects.create(
            organisation_id=by.organisation_id,
            email=address,
            role=role,
            invited_by=by,
            expires_at=clock.now() + LASTS,
        )
    audit.record(actor_id=by.user_id, action="member.invited", subject=invitation, role=str(role))
    events.publish(InvitationAsked(invitation_id=invitation.pk))
    return invitation


@transactions.write
def resend_invitation(*, invitation_id: UUID, by: Membership) -> Invitation:
    """Send the letter once more, with another link that lasts seven days from now; the old link ends.

    :raises Invitation.DoesNotExist: their organisation has no such open invitation
    :raises NotYourRole | NoSeatLeft: as they say
    """
    permissions.require(by, permissions.Action.INVITE)
    invitation = _locked_open(invitation_id, by)
    invitation.token_hash = invitation.sent_at = None
    invitation.expires_at = clock.now() + LASTS
    with seats(NO_SEAT):
        invitation.save(update_fields=["token_hash", "sent_at", "expires_at"])
    audit.record(actor_id=by.user_id, action="invitation.resent", subject=invitation)
    events.publish(InvitationAsked(invitation_id=invitation.pk))
    return invitation


@transactions.write
def revoke_invitation(*, invitation_id: UUID, by: Membership) -> None:
    """Take an invitation back: its link ends and its seat is free.

    :raises Invitation.DoesNotExist: their organisation has no such open invitation
    :raises NotYourRole: as it says
    """
    permissions.require(by, permissions.Action.INVITE)
    invitation = _locked_open(invitation_id, by)
    invitation.revoked_at = clock.now()
    invitation.save(update_fields=["revoked_at"])
    audit.record(actor_id=by.user_id, action="invitation.revoked", subject=invitation)


@transactions.write
def issue_link(*, invitation_id: UUID) -> tuple[Invitation, str] | None:
    """Make what the letter's link holds, known to the caller alone; None when it was sent, used or taken back."""
    waiting = Invitation.objects.filter(pk=invitation_id, sent_at=None, accepted_at=None, revoked_at=None)
    invitation = waiting.select_for_update(of=("self",)).select_related("organisation").first()
    if invitation is None:
        return None
    token = secrets.token_urlsafe(32)
    invitation.token_hash = keyed_hash(token, purpose=_PURPOSE)
    invitation.save(update_fields=["token_hash"])
    return invitation, token


@transactions.write
def note_sent(*, invitation_id: UUID) -> None:
    """Note that the letter went out; sent twice is harmless."""
    Invitation.objects.filter(pk=invitation_id, accepted_at=None, revoked_at=None).update(sent_at=clock.Now())


def find_invitation(token: str) -> Invitation | None:
    """The open invitation that a link stands for."""
    hashes = keyed_hashes(token, purpose=_PURPOSE)
    is_open = Q(accepted_at=None, revoked_at=None, expires_at__gt=clock.Now())
    return Invitation.objects.filter(is_open, token_hash__in=hashes).select_related("organisation").first()


@transactions.write
def accept_invitation(*, token: str, user: User) -> Membership:
    """Join by the link of a letter that came to the user's own address.

    :raises InvitationOver | InvitedElsewhere | MemberElsewhere | NoSeatLeft: as they say; nothing was changed
    """
    invitation = _locked_by(token)
    if invitation.email != user.email.lower():
        raise errors.InvitedElsewhere("This invitation was sent to another address. Log in with that one.")
    return _join(invitation, User.objects.select_for_update().get(pk=user.pk))


@transactions.write
def join_as_newcomer(
    *, token: str, password: str, terms_version: str, first_name: str = "", last_name: str = ""
) -> Membership:
    """Make a log-in for the address that was invited, which its letter proves, and join.

    :raises EmailTaken: they have a log-in: accept with it
    :raises InvitationOver | PasswordTooWeak | TermsOutdated | NoSeatLeft: as they say; nothing was made
    """
    require_current_terms(terms_version)
    invitation = _locked_by(token)
    user = add_user(invitation.email, password, first_name=first_name, last_name=last_name)
    TermsAcceptance.objects.create(user=user, version=terms_version)
    return _join(invitation, user)


def _join(invitation: Invitation, user: User) -> Membership:
    require_free(user)
    with seats(FULL):
        member = Membership.objects.create(user=user, organisation=invitation.organisation, role=invitation.role)
    invitation.accepted_at, invitation.accepted_by = clock.now(), member
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    EmailAddress.objects.filter(user=user, email__iexact=invitation.email).update(verified=True)
    audit.record(actor_id=user.pk, action="member.joined", subject=member, role=str(invitation.role))
    return member


def _locked_by(token: str) -> Invitation:
    """The open invitation of a link, locked after its organisation.

    :raises InvitationOver: there is none
    """
    found = find_invitation(token)
    if found:
        lock_organisation(found.organisation_id)
        locked = Invitation.objects.select_for_update(of=("self",)).select_related("organisation")
        same = locked.filter(pk=found.pk, token_hash=found.token_hash, accepted_at=None, revoked_at=None).first()
        if same and same.expires_at > clock.now():
            return same
    raise errors.InvitationOver(OVER)


def _locked_open(invitation_id: UUID, by: Membership) -> Invitation:
    lock_organisation(by.organisation_id)
    is_open = Q(organisation=by.organisation_id, accepted_at=None, revoked_at=None)
    return Invitation.objects.select_for_update().get(is_open, pk=invitation_id)
