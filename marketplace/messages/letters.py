"""The letter with a bought lead: the passport, and the contact as far as it may leave. Its subject names nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from smtplib import SMTPException, SMTPServerDisconnected
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse

from aiqleads.core.posting import Answer
from marketplace.messages.bought_lead import BoughtLead
from marketplace.messages.webhooks import shape
from marketplace.models import Delivery

TAKEN: Final = 250
"""What a mail server answers that has taken a letter."""
OUT_OF_REACH: Final = "the mail server is out of reach"
PARTS: Final = ("address", "contacts", "passport", "home")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that is ready to leave."""

    mail: EmailMultiAlternatives


def write(delivery: Delivery, given: BoughtLead) -> Letter | None:
    """The letter of a purchase to who works on it; None where they left."""
    if not given.worked_on_by.user.is_active:
        return None
    told = {
        "given": given,
        "listing": given.lead.listing,
        "site": settings.SITE_URL,
        "choices_path": reverse("marketplace:delivery_settings"),
    }
    subject = f"Your lead in {given.lead.city}, {given.lead.state_code}"
    letter = EmailMultiAlternatives(
        " ".join(subject.split()),  # a source's words: a second line would be a header, and refused with its batch
        render_to_string("marketplace/letters/purchase.txt", told),
        to=[given.worked_on_by.user.email],
        headers={"Message-ID": _message_id(delivery), "X-AIQLeads-Delivery": str(delivery.pk)},
    )
    letter.attach_alternative(render_to_string("marketplace/letters/purchase.html", told), "text/html")
    delivery.shape = shape(dict.fromkeys(PARTS, ""))
    return Letter(mail=letter)


def _message_id(delivery: Delivery) -> str:
    """The same at every try, so that a mailbox shows a letter once that was sent twice."""
    return f"<{delivery.pk}@{urlsplit(settings.SITE_URL).hostname}>"


def mail(letters: Sequence[Letter]) -> list[Answer]:
    """Send letters over one connection; once the server is out of reach the rest is not tried."""
    if not letters:
        return []
    connection = get_connection()
    try:
        connection.open()
        return _mail_all(letters, connection)
    except (SMTPException, OSError) as error:
        return [Answer(status=None, duration_ms=0, error=_word(error)) for _ in letters]
    finally:
        connection.close()


def _mail_all(letters: Sequence[Letter], connection: BaseEmailBackend) -> list[Answer]:
    answers: list[Answer] = []
    for letter in letters:
        is_away = bool(answers) and answers[-1].error == OUT_OF_REACH
        answers.append(answers[-1] if is_away else _mail(letter, connection))
    return answers


def _mail(letter: Letter, connection: BaseEmailBackend) -> Answer:
    started, error = monotonic(), ""
    letter.mail.connection = connection
    try:
        letter.mail.send()
    except (SMTPException, OSError) as failure:
        error = _word(failure)
    duration_ms = round((monotonic() - started) * 1000)
    return Answer(status=None if error else TAKEN, duration_ms=duration_ms, error=error)


def _word(error: Exception) -> str:
    """What went wrong, without the address that an error of a mail server repeats."""
    is_answer = isinstance(error, SMTPException) and not isinstance(error, SMTPServerDisconnected)
    return "the mail server refused it" if is_answer else OUT_OF_REACH
