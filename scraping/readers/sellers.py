"""Who offers a home on a portal, and what that makes of the record: only what an owner offers is a lead there."""

from __future__ import annotations

import re

from leads.records import LeadKind, ListingStatus

_BY_OWNER = re.compile(r"\bby[\s-]owner\b|\bfsbo\b", re.IGNORECASE)


def says_by_owner(words: str) -> bool:
    """Whether a name or a note says that no agent sells: portals file "For sale by owner" as a broker's name."""
    return _BY_OWNER.search(words) is not None


def name_of_contact(name: str | None) -> str | None:
    """The name, unless it only says that the owner sells."""
    return None if name is None or says_by_owner(name) else name


def kind_of_offer(is_owner: bool | None, *, is_to_let: bool) -> LeadKind | None:
    """The kind of lead; ``None`` where an agent offers, or nobody says who does."""
    if is_owner is not True:
        return None
    return "rental_owner" if is_to_let else "fsbo"


def refusal_of(status: ListingStatus | None) -> str | None:
    """Why a home in that state can never be a lead."""
    return "The home has been sold." if status == "closed" else None
