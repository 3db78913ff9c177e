"""The cards of the sandbox, each of which behaves in one way, as the test cards of real providers do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Conduct(StrEnum):
    """What a card does when it is charged."""

    PAYS = "pays"
    ASKS = "asks"
    """It pays once its owner has said to their bank that it is them."""
    PENDING = "pending"
    """The money takes days to come."""
    DECLINES = "declines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One way of paying.

    :param later: what it does when it is charged without its owner
    :param code: why it declines, in a provider's word
    """

    label: str
    title: str
    now: Conduct
    later: Conduct
    code: str = ""


def _card(digits: str, title: str, now: Conduct, later: Conduct, code: str = "") -> Card:
    return Card(label=f"Test card ending in {digits}", title=title, now=now, later=later, code=code)


CARDS: Final[Mapping[str, Card]] = MappingProxyType(
    {
        "good": _card("4242", "pays", Conduct.PAYS, Conduct.PAYS),
        "asks": _card("3155", "asks for 3-D Secure", Conduct.ASKS, Conduct.PAYS),
        "declined": _card("0002", "is declined", Conduct.DECLINES, Conduct.DECLINES, "card_declined"),
        "empty": _card("9995", "has too little money", Conduct.DECLINES, Conduct.DECLINES, "insufficient_funds"),
        "expired": _card("0069", "has expired", Conduct.DECLINES, Conduct.DECLINES, "expired_card"),
        "once": _card("0341", "pays now, declines later", Conduct.PAYS, Conduct.DECLINES, "card_declined"),
        "bank": Card(
            label="Test bank account ending in 6789",
            title="bank debit, takes days",
            now=Conduct.PENDING,
            later=Conduct.PENDING,
        ),
    }
)
SAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "card_declined": "Your card was declined. Try another one, or ask your bank why.",
        "insufficient_funds": "There is too little money on this card. Try another one.",
        "expired_card": "This card has expired. Try another one.",
        "authentication_failed": "Your bank could not tell that it is you. Try again, or take another card.",
        "debit_returned": "Your bank returned the debit. Try another way of paying.",
    }
)
