"""Asking prices: an amount, a currency and a period out of "$1,295/mo", "1,2 mio" or "from $300k to $350k"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from price_parser import Price as ParsedAmount

from leads.records import PricePeriod

Period = Literal["once", "month", "week", "day", "year"]

MAX_PRICE = Decimal(1_000_000_000_000)

_CENT = Decimal("0.01")
_AMOUNT = r"\d{1,3}(?P<mark>[,.' ])\d{3}(?:(?P=mark)\d{3})*(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
_SCALE = r"(?:k|thousand|tsd|m|mm|mil|mio|mln|million|bn|billion)\b\.?"
_MONEY = re.compile(rf"(?P<amount>{_AMOUNT})\s*(?P<scale>{_SCALE})?", re.IGNORECASE)
_DECIMAL = re.compile(r"\d+(?:\.\d+|,\d{1,2})")
_SIGN = re.compile(r"[$€£](?=\s*\d)")
_MINUS = re.compile(r"(?:^|[\s(])-[$€£]?$")
_RANGE_JOINT = re.compile(r"\s*(?:-|–|—|to|and|bis)\s*(?:[A-Z]{0,3}\s?[$€£])?\s*", re.IGNORECASE)
_CUT = re.compile(
    r"(?:drop|reduc|lower|cut|slash|decreas|was\b|originally)\w*[^\d]{0,30}\d[\d.,]*\s*(?:k|m|mio)?[\s,;:(]*(?:to|now)\b",
    re.IGNORECASE,
)
_SCALES = {
    "k": 1_000, "thousand": 1_000, "tsd": 1_000, "m": 1_000_000, "mm": 1_000_000, "mil": 1_000_000,
    "mio": 1_000_000, "mln": 1_000_000, "million": 1_000_000, "bn": 1_000_000_000, "billion": 1_000_000_000,
}  # fmt: skip
_PERIODS: tuple[tuple[Period, re.Pattern[str]], ...] = (
    (
        "month",
        re.compile(
            r"/\s*mo(?:nth|s)?\b|\b(?:per|a|each|every)[\s-]mo(?:nth)?\b|\bmonth(?:ly)?\b|\bpcm\b", re.IGNORECASE
        ),
    ),
    (
        "week",
        re.compile(r"/\s*w(?:ee)?k\b|\b(?:per|a|each|every)[\s-]w(?:ee)?k\b|\bweek(?:ly)?\b|\bpw\b", re.IGNORECASE),
    ),
    (
        "day",
        re.compile(r"/\s*(?:day|night|nt)\b|\b(?:per|a)[\s-](?:day|night)\b|\b(?:daily|nightly)\b", re.IGNORECASE),
    ),
    ("year", re.compile(r"/\s*y(?:ea)?r\b|\b(?:per|a)[\s-]y(?:ea)?r\b|\b(?:year|annual)(?:ly)?\b", re.IGNORECASE)),
)
_SYMBOLS = (
    ("US$", "USD"),
    ("C$", "CAD"),
    ("CA$", "CAD"),
    ("CAD", "CAD"),
    ("USD", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
)


@dataclass(frozen=True, slots=True)
class Price:
    """One asking price. ``amount`` is in whole currency units per ``period``; the low end of a range."""

    amount: Decimal | None
    currency: str | None
    period: Period | None
    is_range: bool

    @property
    def record_period(self) -> PricePeriod | None:
        """The period a record keeps: a yearly price is kept per month, a nightly one not at all."""
        return {"once": "once", "month": "month", "year": "month", "week": "week"}.get(self.period or "")  # type: ignore[return-value]

    @property
    def record_amount(self) -> Decimal | None:
        """``amount`` per ``record_period``."""
        if self.amount is None or self.period == "day":
            return None
        return (self.amount / 12).quantize(_CENT) if self.period == "year" else self.amount


def parse_price(text: str) -> Price:
    """Read a price field. Nothing to read, nothing to pay ("free", "call", 0) and nonsense have no amount.

    "$" alone names no currency: dollars of several countries are written so.
    """
    line = " ".join(text[:200].replace("\u00a0", " ").split())
    amount, is_range = _read_amount(line)
    return Price(amount, read_currency(line), read_period(line), is_range)


def read_period(text: str) -> Period | None:
    """The period that words such as "/mo" or "weekly" name."""
    return next((period for period, words in _PERIODS if words.search(text)), None)


def read_currency(text: str) -> str | None:
    """ISO 4217 code that an unambiguous sign or code names."""
    return next((code for sign, code in _SYMBOLS if sign in text.upper()), None)


def _read_amount(line: str) -> tuple[Decimal | None, bool]:
    line = _CUT.sub(" ", line)  # "reduced from $350,000 to $325,000": what is asked now stands behind
    signed = _SIGN.search(line)  # "3 bed house, $1,200": the sign tells the price from the other numbers
    first = _MONEY.search(line, signed.end() if signed else 0)
    if first is None or _MINUS.search(line[: first.start()]):
        return None, False
    scale, is_range = first["scale"], False
    joint = _RANGE_JOINT.match(line, first.end())
    if joint and (second := _MONEY.match(line, joint.end())):
        is_range = True
        scale = scale or second["scale"]  # "300-350k"
    return _scaled(first["amount"], scale), is_range


def _scaled(digits: str, scale: str | None) -> Decimal | None:
    if scale and _DECIMAL.fullmatch(digits):  # "1.250M" is no 1,250 million
        amount: Decimal | None = Decimal(digits.replace(",", "."))
    else:
        amount = ParsedAmount.fromstring(digits).amount
    if amount is None:
        return None
    scaled = amount * _SCALES[scale.lower().rstrip(".")] if scale else amount
    if not 0 < scaled < MAX_PRICE:  # before it is rounded: decimals have 28 digits
        return None
    rounded = scaled.quantize(_CENT)
    whole = rounded.to_integral_value()
    return (whole if whole == rounded else rounded) or None
