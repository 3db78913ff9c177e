"""The country as a picture: each state's outline in pixels, Alaska and Hawaii in the corner as on any wall map."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("picture.json")
WIDTH: Final = 960
HEIGHT: Final = 600


@dataclass(frozen=True, slots=True)
class StateOutline:
    """One state in the picture: the path of its outline, and a point inside for a number."""

    code: str
    path: str
    x: float
    y: float


@cache
def state_outlines() -> tuple[StateOutline, ...]:
    """All states, in the order of their codes."""
    return tuple(StateOutline(*row) for row in json.loads(FILE.read_text(encoding="utf-8")))
