"""Who may take a new lead first, in words: territory holders, then plans with an early window, then everybody.

When a lead opens to whom is derived by the database (``marketplace_opens_to``); here are the words for it alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

TERRITORY_MINUTES: Final = 15
"""How long a new lead is its territory holders' alone; the database's trigger says the same number."""
TERRITORIES: Final = "territory holders"
PLANS: Final = "plans with an early window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When an offer that does not open to all at once opens to one organisation, or to the public.

    ``plans_from`` is when the territory holders' window ends, ``everyone_from`` when the last window does.
    """

    opens_at: datetime
    is_holder: bool
    listed_from: datetime
    plans_from: datetime
    everyone_from: datetime

    def is_ahead(self, now: datetime) -> bool:
        """Whether it is not open to them yet."""
        return self.opens_at > now

    def is_early(self, now: datetime) -> bool:
        """Whether it is open to them and not to everybody yet."""
        return self.opens_at <= now < self.everyone_from

    def who_is_first(self, now: datetime) -> str:
        """Who may take it before them from ``now`` on."""
        firsts = []
        if self.listed_from < self.plans_from and now < self.plans_from:
            firsts.append(TERRITORIES)
        if self.plans_from < self.opens_at:
            firsts.append(PLANS)
        return f"{', then '.join(firsts)} first"

    def in_words(self, now: datetime) -> str:
        """ "Opens to you at 14:05 UTC; territory holders first"."""
        return f"Opens to you at {self.opens_at:%H:%M} UTC; {self.who_is_first(now)}"

    @property
    def privilege(self) -> str:
        """Why it is open to them before it is to everybody."""
        return "It lies in your territory" if self.is_holder else "Your plan opens it early"
