"""What became of bought leads, in numbers that do not claim more than they know.

Pure arithmetic over counts: it knows neither where they come from nor how they are drawn.
"""

from dataclasses import dataclass
from typing import Final

ENOUGH_FOR_PERCENT: Final = 20
"""Of fewer leads a percentage would sound surer than it is: then it is "3 of 7" alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def percent(self) -> float:
        """From 0 to 100; 0 of nothing."""
        return 100 * self.count / self.of if self.of else 0.0

    @property
    def ratio(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return round(self.count / self.of, 4) if self.of else None

    @property
    def says(self) -> str:
        if not self.of:
            return "none yet"
        whole = f"{self.count:,} of {self.of:,}"
        return f"{whole} ({self.percent:.0f}%)" if self.of >= ENOUGH_FOR_PERCENT else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What one group of bought leads cost and brought. Amounts are credits; what came back was credited whole.

    :param appointments: leads that came at least so far; ``contacted`` likewise
    """

    bought: int = 0
    returned: int = 0
    spent_credits: int = 0
    credited_credits: int = 0
    contacted: int = 0
    appointments: int = 0
    listed: int = 0
    lost: int = 0

    @property
    def kept(self) -> int:
        return self.bought - self.returned

    @property
    def net_credits(self) -> int:
        return self.spent_credits - self.credited_credits

    @property
    def contact_rate(self) -> Share:
        return Share(count=self.contacted, of=self.kept)

    @property
    def appointment_rate(self) -> Share:
        return Share(count=self.appointments, of=self.kept)

    @property
    def listing_rate(self) -> Share:
        return Share(count=self.listed, of=self.kept)

    @property
    def cost_per_listing_credits(self) -> int | None:
        """What all kept leads cost for each that was listed, rounded; None where none was."""
        return round(self.net_credits / self.listed) if self.listed else None
