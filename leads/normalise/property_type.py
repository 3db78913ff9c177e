"""The kind of home, in the product's own few words."""

from __future__ import annotations

import re

# The first row that matches decides: a "townhouse style condo" is sold as a condo.
_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(words))
    for name, words in (
        ("manufactured", r"manufactured|mobile|trailer"),
        ("condo", r"condo|co-?op|cooperative"),
        ("townhouse", r"town\s?(?:house|home)|row\s?house"),
        ("multi_family", r"multi\s?-?family|duplex|triplex|fourplex|plex|income"),
        ("room", r"room\b|shared"),
        ("apartment", r"apartment|apt\b|flat|studio|in-law|loft"),
        ("land", r"\bland|\blots?\b|acreage|vacant"),
        ("commercial", r"commercial|office|retail|industrial|business|parking"),
        ("single_family", r"single\s?-?family|house|cottage|cabin|detached|sfr|sfh|bungalow|ranch|farm"),
        ("other", r"assisted|other|unknown type|boat|timeshare"),
    )
)


def read_property_type(text: str | None) -> str | None:
    """ "Single Family Residence", "SINGLE_FAMILY" and "House" are "single_family"; unknown words are ``None``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text or "")[:200].replace("_", " ").lower()
    return next((name for name, pattern in _TYPES if pattern.search(words)), None)
