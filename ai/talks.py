"""What a conversation asks of a model and what comes back piece by piece: the values of ``gateway.stream``."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from ai.models import ModelCall
from ai.prompts import Prompt
from ai.purposes import AUDIENCE, Audience, Purpose
from ai.questions import Subject, WhyLocal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something that the model may ask us to do; ``arguments`` is the shape of what it has to say for it."""

    name: str
    description: str
    arguments: type[BaseModel]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What the model asks us to do, with personal values in their places. Nothing vouches for the arguments."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """The next words of the answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The answer is whole.

    :ivar is_cut_short: whether the longest answer that is paid for ended it
    :ivar role: as ``questions.Answer`` has it, like all that follows
    """

    role: str
    provider: str
    model: str
    is_cut_short: bool = False
    why_local: WhyLocal = ""
    call_id: Any = None


Part = TextPart | ToolCall | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation.

    :ivar tool_calls: what the assistant asked us to do in this turn
    :ivar answers: in a turn of a tool, the id of the call that it answers
    """

    role: Literal["user", "assistant", "tool"]
    text: str = ""
    tool_calls: Sequence[ToolCall] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation up to its next answer.

    :ivar purpose: one whose words are read by who asked (``purposes.AUDIENCE``): what was handed out piece by piece
        with personal values in it cannot be looked at and taken back before others read it
    :ivar prompt: its ``system`` part is what the model is told to be; its template is not used
    :ivar personal: values known to be personal, hidden besides what patterns find
    :ivar locally: the local model's answer: text and tool calls; never fails, asks nobody, costs nothing
    """

    purpose: Purpose
    prompt: Prompt
    messages: Sequence[Message]
    subject: Subject
    locally: Callable[[], Sequence[TextPart | ToolCall]]
    tools: Sequence[Tool] = ()
    personal: Collection[str] = ()
    local_version: str = "rules-1"

    def __post_init__(self) -> None:
        if AUDIENCE[self.purpose] != Audience.WHO_ASKED:
            raise ValueError(f"{self.purpose.label} is not read by who asked: ask for the whole of it.")


class StreamBroke(Exception):
    """The answer ended before it was whole, after some of it had been handed out.

    :ivar so_far: the words that were handed out
    :ivar outcome: as the ledger has it
    """

    def __init__(self, outcome: ModelCall.Outcome, *, so_far: str) -> None:
        super().__init__(outcome.label)
        self.outcome = outcome
        self.so_far = so_far


@dataclass(slots=True)
class Gathered:
    """A stream as it adds up, in the provider's words.

    :ivar calls: id, name and arguments' text of each tool call, by its place
    """

    text: str = ""
    refusal: str = ""
    finish: str = ""
    answered_by: str = ""
    calls: dict[int, list[str]] = field(default_factory=dict)
