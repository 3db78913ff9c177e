"""What all of Craigslist's pages share: its sections, the numbers of its postings, and how it writes things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from leads.normalise.price import parse_price
from leads.records import LeadKind
from scraping.readers.page import address_parts

_RENTALS = frozenset(["abo", "aap", "abx", "apa", "fee", "nfa", "nfb", "roo", "sub", "swp", "vac"])
_SALES = frozenset({"rea", "reb", "reo"})
_WANTED_TO_RENT = frozenset({"haw", "hou", "hsw", "rmw", "sbw", "sha"})
_HOUSING = _RENTALS | _SALES | _WANTED_TO_RENT | {"hhh", "rew"}
_BY_OWNER = frozenset({"abo", "reo"})
_BY_BROKER = frozenset({"fee", "nfb", "reb"})
_HOUSING_TYPES = frozenset(
    {"apartment", "condo", "cottage/cabin", "duplex", "flat", "house", "in-law", "loft", "townhouse"}
    | {"manufactured", "land"}
)
_LEAST_SALE_PRICE = 20_000
"""A section that does not say whether homes are let or sold is told by the price."""
_POST_ID = re.compile(r"/(?P<number>\d{8,12})\.html|/view/d/[^/]+/(?P<token>[\w-]{20,24})(?:[/?#]|$)")
_CATEGORY_IN_PATH = re.compile(
    r"/([a-z]{3})/(?:d/|\d{8,12}\.html)|/search/(?!subarea/)(?:[a-z0-9-]+/)?([a-z]{3})(?:/|$)"
)
_SECTION_NAMES: Mapping[str, str] = {
    "apts/housing for rent": "apa", "apartments / housing for rent": "apa", "rooms & shares": "roo",
    "rooms / shared": "roo", "sublets & temporary": "sub", "sublets / temporary": "sub", "vacation rentals": "vac",
    "housing swap": "swp", "real estate for sale": "rea", "real estate - by owner": "reo",
    "real estate - by broker": "reb", "real estate for sale - by owner": "reo", "real estate wanted": "rew",
    "real estate for sale - by broker": "reb", "apts wanted": "hou", "housing wanted": "hsw",
    "room/share wanted": "sha", "sublet/temp wanted": "sbw",
}  # fmt: skip


def category_facts(category: str | None, *, price_text: str | None = None) -> dict[str, Any]:
    """What the section of the site says about every posting in it."""
    is_sale = category in _SALES or (category in {None, "hhh"} and _is_sale_price(price_text))
    kind: LeadKind | None = "fsbo" if is_sale else "rental_owner" if category in _RENTALS else None
    return {
        "category": category,
        "kind": "buyer_enquiry" if category == "rew" else kind,
        "is_owner": True if category in _BY_OWNER else False if category in _BY_BROKER else None,
        "price_period_text": {"rental_owner": "monthly", "fsbo": "once"}.get(kind or ""),
        "rejected": _category_refusal(category),
    }


def _is_sale_price(price_text: str | None) -> bool:
    amount = parse_price(price_text or "").amount
    return amount is not None and amount >= _LEAST_SALE_PRICE


def _category_refusal(category: str | None) -> str | None:
    if category in _WANTED_TO_RENT:
        return "Somebody looks for a home to rent; nobody offers one."
    if category is not None and category not in _HOUSING:
        return f"Not housing: the section is {category!r}."
    return None


def category_of(url: str | None) -> str | None:
    """The three letters of the section that an address lies in ("reo")."""
    if not url:
        return None
    parts = address_parts(url)
    found = _CATEGORY_IN_PATH.search(parts.path)
    if found:
        return found.group(1) or found.group(2)
    return next(iter(parse_qs(parts.query).get("cat", [])), None)


def category_named(name: str | None) -> str | None:
    """The section that goes by such a name."""
    words = " ".join((name or "").lower().split())
    if words in _SECTION_NAMES:
        return _SECTION_NAMES[words]
    if "by owner" in words and "real estate" in words:
        return "reo"
    if "real estate" in words:
        return "rea"
    return "apa" if "for rent" in words or "apartment" in words else None


def post_id(url: str | None) -> str | None:
    """The number of a posting, or its token since 2026, as its address has it."""
    found = _POST_ID.search(url or "")
    return (found.group("number") or found.group("token")) if found else None


def housing_type(attributes: list[tuple[str, str]]) -> str | None:
    """The sort of home among a posting's (label, value) attributes."""
    return next(
        (value for label, value in attributes if value.lower() in _HOUSING_TYPES and label in {"", "housing type"}),
        None,
    )


def currency_of(country: Any) -> str | None:
    """The currency that a bare "$" or "£" stands for in ``country`` (ISO 3166)."""
    return {"US": "USD", "CA": "CAD", "GB": "GBP"}.get(country) if isinstance(country, str) else None


def lines(line: str | None) -> tuple[str, ...]:
    """An address of at most one line."""
    return (line,) if line else ()


def without_brackets(text: str | None) -> str | None:
    """ "(Everett)" is "Everett"; only the outer pair goes."""
    line = " ".join((text or "").split())
    return (line.removeprefix("(").removesuffix(")").strip() if line.startswith("(") else line) or None
