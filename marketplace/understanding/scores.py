"""Quality and the lead's own price: "quality 80+", "score over 70", "under 30 credits"."""

import re
from typing import Final

from marketplace.understanding.limits import ABOVE, AT_LEAST, AT_MOST, BELOW, OR_LESS, OR_MORE
from marketplace.understanding.reading import Reading

MOST_CREDITS: Final = 10_000
_LEAST: Final = rf"(?:(?:{AT_LEAST}|{ABOVE})\s*)?"
_NAME: Final = r"(?:(?:lead\s+)?quality(?:\s+score)?|score[ds]?|rat(?:ed|ing))"
_QUALITY: Final = re.compile(
    rf"\b{_NAME}\s*(?:of|is|:|=)?\s*{_LEAST}(\d{{1,3}})\b\s*(?:{OR_MORE})?"
    rf"|{_LEAST}\b(\d{{2,3}})\s*(?:{OR_MORE})?\s+{_NAME}\b"
)
_CREDITS: Final = re.compile(
    rf"(?:\b(?:price[ds]?|cost(?:s|ing)?|lead price|for)\s+)?({AT_LEAST}|{ABOVE})?(?:{AT_MOST}|{BELOW})?\s*"
    rf"\b(\d{{1,5}})\s*(?:credits?|cr)\b(?:\s*{OR_LESS}\b)?(?:\s+(?:each|per lead))?"
)
_CREDITS_UNDER: Final = re.compile(rf"\bcredits?\s*(?:{AT_MOST}|{BELOW})\s*(\d{{1,5}})\b")


def read_scores(reading: Reading) -> None:
    """Note ``quality_min`` and ``price_max``."""
    reading.each(_QUALITY, lambda found: _quality(reading, int(found[1] or found[2])))
    reading.each(_CREDITS, lambda found: not found[1] and _credits(reading, int(found[2])))
    reading.each(_CREDITS_UNDER, lambda found: _credits(reading, int(found[1])))


def _quality(reading: Reading, score: int) -> bool:
    return score <= 100 and reading.note(quality_min=score)


def _credits(reading: Reading, credits_most: int) -> bool:
    return 0 < credits_most <= MOST_CREDITS and reading.note(price_max=credits_most)
