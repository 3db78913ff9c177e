"""Asking prices in whole US dollars: "under 400k", "$1.2M", "400-500k", "around 350,000", "$2,000/mo"."""

import re
from dataclasses import dataclass, replace
from typing import Final

from marketplace.understanding.limits import ABOVE, AT_LEAST, AT_MOST, BELOW, OR_LESS, OR_MORE
from marketplace.understanding.reading import Reading

MOST_DOLLARS: Final = 999_999_999
ABOUT: Final = 0.1
_SCALES: Final = {"k": 1_000, "t": 1_000, "g": 1_000, "m": 1_000_000}
_AMOUNT: Final = (
    r"(\$?)\s?(?<![\d.])(\d{1,9}(?:\.\d{1,3})?)\s?(k|thousand|grand|mm|mil(?:lion)?s?|mln|m)?(?![a-z\d])"
)
_MONTHLY: Final = r"(\s*(?:/|per|a|each)\s*mo(?:nth)?\b\.?|\s*monthly|\s*pcm)?"
_DOLLARS: Final = r"(?:\s*(?:dollars?|usd|bucks))?"
_ASKED: Final = (
    r"(?:\b(?:asking|price[ds]?|price range|budget|listed|cost(?:s|ing)?|for|at|rent)"
    r"\s*(?:price|of|is|for|at|:)?\s*)?"
)
_RANGE: Final = re.compile(
    rf"{_ASKED}(between\s+|from\s+)?{_AMOUNT}\s*(?:-|to|and|thru|through|&)\s*{_AMOUNT}{_DOLLARS}{_MONTHLY}"
)
_ABOUT: Final = re.compile(
    rf"{_ASKED}(?:\b(?:around|about|approx(?:imately)?\.?|roughly|circa|near|close to|right at)|~)\s*"
    rf"{_AMOUNT}{_DOLLARS}{_MONTHLY}"
)
_HUNDREDS: Final = re.compile(
    r"(?:\b(?:in\s+)?(?:the\s+)?)?(?:(?:low|mid|high|upper|lower)[\s-]+)?\$?\b(\d{3})(?:k?'?s|,?000'?s)\b"
)
_AT_MOST: Final = re.compile(
    rf"{_ASKED}(?:{AT_MOST}|{BELOW}|within|budget(?: of| is)?)\s*{_AMOUNT}{_DOLLARS}{_MONTHLY}"
    rf"|{_ASKED}{_AMOUNT}{_DOLLARS}{_MONTHLY}\s*(?:{OR_LESS}|budget)\b"
)
_AT_LEAST: Final = re.compile(
    rf"{_ASKED}(?:{AT_LEAST}|{ABOVE})\s*{_AMOUNT}{_DOLLARS}{_MONTHLY}"
    rf"|{_ASKED}{_AMOUNT}{_DOLLARS}{_MONTHLY}\s*{OR_MORE}(?!\w)"
)
_BARE: Final = re.compile(rf"{_ASKED}{_AMOUNT}{_DOLLARS}{_MONTHLY}")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as it is written: "$", figures, "k"; ``monthly`` where it is asked for every month."""

    sign: str
    figures: str
    scale: str | None
    monthly: bool

    @property
    def is_money(self) -> bool:
        """Whether it can be nothing else: a "$", a "k", or more figures than a ZIP code has."""
        return bool(self.sign or self.scale or self.monthly or len(self.figures.partition(".")[0]) >= 6)

    @property
    def number(self) -> float:
        return float(self.figures)

    @property
    def dollars(self) -> int:
        """Whole dollars; a bare "under 400" means thousands, for nobody sells a home for $400."""
        means_thousands = not self.scale and not self.monthly and not self.sign and 100 <= self.number < 1_000
        return round(self.number * (1_000 if means_thousands else _SCALES[self.scale[0]] if self.scale else 1))


def read_money(reading: Reading) -> None:
    """Note ``asking_min`` and ``asking_max``."""
    reading.each(_RANGE, lambda found: _between(reading, found))
    reading.each(_ABOUT, lambda found: _about(reading, found))
    reading.each(_HUNDREDS, lambda found: _hundreds(reading, int(found[1])))
    reading.each(_AT_MOST, lambda found: _bound(reading, "asking_max", found))
    reading.each(_AT_LEAST, lambda found: _bound(reading, "asking_min", found))
    reading.each(_BARE, lambda found: _bare(reading, found))


def _amount(found: re.Match[str], first: int, *, monthly: int) -> Amount:
    """The amount whose three groups begin with ``first``, and whether the group ``monthly`` was said."""
    sign, figures, scale = found.group(first, first + 1, first + 2)
    return Amount(sign, figures, scale, bool(found[monthly]))


def _between(reading: Reading, found: re.Match[str]) -> bool:
    low, high = _amount(found, 2, monthly=8), _amount(found, 5, monthly=8)
    is_said = bool(found[1]) and high.number >= 100
    if not (low.is_money or high.is_money or is_said):
        return False
    if not low.scale and high.scale and high.number < 1_000:  # "400-500k"
        low = replace(low, scale=high.scale)
    ends = low.dollars, high.dollars
    return _note(reading, asking_min=min(ends), asking_max=max(ends))


def _about(reading: Reading, found: re.Match[str]) -> bool:
    amount = _amount(found, 1, monthly=4)
    low, high = round(amount.dollars * (1 - ABOUT)), round(amount.dollars * (1 + ABOUT))
    return amount.is_money and _note(reading, asking_min=low, asking_max=high)


def _hundreds(reading: Reading, hundreds: int) -> bool:
    """ "In the 400s": from 400,000 to just below 500,000."""
    if not 100 <= hundreds <= 999 or hundreds % 50:
        return False
    return _note(reading, asking_min=hundreds * 1_000, asking_max=hundreds * 1_000 + 99_999)


def _bound(reading: Reading, name: str, found: re.Match[str]) -> bool:
    has_word_before = found[2] is not None
    amount = _amount(found, 1, monthly=4) if has_word_before else _amount(found, 5, monthly=8)
    is_said = has_word_before and amount.number >= 100
    return (amount.is_money or is_said) and _note(reading, **{name: amount.dollars})


def _bare(reading: Reading, found: re.Match[str]) -> bool:
    amount = _amount(found, 1, monthly=4)
    return amount.is_money and _note(reading, asking_max=amount.dollars)


def _note(reading: Reading, **dollars: int) -> bool:
    return all(0 < amount <= MOST_DOLLARS for amount in dollars.values()) and reading.note(**dollars)
