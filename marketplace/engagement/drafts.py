"""What a writer hands in, before anybody looked at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from marketplace.engagement.brief import Brief, Channel
from marketplace.engagement.hours import PartOfDay

PLACEHOLDERS: Final = frozenset(
    {"[your name]", "[your brokerage]", "[your phone]", "[your postal address]", "[owner's name]"}
)
"""What the buyer fills in: no text holds a person's name, number or address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text for one channel; ``cites`` are the keys of the facts that it tells."""

    channel: Channel
    body: str
    cites: tuple[str, ...]
    subject: str = ""

    @property
    def whole(self) -> str:
        return f"{self.subject}\n{self.body}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do, so many days after the purchase, in the owner's morning, afternoon or evening."""

    days_after: int
    part: PartOfDay
    channel: Channel
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Texts and a plan for one lead."""

    messages: Sequence[Message]
    steps: Sequence[Step]


class Writer(Protocol):
    """Whoever writes: our own words, or a model. What it writes is checked, never believed."""

    name: str

    def write(self, brief: Brief) -> Draft:
        """A text for each allowed channel and a plan, from the brief alone."""
        ...
