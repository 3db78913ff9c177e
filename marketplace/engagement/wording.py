"""Our words for each kind of lead (``wording.toml``), read as the owner who is called reads them.

An owner who sells by themselves is asked, not talked round. Whoever buys a lead from a court's or a county's record
knows something painful about a stranger: the texts never say what, promise nothing, and make it easy to say no.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from leads.models import Kind
from marketplace.engagement.brief import Channel
from marketplace.engagement.drafts import Step
from marketplace.engagement.hours import PartOfDay

_TABLE: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
NO_AGENTS: Final[str] = _TABLE["no_agents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What is said to owners of one kind of lead, and the plan. Braces are filled with the lead's facts."""

    before: tuple[str, ...]
    opening: str
    questions: tuple[str, ...]
    offer: str
    subject: str
    letter: tuple[str, ...]
    text: str
    steps: tuple[Step, ...]


def _wording(told: dict[str, Any]) -> Wording:
    parts: dict[str, Any] = {name: tuple(told[name]) for name in ("before", "questions", "letter")}
    parts |= {name: told[name] for name in ("opening", "offer", "subject", "text")}
    return Wording(**parts, steps=tuple(map(_step, _TABLE["plans"][told["plan"]])))


def _step(told: dict[str, Any]) -> Step:
    part, channel = PartOfDay(told["part"]), Channel(told["channel"])
    return Step(days_after=told["days_after"], part=part, channel=channel, says=told["says"])


WORDING: Final[Mapping[str, Wording]] = {kind: _wording(_TABLE["kinds"][kind]) for kind in Kind}
