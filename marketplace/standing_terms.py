"""What somebody agrees to who turns a standing order on, and the numbers of its caps.

The text is kept with the consent. Whoever changes it gives ``VERSION`` a new value: orders that are on stay on,
under the text that was agreed to.
"""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final

from marketplace import search_text
from marketplace.models import StandingOrder

VERSION: Final = "2026-11"
MOST_LEADS: Final = 1_000
MOST_CREDITS: Final = 100_000
FRESH_HOURS: Final = 24
REGION_DIGITS: Final = 3

TEXT: Final = """\
I let AIQLeads buy leads for {organisation} without asking me again, as this standing order says:

- It buys {what}.
- It pays at most {most_credits_per_lead} credits for a lead.
- It buys at most {daily_leads} leads for {daily_credits} credits a day.
- It buys at most {monthly_leads} leads for {monthly_credits} credits a month. Days and months are those of UTC.
- Each purchase is final as if I had held the lead and paid for it; the return policy applies to it all the same.
- I get a receipt for each. I can pause the order at any moment; it then buys nothing more.
- It stops by itself when there are not enough credits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What an order may spend: credits for one lead, leads and credits in a day and in a month, by UTC."""

    most_credits_per_lead: int
    daily_leads: int
    daily_credits: int
    monthly_leads: int
    monthly_credits: int

    @classmethod
    def of(cls, order: StandingOrder) -> "Caps":
        """The caps of an order that is there."""
        return cls(**{name: getattr(order, name) for name in cls.__slots__})


def what(order: StandingOrder) -> str:
    """What an order buys, in words: "leads in “South Austin”: 3+ beds, up to $400,000"."""
    place = f"new leads in the territory “{order.territory.name}”" if order.territory else "new leads"
    filters = search_text.in_words(order.query) if order.query else ""
    return f"{place}: {filters}" if filters else place


def consent_text(order: StandingOrder) -> str:
    """What its member agrees to."""
    return TEXT.format(organisation=order.organisation, what=what(order), **asdict(Caps.of(order)))


def terms_digest(order: StandingOrder) -> str:
    """A short name of the text that was shown, so that nobody agrees to another one than they read."""
    return sha256(f"{VERSION}\n{consent_text(order)}".encode()).hexdigest()[:16]
