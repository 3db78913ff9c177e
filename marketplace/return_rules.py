"""Why a bought lead may come back, which reasons let it be sold again, and what facts alone decide.

Pure: it is told the facts. It accepts where a record of ours proves the buyer right; it never refuses, which is for
people alone.
"""

from dataclasses import dataclass
from typing import Final

from django.db import models


class Reason(models.TextChoices):
    """Why a purchase is credited. The last three are the product's own: no buyer has to claim them."""

    WRONG_NUMBER = "wrong_number", "Wrong number"
    NOT_THE_OWNER = "not_the_owner", "Not the owner"
    ALREADY_LISTED = "already_listed", "Already listed with an agent"
    DUPLICATE_OF_MINE = "duplicate_of_mine", "A duplicate of a lead of mine"
    OUT_OF_AREA = "out_of_area", "Out of my area"
    ALREADY_SOLD = "already_sold", "Already sold"
    DO_NOT_CONTACT = "do_not_contact", "Asked not to be contacted"
    SHOWN_ACTIVE = "shown_active", "Shown Active by its MLS"
    ERASED = "erased", "Deleted at its owner's request"
    SAME_HOME = "same_home", "The same home as a lead sold before"


OWN_GROUNDS: Final = frozenset({Reason.SHOWN_ACTIVE, Reason.ERASED, Reason.SAME_HOME})
"""Grounds that the product sees by itself: credited without a form, whatever the return rate."""
BUYERS_REASONS: Final = tuple(reason for reason in Reason if reason not in OWN_GROUNDS)
SOLD_AGAIN: Final = frozenset({Reason.DUPLICATE_OF_MINE, Reason.OUT_OF_AREA})
"""Reasons that speak of the buyer and not of the lead: it may be sold once more, saying so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is promised about returns.

    Of the last ``cap_purchases`` purchases within ``cap_days`` days at most ``cap_percent`` are decided by a check;
    whoever returns more waits for a person.
    """

    window_days: int
    cap_percent: int
    cap_purchases: int
    cap_days: int

    @property
    def checked_returns(self) -> int:
        """How many of the last ``cap_purchases`` may come back before a person looks at each."""
        return self.cap_purchases * self.cap_percent // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How much of what an organisation bought of late it returned, the return at hand included."""

    returned: int
    purchases: int
    terms: Terms

    @property
    def is_beyond_cap(self) -> bool:
        return self.returned > self.terms.checked_returns

    @property
    def explanation(self) -> str:
        """Why a person decides, in words for the buyer."""
        terms = self.terms
        return (
            f"A person decides about this return. Checks decide at once about up to {terms.cap_percent} % of an "
            f"organisation's last {terms.cap_purchases} purchases within {terms.cap_days} days, which is "
            f"{terms.checked_returns}; with this one yours are {self.returned} of {self.purchases}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What our own records say of a bought home.

    :ivar is_with_agent: a listing service shows it on the market now
    :ivar is_sold: a closing was recorded after the owner's advert began
    :ivar had_before: the organisation bought the same home of the same seller earlier and kept it
    :ivar is_outside_area: outside the area that the organisation had stated before it bought; None: it stated none
    """

    is_with_agent: bool
    is_sold: bool
    had_before: bool
    is_outside_area: bool | None


def proof(reason: str, facts: Facts) -> str:
    """The sentence by which our own records prove ``reason``; "" where a person has to look."""
    proofs = {
        Reason.ALREADY_LISTED: (facts.is_with_agent, "Its listing service shows the home with an agent."),
        Reason.ALREADY_SOLD: (facts.is_sold, "A closing of the home is on record."),
        Reason.DUPLICATE_OF_MINE: (facts.had_before, "Your organisation had bought this home before."),
        Reason.OUT_OF_AREA: (facts.is_outside_area, "The home lies outside the area that you had stated."),
    }
    is_proved, says = proofs.get(Reason(reason), (False, ""))
    return says if is_proved else ""
