"""The two letters that somebody who sent a form gets, in their language. Called by events, never in a request."""

from uuid import UUID

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from scraping.models import Submission
from scraping.submissions import confirmation_token, withdrawal_token


def ask_to_confirm(*, submission_id: UUID, site: str) -> None:
    """Ask the sender to confirm; one that was confirmed or deleted meanwhile gets no letter."""
    submission = Submission.objects.filter(pk=submission_id, state=Submission.State.WAITING).first()
    if submission:
        _send(submission, "confirm", site)


def tell_how_to_withdraw(*, submission_id: UUID, site: str) -> None:
    """Send the link that takes a confirmed submission back."""
    submission = Submission.objects.filter(pk=submission_id, state=Submission.State.CONFIRMED).first()
    if submission:
        _send(submission, "confirmed", site)


def _send(submission: Submission, letter: str, site: str) -> None:
    confirm = reverse("scraping:confirm", args=[confirmation_token(submission)])
    withdraw = reverse("scraping:withdraw", args=[withdrawal_token(submission)])
    told = {
        "agents": submission.agents,
        "is_buyer": submission.source_id == "buyer-enquiries",
        "confirm_url": f"{site}{confirm}",
        "withdraw_url": f"{site}{withdraw}",
    }
    with translation.override(submission.language):
        words = render_to_string(f"scraping/letters/{letter}.txt", told)
    subject, _, body = words.strip().partition("\n")
    send_mail(subject, body.strip(), None, [submission.email or ""])
