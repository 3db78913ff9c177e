"""What somebody agrees to who lets packs be bought without being asked: the text, its version, and its limits."""

from dataclasses import dataclass
from typing import Final

VERSION: Final = "2026-11"
"""Of the text below; another text is another version, and what was agreed to before stays what it was."""
MOST_A_DAY: Final = 10
HIGHEST_THRESHOLD_CREDITS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is bought, when, at most how often, and for how much.

    :param price_cents: US cents, tax left out; a dearer pack is not bought
    """

    pack_code: str
    pack_name: str
    price_cents: int
    below_credits: int
    most_a_day: int

    def in_words(self, *, paid_by: str) -> str:
        """The text that is agreed to.

        :param paid_by: the way of paying: "Visa ending in 4242"
        """
        price = f"{self.price_cents / 100:,.2f} USD"
        often = "once" if self.most_a_day == 1 else f"{self.most_a_day} times"
        return (
            f"Whenever my organisation has fewer than {self.below_credits:,} credits, {self.pack_name} are bought "
            f"for {price} plus tax without asking again, at most {often} within 24 hours, and charged to "
            f"{paid_by}. Each charge is told to us in writing. We can turn this off at any moment; two charges in "
            "a row that are declined, or a higher price, turn it off too."
        )
