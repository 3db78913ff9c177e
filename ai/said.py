"""What providers say, as much of it as we rely on, read from the bodies of their answers; they add more."""

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from ai.models import ModelCall

if TYPE_CHECKING:
    from openai.types.chat.chat_completion_chunk import ChatCompletionChunk, ChoiceDeltaToolCall

Outcome = ModelCall.Outcome

MOST_RAW_CHARACTERS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a provider says that it read and wrote; ``cached`` of ``read`` it knew from before."""

    read: int
    cached: int
    written: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A whole answer, as it came.

    :ivar text: the words, or the arguments of the function that was called
    :ivar tokens: None where the provider does not tell
    :ivar flaw: the outcome of an answer that is none: cut short by its length, or declined
    """

    text: str
    raw: str
    answered_by: str
    tokens: Tokens | None
    flaw: ModelCall.Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of an answer that is streamed.

    :ivar calls: place, id, name and the next letters of the arguments of tool calls
    :ivar tokens: in the last piece, where the provider tells
    """

    text: str = ""
    refusal: str = ""
    finish: str = ""
    answered_by: str = ""
    calls: tuple[tuple[int, str, str, str], ...] = ()
    tokens: Tokens | None = None


class _CachedTokens(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int = 0
    prompt_tokens_details: _CachedTokens | None = None
    prompt_cache_hit_tokens: int | None = None

    def tokens(self) -> Tokens:
        details = self.prompt_tokens_details
        cached = self.prompt_cache_hit_tokens or (details and details.cached_tokens) or 0
        read = max(self.prompt_tokens, 0)
        return Tokens(read=read, cached=min(max(cached, 0), read), written=max(self.completion_tokens, 0))


class _Function(BaseModel):
    name: str = ""
    arguments: str = ""


class _ToolCall(BaseModel):
    function: _Function


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    """As much of an answer as we rely on; providers add more."""

    model_config = ConfigDict(extra="ignore")

    model: str = ""
    choices: list[_Choice]
    usage: _Usage | None = None


def read_completion(raw: str) -> Said:
    """Read the body of an answer; what has another shape is an answer that cannot be used."""
    kept = raw[:MOST_RAW_CHARACTERS]
    try:
        completion = _Completion.model_validate_json(raw)
        choice = completion.choices[0]
    except (ValidationError, IndexError):
        return Said(text="", raw=kept, answered_by="", tokens=_tokens_of(raw), flaw=Outcome.UNUSABLE)
    calls = choice.message.tool_calls
    return Said(
        text=calls[0].function.arguments if calls else choice.message.content or "",
        raw=kept,
        answered_by=completion.model[:120],
        tokens=completion.usage.tokens() if completion.usage else None,
        flaw=_flaw(choice),
    )


def _flaw(choice: _Choice) -> ModelCall.Outcome | None:
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return Outcome.DECLINED
    return Outcome.UNUSABLE if choice.finish_reason == "length" else None


def _tokens_of(raw: str) -> Tokens | None:
    """What an answer of a strange shape says of its cost."""
    try:
        return _Usage.model_validate(json.loads(raw)["usage"]).tokens()
    except (ValueError, KeyError, TypeError, ValidationError):
        return None


def read_chunk(event: "ChatCompletionChunk") -> Chunk:
    """Read an event of a stream."""
    usage = event.usage
    tokens = _Usage.model_validate(usage.model_dump()).tokens() if usage else None
    if not event.choices:
        return Chunk(tokens=tokens, answered_by=(event.model or "")[:120])
    choice = event.choices[0]
    return Chunk(
        text=choice.delta.content or "",
        refusal=choice.delta.refusal or "",
        finish=choice.finish_reason or "",
        answered_by=(event.model or "")[:120],
        calls=tuple(_call_piece(call) for call in choice.delta.tool_calls or ()),
        tokens=tokens,
    )


def _call_piece(call: "ChoiceDeltaToolCall") -> tuple[int, str, str, str]:
    said = call.function
    return call.index, call.id or "", (said and said.name) or "", (said and said.arguments) or ""


def read_vectors(raw: str, *, count: int, dimensions: int) -> tuple[list[list[float]], Tokens | None] | None:
    """The vectors of an answer in the order of what was asked, and what the provider read.

    :return: None where they are not ``count`` vectors of ``dimensions`` each
    """
    try:
        answered = _Vectors.model_validate_json(raw)
    except ValidationError:
        return None
    in_order = [vector.embedding for vector in sorted(answered.data, key=lambda vector: vector.index)]
    if [len(vector) for vector in in_order] != [dimensions] * count:
        return None
    return in_order, answered.usage.tokens() if answered.usage else None


def read_models(raw: str) -> dict[str, date | None] | None:
    """The models of a list, each with the day of its shutdown where that is told; None where it is no list."""
    try:
        return {model.id: model.shutdown_date for model in _ModelList.model_validate_json(raw).data}
    except ValidationError:
        return None


class _ListedModel(BaseModel):
    id: str
    shutdown_date: date | None = None


class _ModelList(BaseModel):
    data: list[_ListedModel]


class _Vector(BaseModel):
    index: int
    embedding: list[float]


class _Vectors(BaseModel):
    data: list[_Vector]
    usage: _Usage | None = None
