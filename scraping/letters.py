"""What somebody who sent a form is written, in their language: letters and texts. Called by events alone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from aiqleads.core import text_messages
from scraping import phone_codes
from scraping.models import Submission
from scraping.submissions import confirmation_token, may_be_written_to, withdrawal_token

log = structlog.get_logger(__name__)


def ask_to_confirm(*, submission_id: UUID, site: str) -> None:
    """Ask the sender to confirm; one that was confirmed or deleted meanwhile gets no letter."""
    submission = Submission.objects.filter(pk=submission_id, state=Submission.State.WAITING).first()
    if submission:
        _write(submission, "confirm", _told(submission, site))


def text_the_code(*, code_id: UUID) -> None:
    """Text a code to whoever still waits for it.

    :raises text_messages.MessagesUnavailable: not sent; the next try makes another code
    """
    issued = phone_codes.issue_code(code_id=code_id)
    if issued is None:
        return
    try:
        _text(issued.submission, "code", {"digits": issued.digits})
    except text_messages.NumberRefused as refusal:
        log.info("phone_code.undeliverable", reason=str(refusal))
        phone_codes.note_undeliverable(code_id=code_id)


def tell_how_to_withdraw(*, submission_id: UUID, site: str) -> None:
    """Send the link that withdraws a confirmed submission: by e-mail, and by text to whoever confirmed so."""
    submission = Submission.objects.filter(pk=submission_id, state=Submission.State.CONFIRMED).first()
    if submission is None:
        return
    told = _told(submission, site)
    if submission.phone:
        _try_to_text(submission, told)
    if submission.confirm_by == Submission.ConfirmBy.EMAIL or may_be_written_to(submission):
        _write(submission, "confirmed", told)


def _try_to_text(submission: Submission, told: Mapping[str, Any]) -> None:
    """Not tried again: the page showed the link, and the letter holds it."""
    try:
        _text(submission, "confirmed", told)
    except (text_messages.NumberRefused, text_messages.MessagesUnavailable) as refusal:
        log.warning("withdrawal_link.not_texted", reason=str(refusal))


def _told(submission: Submission, site: str) -> dict[str, Any]:
    confirm = reverse("scraping:confirm", args=[confirmation_token(submission)])
    withdraw = reverse("scraping:withdraw", args=[withdrawal_token(submission)])
    return {
        "agents": submission.agents,
        "is_buyer": submission.source_id == "buyer-enquiries",
        "confirm_url": f"{site}{confirm}?language={submission.language}",
        "withdraw_url": f"{site}{withdraw}?language={submission.language}",
    }


def _write(submission: Submission, letter: str, told: Mapping[str, Any]) -> None:
    with translation.override(submission.language):
        words = render_to_string(f"scraping/letters/{letter}.txt", told)
    subject, _, body = words.strip().partition("\n")
    send_mail(subject, body.strip(), None, [submission.email or ""])


def _text(submission: Submission, words: str, told: Mapping[str, Any]) -> None:
    with translation.override(submission.language):
        body = render_to_string(f"scraping/texts/{words}.txt", told)
    text_messages.send(to=submission.phone or "", body=body.strip())
