"""How a reply of a given shape is asked for, and how what comes back is read.

Providers differ in what they take (``providers.Schema``), so the same question becomes another request for each;
what they say is read by the same pydantic model. What does not parse is an error, never a default.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from ai.providers import Model, Provider
from ai.purposes import AUDIENCE, Audience
from ai.questions import InvalidReply, Question, ReplyT
from ai.redaction import Cover

Messages = list[dict[str, str]]

FUNCTION: Final = "answer"
MOST_ERRORS: Final = 8
_FENCE: Final = re.compile(r"\A[^{\[]{0,200}?```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)
_NOT_OF_THE_SHAPE: Final = frozenset({"default", "title", "discriminator"})


class Unusable(Exception):
    """A reply that is not what was asked for; ``says`` tells the model what is wrong, in our words."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


def messages(question: Question[ReplyT], cover: Cover, *, model: Model) -> Messages:
    """What is said to the model, with personal values covered."""
    values = {name: cover.hide(value) for name, value in question.values.items()}
    system = question.prompt.system
    if model.schema == "json_object":
        shape = json.dumps(strict(question.reply), sort_keys=True)
        system = f"{system}\n\nAnswer with one JSON object and nothing else, of this JSON schema: {shape}"
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": question.prompt.fill(values)},
    ]


def repair(asked: Messages, reply: str, wrong: str) -> Messages:
    """The same messages with the reply that could not be used, and what is wrong with it."""
    return [
        *asked,
        {"role": "assistant", "content": reply.strip() or "(nothing)"},
        {"role": "user", "content": f"That is not the JSON that was asked for. {wrong} Answer again, whole."},
    ]


def request(
    said: Messages,
    reply: type[BaseModel],
    *,
    provider: Provider,
    model: Model,
    parameters: Mapping[str, Any],
    max_tokens: int,
) -> dict[str, Any]:
    """The body of a request for a reply of this shape."""
    return {
        "model": model.id,
        "messages": said,
        provider.longest: max_tokens,
        **_shape(reply, model),
        **model.extra,
        **parameters,
    }


def _shape(reply: type[BaseModel], model: Model) -> dict[str, Any]:
    schema = strict(reply)
    if model.schema == "json_schema":
        named = {"name": FUNCTION, "strict": True, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    if model.schema == "json_object":
        return {"response_format": {"type": "json_object"}}
    function = {"name": FUNCTION, "description": "Gives the answer.", "parameters": schema}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": FUNCTION}},
    }


@cache
def strict(reply: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a reply as strict providers want it: every object closed, every property required."""
    closed = _closed(reply.model_json_schema())
    assert isinstance(closed, dict)  # noqa: S101 - what a mapping becomes
    return closed


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: {name: _closed(part) for name, part in value.items()}
        if key in ("properties", "$defs")
        else _closed(value)
        for key, value in schema.items()
        if key not in _NOT_OF_THE_SHAPE
    }
    if "properties" in kept:
        kept |= {"additionalProperties": False, "required": list(kept["properties"])}
    return kept


def read(text: str, question: Question[ReplyT], cover: Cover) -> ReplyT:
    """The reply with personal values back in their places, as its question's checks leave it.

    Where others read the reply (``purposes.AUDIENCE``) nothing is put back: one that names somebody is unusable.

    :raises Unusable: it is not what was asked for
    """
    fenced = _FENCE.match(text)
    try:
        said = json.loads(fenced[1] if fenced else text)
    except ValueError:
        raise Unusable("It cannot be read as JSON." if text.strip() else "It is empty.") from None
    if AUDIENCE[question.purpose] == Audience.OTHERS and cover.names_somebody(said):
        raise Unusable("Others read it: leave out names, numbers, addresses and whatever stands in brackets.")
    try:
        return question.verify(question.reply.model_validate(cover.restore_all(said)))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        raise Unusable(cover.hide(_wrong(wrong))) from None
    except InvalidReply as invalid:
        raise Unusable(cover.hide(str(invalid))) from None


def _wrong(errors: Sequence[Any]) -> str:
    told = [f"{'.'.join(map(str, error['loc'])) or 'It'}: {error['msg']}." for error in errors[:MOST_ERRORS]]
    return " ".join(told)
