"""Names: what an advert calls its contact, without the words around it."""

from __future__ import annotations

import re

from leads.normalise.text import one_line

_ROLES = re.compile(
    r"^(?:contact|ask for|call|text|owner|seller|name)\s*[:\-]\s*|\s*\((?:owner|seller)\)$", re.IGNORECASE
)
_NOBODY = frozenset({"owner", "seller", "n/a", "na", "none", "unknown", "private", "anonymous", "me", "contact"})


def clean_name(text: str | None) -> str | None:
    """The name without role words ("Owner: …"); ``None`` for words that name nobody, and for an e-mail address."""
    name = one_line(text, max_characters=120)
    while name and (shorter := _ROLES.sub("", name).strip(" ,:-")) != name:
        name = shorter
    if not name or name.lower() in _NOBODY or "@" in name or not any(letter.isalpha() for letter in name):
        return None
    return name
