"""What users are written about their log-in and their organisation. By events alone, outside any transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import services
from accounts.models import ApiSession, Membership, User


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


def _write(email: str, letter: str, told: Mapping[str, Any]) -> None:
    words = render_to_string(f"accounts/letters/{letter}.txt", told)
    subject, _, body = words.strip().partition("\n")
    send_mail(subject, body.strip(), None, [email])
