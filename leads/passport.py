"""What a buyer may do with a contact: per channel allowed or not, and why (design §4.17).

Pure: it is told the facts and the time. It never looks a number up; a number that no do-not-call list was
checked for reads "not checked", and calling it is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from leads.calling_rules import FEDERAL_LIST, STRICTER, missing_lists, quiet_hours_in

VALID_DAYS: Final = 31
WORDS: Final = {"call": "calls", "text": "texts", "email": "e-mail"}
ASKED_NOT_TO: Final = "The owner asked not to be contacted."
TOOK_BACK: Final = "The owner took back what they sent us, and their consent with it."
ERASED: Final = "The owner had everything about them deleted. Delete what you kept of it."
NO_CONSENT: Final = "None: no agreement of the owner to be contacted by agents is recorded."
CALLS_FROM: Final = time(8)
CALLS_UNTIL: Final = time(21)
QUIET_HOURS: Final = f"No calls before {CALLS_FROM:%-H:%M} or after {CALLS_UNTIL:%-H:%M} in the owner's time zone."
"""47 C.F.R. § 64.1200(c)(1): before 8 in the morning and after 9 in the evening where the called person is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One way to reach the owner that the lead holds.

    ``agreed`` names what its person consented to (call, text, email); ``is_fictitious`` marks numbers kept for
    fiction; ``has_objected`` marks people who asked to be left alone: it closes every channel.
    ``dnc_looked_in`` and ``dnc_found_in`` are slugs of do-not-call lists (``leads.calling_rules``).
    """

    channel: str
    agreed: frozenset[str] = frozenset()
    is_fictitious: bool = False
    dnc_checked_at: datetime | None = None
    dnc_looked_in: frozenset[str] = frozenset()
    dnc_found_in: frozenset[str] = frozenset()
    has_objected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the owner agreed to: the version of the text, when, the channels, and how many agents at most."""

    text_version: str
    given_at: datetime
    channels: Sequence[str]
    agents: int

    def __str__(self) -> str:
        channels = " and ".join([WORDS[channel] for channel in WORDS if channel in self.channels])
        agents = "one agent" if self.agents == 1 else f"at most {self.agents} agents"
        return (
            f"Given on {self.given_at:%B %-d, %Y at %H:%M} UTC for {channels} by {agents}"
            f" (text {self.text_version})."
        )


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


def issue(
    *,
    reaches: Sequence[Reach],
    has_address: bool,
    agreement: Agreement | None,
    now: datetime,
    state_code: str = "",
) -> ContactPassport:
    """State what may be done with these ``reaches`` from ``now`` on, for at most ``VALID_DAYS`` days.

    :param state_code: where the owner is, whose rules hold beside the federal ones; "" where unknown
    """
    phones = [reach for reach in reaches if reach.channel == "phone"]
    emails = [reach for reach in reaches if reach.channel == "email"]
    checks = [phone.dnc_checked_at for phone in phones if phone.dnc_checked_at]
    none = Permission(is_allowed=False, why=ASKED_NOT_TO) if any(reach.has_objected for reach in reaches) else None
    return ContactPassport(
        call=none or _call(phones, now, state_code),
        text=none or _text(phones),
        email=none or _email(emails),
        post=none or _post(has_address=has_address),
        consent=str(agreement) if agreement else NO_CONSENT,
        quiet_hours=quiet_hours_in(state_code) if state_code in STRICTER else QUIET_HOURS,
        dnc_checked_at=min(checks) if checks else None,
        valid_until=now + timedelta(days=VALID_DAYS),
    )


def _post(*, has_address: bool) -> Permission:
    if has_address:
        return Permission(is_allowed=True, why="Letters to the property are allowed.")
    return Permission(is_allowed=False, why="No postal address is known.")


def _call(phones: Sequence[Reach], now: datetime, state_code: str) -> Permission:
    if not phones:
        return Permission(is_allowed=False, why="No phone number is known.")
    if all(phone.is_fictitious for phone in phones):
        return Permission(is_allowed=False, why="The number is reserved for fiction; it belongs to nobody.")
    if all("call" in phone.agreed for phone in phones):
        return Permission(is_allowed=True, why="The owner asked to be called. Dial by hand.")
    return _by_lists(phones, now, state_code)


def _by_lists(phones: Sequence[Reach], now: datetime, state_code: str) -> Permission:
    """Whether numbers may be called whose people did not ask for it."""
    if any(phone.dnc_found_in for phone in phones):
        return Permission(is_allowed=False, why="The number is on a do-not-call list.")
    if any(_is_unchecked(phone, now) for phone in phones):
        return Permission(is_allowed=False, why="Not checked against a do-not-call list.")
    missing = {one for phone in phones for one in missing_lists(state_code, phone.dnc_looked_in)}
    if missing:
        whose = "the national" if FEDERAL_LIST in missing else f"{state_code}'s own"
        return Permission(is_allowed=False, why=f"Not checked against {whose} do-not-call list.")
    return Permission(is_allowed=True, why="Checked against the do-not-call lists. Dial by hand.")


def _is_unchecked(phone: Reach, now: datetime) -> bool:
    return phone.dnc_checked_at is None or now - phone.dnc_checked_at > timedelta(days=VALID_DAYS)


def _text(phones: Sequence[Reach]) -> Permission:
    if not phones:
        return Permission(is_allowed=False, why="No phone number is known.")
    if not all("text" in phone.agreed for phone in phones):
        return Permission(is_allowed=False, why="Texts need the owner's prior consent, and there is none.")
    if all(phone.is_fictitious for phone in phones):
        return Permission(is_allowed=False, why="A number reserved for fiction gets no texts.")
    return Permission(is_allowed=True, why="The owner consented.")


def _email(emails: Sequence[Reach]) -> Permission:
    if not emails:
        return Permission(is_allowed=False, why="No e-mail address is known.")
    if any("email" in email.agreed for email in emails):
        return Permission(
            is_allowed=True, why="The owner asked for e-mail. Name yourself, your address and an opt-out."
        )
    if any(email.agreed for email in emails):
        return Permission(is_allowed=False, why="The owner agreed to other channels, not to e-mail.")
    return Permission(is_allowed=True, why="The advert gives it. Name yourself, your address and an opt-out.")
