"""Which events this app listens to: its own, to write to who sent a form."""

from aiqleads.core.events import subscribe
from scraping import letters
from scraping.events import PhoneCodeAsked, SubmissionConfirmed, SubmissionReceived


def connect() -> None:
    """Subscribe once, when the apps are ready. A letter may go out twice, never not at all."""
    subscribe(SubmissionReceived, ask_to_confirm)
    subscribe(PhoneCodeAsked, text_the_code)
    subscribe(SubmissionConfirmed, tell_how_to_withdraw)


def ask_to_confirm(event: SubmissionReceived) -> None:
    letters.ask_to_confirm(submission_id=event.submission_id, site=event.site)


def text_the_code(event: PhoneCodeAsked) -> None:
    letters.text_the_code(code_id=event.code_id)


def tell_how_to_withdraw(event: SubmissionConfirmed) -> None:
    letters.tell_how_to_withdraw(submission_id=event.submission_id, site=event.site)
