"""Finding a fact's phrase in a text, where it stands alone."""

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def standing_alone(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the phrases by itself: "$412,000" is not in "$412,000.50", nor "3-bed" in "13-bedroom"."""
    longest_first = sorted(phrases, key=len, reverse=True)
    either = "|".join(re.escape(phrase) for phrase in longest_first)
    return re.compile(rf"(?<![\w$−-])(?<!\d[.,])(?:{either})(?![\w%½¼¾]|[.,-]?\d)")
