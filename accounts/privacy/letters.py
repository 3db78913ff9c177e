"""What people who ask about their data are written, in their language. Called by events, outside transactions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.forms.privacy import KINDS
from accounts.models import IdentityCode, PrivacyRequest, ReportedBuyer
from accounts.privacy.authorities import to_complain_to
from accounts.services import identity, privacy, reports
from aiqleads.core import text_messages

log = structlog.get_logger(__name__)


def acknowledge(*, request_id: UUID) -> None:
    """Confirm a request to its person, with a link of its own; the same request again gets a new link.

    Who had ``privacy.LETTERS_PER_DAY`` letters today waits until tomorrow: the address may be another's.
    """
    request = PrivacyRequest.objects.get(pk=request_id)
    if not request.is_open:
        return
    token = privacy.mint_link(request_id=request_id, is_limited=True)
    if token is None:
        log.info("privacy_request.letter_waits", request=str(request_id))
        return
    _write(request, "received", token)
    privacy.note_acknowledged(request_id=request_id)


def tell_of_step(*, request_id: UUID, step: str) -> None:
    """Tell a request's person what became of it; ``step`` is a state or ``extended``."""
    request = PrivacyRequest.objects.get(pk=request_id)
    token = privacy.mint_link(request_id=request_id)
    if token and step in STEPS:
        _write(request, step, token)


STEPS = frozenset({"verified", "extended", "completed", "refused", "withdrawn", "expired"})
"""Those that there is a letter for."""


def send_code(*, code_id: UUID) -> None:
    """Send a code to an address that somebody typed, where we hold it; an e-mail that we do not hold is told so.

    :raises text_messages.MessagesUnavailable: not sent; the next try makes another code
    """
    letter = identity.issue_code(code_id=code_id)
    if letter is None:
        return
    told = {"digits": letter.digits, "request": letter.request}
    if letter.channel == IdentityCode.Channel.EMAIL:
        _mail(letter.address, letter.request.language, "code" if letter.digits else "nothing_held", told)
        return
    with translation.override(letter.request.language):
        words = render_to_string("accounts/privacy/letters/code_text.txt", told)
    try:
        text_messages.send(to=letter.address, body=words.strip())
    except text_messages.NumberRefused as refusal:
        log.info("identity_code.undeliverable", reason=str(refusal))


def tell_reported_buyer(*, reported_id: UUID) -> None:
    """Tell those who answer for an organisation what was decided, in our words; never the reporter's."""
    reported = ReportedBuyer.objects.select_related("organisation").get(pk=reported_id)
    for email in reports.owners_to_tell(reported):
        _mail(email, "en", "report_decided", {"reported": reported})


def _write(request: PrivacyRequest, letter: str, token: str) -> None:
    if request.answer_to is None:
        return
    path = reverse("accounts:privacy_request", args=[token])
    told = {
        "request": request,
        "url": f"{settings.SITE_URL}{path}?language={request.language}",
        "authorities": to_complain_to(request.state_code),
        "asks": dict(KINDS)[PrivacyRequest.Kind(request.kind)],
    }
    _mail(request.answer_to, request.language, letter, told)


def _mail(email: str, language: str, letter: str, told: Mapping[str, Any]) -> None:
    with translation.override(language):
        words = render_to_string(f"accounts/privacy/letters/{letter}.txt", told)
    subject, _, body = words.strip().partition("\n")
    send_mail(subject, body.strip(), None, [email])
