"""What tests ask: a question about an advert that the local reader answers, too."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from ai.prompts import Prompt
from ai.purposes import Purpose
from ai.questions import Question, Subject

FOLDER = Path(__file__).parent / "prompts"


class Reading(BaseModel):
    """What the tests want to know of an advert."""

    model_config = ConfigDict(extra="forbid")

    motivation: str
    beds: int | None


def question(text: str = "Moving soon, 3 beds.", **facts: Any) -> Question[Reading]:
    """A question about the words of an advert."""
    told: dict[str, Any] = {
        "purpose": Purpose.SCORE_LEAD,
        "prompt": Prompt.load(FOLDER, "read_advert", version=1),
        "values": {"advert": text},
        "reply": Reading,
        "subject": Subject(kind="lead", id="00000000-0000-4000-8000-000000000001"),
        "locally": lambda: Reading(motivation="unknown", beds=None),
        "local_version": "test-1",
        **facts,
    }
    return Question(**told)
