"""What a writer is told of one bought lead: its facts, each with where it comes from, and what may be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import models


class Channel(models.TextChoices):
    """The ways to an owner, as the passport names them."""

    CALL = "call", "Phone call"
    TEXT = "text", "Text message"
    EMAIL = "email", "E-mail"
    POST = "post", "Letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Whether the passport allows a channel, and why."""

    is_allowed: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that is known of the lead.

    ``phrases`` are the only words in which a text may tell it, the usual one first: a number that stands in no
    phrase of a fact that the text cites is not the lead's. ``source`` is who says so, ``seen_on`` since when.
    """

    key: str
    label: str
    phrases: tuple[str, ...]
    source: str
    seen_on: str = ""

    @property
    def says(self) -> str:
        return f"{self.label}: {self.phrases[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All that a writer may use. It holds no name, number or address of a person.

    ``home`` is the kind of home in a word; ``last_day`` is how many days after the purchase the passport ends.
    """

    kind: str
    home: str
    facts: Sequence[Fact]
    limits: Mapping[Channel, Limit]
    last_day: int
    knows_time_zone: bool = True
    wants_no_agents: bool = False

    def find(self, key: str) -> Fact | None:
        """The fact of that name, or None where the lead has none such."""
        return next((fact for fact in self.facts if fact.key == key), None)

    def allows(self, channel: Channel) -> bool:
        return self.limits[channel].is_allowed

    def allows_step(self, channel: Channel) -> bool:
        """Whether a plan may ask for this: no call to an owner who does not want agents, or at an unknown hour."""
        if channel in RINGS and (self.wants_no_agents or not self.knows_time_zone):
            return False
        return self.allows(channel)


RINGS: Final = frozenset({Channel.CALL, Channel.TEXT})
"""Channels that reach a telephone at once, for which quiet hours are meant."""
