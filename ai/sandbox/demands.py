"""What a request asks for, or the words in which its provider would refuse it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ai.sandbox import answers
from ai.sandbox.dialects import Dialect

DEFAULT_DIMENSIONS: Final = {"text-embedding-3-large": 3072, "mistral-embed": 1024, "text-embedding-v4": 1024}
MOST_TEXTS: Final = 2048


class Refused(Exception):
    """The provider does not take this request."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One question to a model.

    :ivar prompt: all that was said to it, as one text
    :ivar matter: what the answer is read from
    :ivar schema: what the answer must look like, or None for plain words
    :ivar tool: the tool that must be called, and its arguments' schema
    """

    model: str
    prompt: str
    matter: str
    schema: Mapping[str, Any] | None
    tool: tuple[str, Mapping[str, Any]] | None
    most_tokens: int | None
    is_streamed: bool
    wants_usage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingDemand:
    """Texts to be turned into vectors."""

    model: str
    texts: list[str]
    dimensions: int
    as_base64: bool


def chat(body: bytes, dialect: Dialect) -> Demand:
    """Read a request for a completion.

    :raises Refused: the provider would refuse it
    """
    told = body_of(body)
    messages = told.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        raise Refused(400, "Invalid value for 'messages': expected a list with at least one message.")
    _known_ids(messages, dialect)
    model = _model(told, dialect)
    prompt = "\n".join(answers.words(message) for message in messages)
    return Demand(
        model=model,
        prompt=prompt,
        matter=answers.matter(messages),
        schema=_schema(told, prompt, dialect),
        tool=_tool(told, messages),
        most_tokens=_most_tokens(told, model, dialect),
        is_streamed=bool(told.get("stream")),
        wants_usage=_wants_usage(told, dialect),
    )


def embedding(body: bytes, dialect: Dialect) -> EmbeddingDemand:
    """Read a request for vectors.

    :raises Refused: the provider would refuse it
    """
    if not dialect.has_embeddings:
        raise Refused(404, "Not Found", code="not_found")
    told = body_of(body)
    model = _model(told, dialect)
    given = told.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise Refused(400, "'input' must be a string that is not empty, or a list of such.")
    if len(texts) > MOST_TEXTS:
        raise Refused(400, f"'input' has more than {MOST_TEXTS} items.")
    return EmbeddingDemand(
        model=model,
        texts=texts,
        dimensions=int(told.get("dimensions") or DEFAULT_DIMENSIONS.get(model, 1536)),
        as_base64=told.get("encoding_format") == "base64",
    )


def body_of(body: bytes) -> dict[str, Any]:
    """A request's body.

    :raises Refused: it is no JSON object
    """
    try:
        told = json.loads(body)
    except ValueError as error:
        raise Refused(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(told, dict):
        raise Refused(400, "The body of your request must be a JSON object.")
    return told


def _model(told: Mapping[str, Any], dialect: Dialect) -> str:
    model = told.get("model")
    if not isinstance(model, str) or not model:
        raise Refused(400, "you must provide a model parameter")
    if dialect.models and model not in dialect.models:
        raise Refused(
            404, f"The model `{model}` does not exist or you do not have access to it.", "model_not_found"
        )
    return model


def _wants_usage(told: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether a stream says what it cost."""
    if dialect.tells_usage_unasked and "stream_options" in told:
        raise Refused(422, "stream_options.include_usage: Extra inputs are not permitted")
    return dialect.tells_usage_unasked or bool((told.get("stream_options") or {}).get("include_usage"))


def _known_ids(messages: list[Any], dialect: Dialect) -> None:
    """Refuse calls told back under ids that the provider cannot have given."""
    ids = [call.get("id") for message in messages for call in message.get("tool_calls") or ()]
    ids += [message["tool_call_id"] for message in messages if "tool_call_id" in message]
    for call_id in ids:
        if not re.fullmatch(dialect.tool_ids, str(call_id)):
            raise Refused(422, f"Tool call id was {call_id} but must match {dialect.tool_ids}")


def _most_tokens(told: Mapping[str, Any], model: str, dialect: Dialect) -> int | None:
    """The limit on the answer, under the one name that its provider knows it by."""
    given = {name for name in ("max_tokens", "max_completion_tokens") if name in told}
    is_old = model.startswith("gpt-4")
    if not is_old and (strange := given - {dialect.longest}):
        name = strange.pop()
        raise Refused(
            400, f"Unsupported parameter: '{name}' is not supported with this model.", "unsupported_parameter"
        )
    return next((int(told[name]) for name in given), None)


def _schema(told: Mapping[str, Any], prompt: str, dialect: Dialect) -> Mapping[str, Any] | None:
    """What the answer must look like; {} where any object will do."""
    asked = told.get("response_format") or {}
    kind = asked.get("type", "text")
    if kind not in dialect.formats:
        raise Refused(400, f"This response_format type is unavailable now: {kind}")
    if not dialect.heeds_format or kind == "text":
        return None
    if kind == "json_object":
        if dialect.wants_the_word_json and "json" not in prompt.lower():
            raise Refused(
                400, "'messages' must contain the word 'json' to use a 'response_format' of 'json_object'."
            )
        return answers.schema_in(prompt) or {"type": "object"}
    schema = asked.get("json_schema", {}).get("schema")
    if not isinstance(schema, dict):
        raise Refused(400, "Missing required parameter: 'response_format.json_schema.schema'.")
    if dialect.is_strict and asked["json_schema"].get("strict"):
        _closed(schema)
    return schema


def _closed(schema: Any) -> None:
    """OpenAI takes a strict schema only where each object is closed and requires all that it names."""
    if isinstance(schema, list):
        for inner in schema:
            _closed(inner)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("properties"), dict):
        missing = set(schema["properties"]) - set(schema.get("required", ()))
        if schema.get("additionalProperties") is not False or missing:
            message = (
                f"Invalid schema: 'additionalProperties' must be false and 'required' name all, but {missing}."
            )
            raise Refused(400, message, "invalid_json_schema")
    for inner in schema.values():
        _closed(inner)


def _tool(told: Mapping[str, Any], messages: list[Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The tool that is called: the one that was demanded, or the first that the last message names a word of."""
    tools = {
        tool["function"]["name"]: tool["function"]
        for tool in told.get("tools") or ()
        if isinstance(tool, dict) and isinstance(tool.get("function"), dict)
    }
    choice = told.get("tool_choice", "auto")
    if isinstance(choice, dict):
        name = choice.get("function", {}).get("name", "")
        if name not in tools:
            raise Refused(400, f"Tool choice '{name}' not found in 'tools' parameter.")
        return name, tools[name].get("parameters", {})
    if choice == "none" or not tools or messages[-1].get("role") != "user":
        return None
    said = answers.words(messages[-1]).lower()
    named = [name for name in tools if any(word in said for word in name.lower().split("_") if len(word) > 3)]
    chosen = named[:1] or (list(tools)[:1] if choice == "required" else [])
    return (chosen[0], tools[chosen[0]].get("parameters", {})) if chosen else None
