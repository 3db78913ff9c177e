"""What users are written about their log-in and their organisation. By events alone, outside any transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import selectors, services
from accounts.models import ApiSession, Membership, User
from accounts.services.passwords import key_for


def send_step_up_code(*, code_id: UUID) -> None:
    """Send a code to whoever still waits for it; the next try makes another."""
    issued = services.issue_code(code_id=code_id)
    if issued:
        _write(issued.email, "step_up_code", {"digits": issued.digits})


def tell_of_a_copied_token(*, session_id: UUID) -> None:
    """Tell the owner that a program's log-in was ended because its token came from two sides."""
    session = ApiSession.objects.select_related("user").filter(pk=session_id).first()
    if session:
        url = f"{settings.SITE_URL}{reverse('accounts:account')}"
        told = {"client": session.client, "ended_at": session.ended_at, "url": url}
        _write(session.user.email, "copied_token", told)


def tell_of_second_factor(*, user_id: int, change: str) -> None:
    """Tell somebody that a second factor came or went, so that they notice what they did not do."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user:
        _write(user.email, "second_factor", {"change": change})


def tell_of_log_in(*, user_id: int, change: str, provider: str) -> None:
    """Tell somebody that another site logs them in from now on, or no more."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user:
        name = next((site.name for site in selectors.social_sites() if site.id == provider), provider)
        _write(user.email, "log_in", {"change": change, "site": name})


def send_invitation(*, invitation_id: UUID) -> None:
    """Ask somebody to join, with a link that this letter alone knows; one that was sent or ended gets none."""
    issued = services.issue_link(invitation_id=invitation_id)
    if issued is None:
        return
    invitation, token = issued
    link = f"{settings.SITE_URL}{reverse('accounts:invitation', args=[token])}"
    _write(invitation.email, "invitation", {"invitation": invitation, "link": link})
    services.note_sent(invitation_id=invitation_id)


def tell_of_new_owner(*, giver_id: UUID, heir_id: UUID) -> None:
    """Write to both that the organisation has another owner."""
    people = Membership.ever.select_related("user", "organisation").in_bulk([giver_id, heir_id])
    told = {
        "giver": people[giver_id].user,
        "heir": people[heir_id].user,
        "organisation": people[heir_id].organisation,
        "link": f"{settings.SITE_URL}{reverse('accounts:organisation')}",
    }
    for member in people.values():
        _write(member.user.email, "new_owner", told)


def send_confirmation(*, address_id: int) -> None:
    """Send the link that confirms an address to it; one that was confirmed or given up meanwhile gets none."""
    address = EmailAddress.objects.filter(pk=address_id, verified=False, user__is_active=True).first()
    if address:
        _write(address.email, "confirm_address", {"link": _link("account_confirm_email", _key_of(address))})


def _key_of(address: EmailAddress) -> str:
    return str(EmailConfirmationHMAC.create(address).key)


def tell_of_sign_up(*, user_id: int) -> None:
    """Tell the owner of an account that somebody signed up with its address; what they can do if it was they."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user:
        told = {"log_in": _link("account_login"), "reset": _link("account_reset_password")}
        _write(user.email, "known_address", told)


def send_new_password_link(*, user_id: int) -> None:
    """Send whoever forgot their password the link by which they set another."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user:
        named, _, token = key_for(user).partition("-")
        _write(user.email, "new_password", {"link": _link("account_reset_password_from_key", named, token)})


def tell_of_new_password(*, user_id: int) -> None:
    """Tell somebody that their password is another one, so that they notice what they did not do."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user:
        _write(user.email, "password_changed", {"reset": _link("account_reset_password")})


def _link(name: str, *arguments: str) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=arguments)}"


def _write(email: str, letter: str, told: Mapping[str, Any]) -> None:
    words = render_to_string(f"accounts/letters/{letter}.txt", told)
    subject, _, body = words.strip().partition("\n")
    send_mail(subject, body.strip(), None, [email])
