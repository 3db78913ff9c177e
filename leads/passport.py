"""What a buyer may do with a contact: per channel allowed or not, and why (design §4.17).

Pure: it is told the facts and the time. It never looks a number up; a number that no do-not-call list was
checked for reads "not checked", and calling it is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

VALID_DAYS: Final = 31
QUIET_HOURS: Final = "No calls before 8:00 or after 21:00 in the owner's time zone."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One way to reach the owner that the lead holds. ``is_fictitious`` marks numbers kept for fiction."""

    channel: str
    is_fictitious: bool = False
    dnc_checked_at: datetime | None = None
    is_on_dnc_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whether a channel may be used, and the reason in the buyer's words."""

    is_allowed: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPassport:
    """The statement that goes with an unlocked contact."""

    call: Permission
    text: Permission
    email: Permission
    post: Permission
    consent: str
    quiet_hours: str
    dnc_checked_at: datetime | None
    valid_until: datetime


def issue(*, reaches: Sequence[Reach], has_address: bool, has_consent: bool, now: datetime) -> ContactPassport:
    """State what may be done with these ``reaches`` from ``now`` on, for at most ``VALID_DAYS`` days."""
    phones = [reach for reach in reaches if reach.channel == "phone"]
    has_email = any(reach.channel == "email" for reach in reaches)
    checks = [phone.dnc_checked_at for phone in phones if phone.dnc_checked_at]
    return ContactPassport(
        call=_call(phones, now),
        text=_text(phones, has_consent),
        email=Permission(is_allowed=True, why="The advert gives it. Name yourself, your address and an opt-out.")
        if has_email
        else Permission(is_allowed=False, why="No e-mail address is known."),
        post=Permission(is_allowed=True, why="Letters to the property are allowed.")
        if has_address
        else Permission(is_allowed=False, why="No postal address is known."),
        consent="Given by the owner."
        if has_consent
        else "None: no agreement of the owner to be contacted by agents is recorded.",
        quiet_hours=QUIET_HOURS,
        dnc_checked_at=min(checks) if checks else None,
        valid_until=now + timedelta(days=VALID_DAYS),
    )


def _call(phones: Sequence[Reach], now: datetime) -> Permission:
    if not phones:
        return Permission(is_allowed=False, why="No phone number is known.")
    if all(phone.is_fictitious for phone in phones):
        return Permission(is_allowed=False, why="The number is reserved for fiction; it belongs to nobody.")
    if any(phone.is_on_dnc_list for phone in phones):
        return Permission(is_allowed=False, why="The number is on a do-not-call list.")
    if any(_is_unchecked(phone, now) for phone in phones):
        return Permission(is_allowed=False, why="Not checked against a do-not-call list.")
    return Permission(is_allowed=True, why="Checked against the do-not-call lists. Dial by hand.")


def _is_unchecked(phone: Reach, now: datetime) -> bool:
    return phone.dnc_checked_at is None or now - phone.dnc_checked_at > timedelta(days=VALID_DAYS)


def _text(phones: Sequence[Reach], has_consent: bool) -> Permission:
    if not phones:
        return Permission(is_allowed=False, why="No phone number is known.")
    if not has_consent:
        return Permission(is_allowed=False, why="Texts need the owner's prior consent, and there is none.")
    return Permission(is_allowed=True, why="The owner consented.")
