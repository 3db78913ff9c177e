"""The bodies that providers answer with: completions, their streamed parts, embeddings and refusals.

Source: platform.openai.com/docs/api-reference/chat/object and /streaming
"""

import base64
import hashlib
import json
import math
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

CHARACTERS_A_TOKEN: Final = 4
CACHED_FROM_TOKENS: Final = 1024
CACHED_IN_STEPS_OF: Final = 128
CHARACTERS_A_PART: Final = 7
_TYPES: Final = {
    400: "invalid_request_error", 401: "invalid_request_error", 404: "invalid_request_error",
    429: "rate_limit_error", 500: "server_error", 503: "server_error",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call; a token is four characters here."""

    prompt: int
    completion: int
    cached: int = 0

    def body(self, *, provider: str) -> dict[str, Any]:
        """As the provider writes it: DeepSeek has a way of its own."""
        told: dict[str, Any] = {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
        }
        if provider == "deepseek":
            return {
                **told,
                "prompt_cache_hit_tokens": self.cached,
                "prompt_cache_miss_tokens": self.prompt - self.cached,
            }
        return {
            **told,
            "prompt_tokens_details": {"cached_tokens": self.cached},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model answers, before it is written in anybody's protocol."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: tuple[tuple[str, Mapping[str, Any] | str], ...] = ()
    finish: str = "stop"

    @property
    def tokens(self) -> int:
        spoken = (self.content or "") + (self.refusal or "")
        return tokens(spoken) + sum(tokens(_arguments(arguments)) for _, arguments in self.tool_calls)

    def within(self, most_tokens: int | None) -> "Said":
        """Stopped where the limit on tokens stops it."""
        if most_tokens is None or self.content is None or tokens(self.content) <= most_tokens:
            return self
        return Said(content=self.content[: most_tokens * CHARACTERS_A_TOKEN], finish="length")

    def message(self, number: int) -> dict[str, Any]:
        """As one message."""
        told: dict[str, Any] = {"role": "assistant", "content": self.content, "refusal": self.refusal}
        if self.tool_calls:
            told["tool_calls"] = list(self._calls(number))
        return told

    def _calls(self, number: int) -> Iterator[dict[str, Any]]:
        for place, (name, arguments) in enumerate(self.tool_calls):
            function = {"name": name, "arguments": _arguments(arguments)}
            yield {"id": f"call_{number:06d}_{place}", "type": "function", "function": function}

    def deltas(self, number: int) -> Iterator[dict[str, Any]]:
        """As the parts of a stream, a few letters each."""
        yield {"role": "assistant", "content": "" if not self.tool_calls else None}
        for field, text in (("content", self.content), ("refusal", self.refusal)):
            for part in _parts(text or ""):
                yield {field: part}
        for place, call in enumerate(self._calls(number)):
            name = {"name": call["function"]["name"], "arguments": ""}
            yield {"tool_calls": [{**call, "index": place, "function": name}]}
            for part in _parts(call["function"]["arguments"]):
                yield {"tool_calls": [{"index": place, "function": {"arguments": part}}]}


def completion(said: Said, *, number: int, model: str, usage: dict[str, Any] | None) -> dict[str, Any]:
    """One whole answer."""
    choice = {"index": 0, "message": said.message(number), "logprobs": None, "finish_reason": said.finish}
    told = {**_head("chat.completion", number, model), "choices": [choice]}
    return told if usage is None else {**told, "usage": usage}


def chunks(said: Said, *, number: int, model: str, usage: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """One streamed answer; ``usage`` comes last, in a part without choices, where it was asked for."""
    head = _head("chat.completion.chunk", number, model)
    for delta in said.deltas(number):
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": said.finish}]}
    if usage is not None:
        yield {**head, "choices": [], "usage": usage}


def refusal(status: int, message: str, *, code: str | None = None, kind: str = "") -> dict[str, Any]:
    """A provider's error."""
    told = {"message": message, "type": kind or _TYPES.get(status, "invalid_request_error"), "code": code}
    return {"error": {**told, "param": None}}


def embedding_list(texts: Sequence[str], *, model: str, dimensions: int, as_base64: bool) -> dict[str, Any]:
    """Vectors of length one, made of the hashes of a text's words: alike where words are shared."""
    vectors = [_vector(text, dimensions) for text in texts]
    data = [
        {"object": "embedding", "index": place, "embedding": _packed(vector) if as_base64 else vector}
        for place, vector in enumerate(vectors)
    ]
    spent = sum(tokens(text) for text in texts)
    usage = {"prompt_tokens": spent, "total_tokens": spent}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def tokens(text: str) -> int:
    """How many tokens a text is counted as."""
    return math.ceil(len(text) / CHARACTERS_A_TOKEN)


def cached_tokens(prompt: str, earlier: Sequence[str]) -> int:
    """How many of the prompt's tokens an earlier one began with, counted as OpenAI counts them."""
    shared = max((_shared(prompt, one) for one in earlier), default=0) // CHARACTERS_A_TOKEN
    return shared // CACHED_IN_STEPS_OF * CACHED_IN_STEPS_OF if shared >= CACHED_FROM_TOKENS else 0


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with together."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _head(kind: str, number: int, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number:06d}", "object": kind, "created": int(time.time()), "model": model}


def _arguments(arguments: Mapping[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _parts(text: str) -> Iterator[str]:
    return (text[start : start + CHARACTERS_A_PART] for start in range(0, len(text), CHARACTERS_A_PART))


def _vector(text: str, dimensions: int) -> list[float]:
    vector = [0.0] * dimensions
    for word in text.lower().split() or [""]:
        digest = hashlib.blake2b(word.encode(), digest_size=12).digest()
        for place, weight in struct.iter_unpack("<Hb", digest):
            vector[place % dimensions] += weight or 1
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
