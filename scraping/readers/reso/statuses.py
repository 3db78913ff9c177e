"""What an MLS's word for a listing's state means to us, where the operators have not said otherwise.

A listing is a lead only when it ended unsold: *expired*. *Withdrawn* and *canceled* are the owner's own decision
and are never sold as expired. Single letters are left to the operators: "C" is closed here and canceled there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

Meaning = Literal["active", "pending", "closed", "expired", "withdrawn", "canceled", "deleted", "incomplete"]
MEANINGS: Final[tuple[Meaning, ...]] = get_args(Meaning)

SHIPPED: Final[Mapping[str, Meaning]] = {
    "Active": "active",
    "A": "active",
    "New": "active",
    "Back On Market": "active",
    "Price Change": "active",
    "Coming Soon": "active",
    "Active Under Contract": "pending",
    "Active Contingent": "pending",
    "Contingent": "pending",
    "Under Contract": "pending",
    "Pending": "pending",
    "P": "pending",
    "Hold": "pending",
    "Temporarily Off Market": "pending",
    "Closed": "closed",
    "Sold": "closed",
    "S": "closed",
    "Leased": "closed",
    "Rented": "closed",
    "Expired": "expired",
    "Withdrawn": "withdrawn",
    "Canceled": "canceled",
    "Cancelled": "canceled",
    "Terminated": "canceled",
    "Delete": "deleted",
    "Deleted": "deleted",
    "Incomplete": "incomplete",
}
"""The Data Dictionary's eleven values and what servers commonly write instead; rows in admin begin as these."""

MeaningOf = Callable[[str], Meaning | None]


def squash(says: str) -> str:
    """One spelling for "Under Contract", "UnderContract" and ``Some.Namespace.StandardStatus'UnderContract'``."""
    if says.endswith("'") and says.count("'") > 1:
        says = says.rsplit("'", 2)[-2]
    return "".join(letter for letter in says.lower() if letter.isalnum())


_SHIPPED_MEANINGS: Final = {squash(says): meaning for says, meaning in SHIPPED.items()}


def shipped_meaning(says: str) -> Meaning | None:
    """What ``says`` means by the table that ships; None for a word that nobody has explained."""
    return _SHIPPED_MEANINGS.get(squash(says))


def meaning_of_listing(standard: str | None, local: str | None, meaning_of: MeaningOf) -> Meaning | None:
    """``StandardStatus`` decides, the server's own ``MlsStatus`` where it is missing or nobody explained it.

    Only a listing whose two words agree that it expired is expired: a local "Withdrawn" that a server files under
    Expired is not.
    """
    main, other = (meaning_of(says) if says else None for says in (standard, local))
    if main == "expired" and other is not None:
        return other
    return main or (None if standard else other)
