"""What an agent means by the words of a search, "2 bed condo near UT Austin under 400k": filters, and what is left.

Pure: no database, no clock, no guess that cannot be shown. ``reading`` holds the text while it is read; ``rooms``,
``areas``, ``money``, ``times``, ``scores``, ``kinds`` and ``places`` read one thing each, in the order that
``understanding`` asks them in. ``wishes`` tells what the words that are left hope for.
"""

from marketplace.understanding.naming import place_named
from marketplace.understanding.places import miles_around
from marketplace.understanding.understanding import LONGEST, Understanding, read_literally, understand
from marketplace.understanding.wishes import Wish, Wishes, read_wishes

__all__ = [
    "LONGEST",
    "Understanding",
    "Wish",
    "Wishes",
    "miles_around",
    "place_named",
    "read_literally",
    "read_wishes",
    "understand",
]
