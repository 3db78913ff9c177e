"""One attempt at a provider over HTTP: what came back, or how it failed and whether it may have cost something.

Every call of a process runs on one event loop in a thread of its own, so that a deadline ends a call that trickles,
and many calls at once need no threads. Nothing is tried twice here: ``ai.asking`` is the layer that does.
"""

import asyncio
import json
import os
import random
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ai.models import ModelCall
from ai.providers import Endpoint

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI
    from openai.types.chat.chat_completion_chunk import ChatCompletionChunk, ChoiceDeltaToolCall

T = TypeVar("T")
Outcome = ModelCall.Outcome

CONNECT_SECONDS: Final = 5.0
MOST_CLIENTS: Final = 16
MOST_RAW_CHARACTERS: Final = 100_000
_NO_MONEY: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


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


class Failed(Exception):
    """There is no answer.

    :ivar is_free: whether the provider cannot have charged for it
    :ivar is_worth_another: whether the same provider may answer if asked again
    :ivar is_hopeless: whether every call of the provider fails alike: the key is wrong, or the account is empty
    :ivar retry_after_seconds: as the provider asks; None where it does not
    """

    def __init__(
        self,
        outcome: ModelCall.Outcome,
        *,
        is_free: bool,
        is_worth_another: bool = False,
        is_hopeless: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(outcome.label)
        self.outcome = outcome
        self.is_free = is_free
        self.is_worth_another = is_worth_another
        self.is_hopeless = is_hopeless
        self.retry_after_seconds = retry_after_seconds


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


async def complete(endpoint: Endpoint, body: Mapping[str, Any], *, seconds: float) -> Said:
    """Ask for one completion.

    :param body: of the request, as the protocol has it
    :param seconds: until the last byte
    :raises Failed: there is no answer
    """
    return read_completion(await _post(endpoint, "chat.completions", body, seconds=seconds))


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


async def stream(endpoint: Endpoint, body: Mapping[str, Any], *, seconds: float) -> AsyncGenerator[Chunk, None]:
    """Ask for one completion, piece by piece, on the caller's own loop. Whoever stops reading ends the connection.

    :param body: of the request, as the protocol has it
    :param seconds: until the last piece, however slowly they are read
    :raises Failed: there is no answer, or not all of it
    """
    here = asyncio.get_running_loop()
    pieces: asyncio.Queue[Chunk | Exception | None] = asyncio.Queue()

    def hand_over(piece: Chunk | Exception | None) -> None:
        with suppress(RuntimeError):  # whoever read is gone, and the loop with it
            here.call_soon_threadsafe(pieces.put_nowait, piece)

    pumping = start(_pump(endpoint, body, seconds, hand_over))
    try:
        while (piece := await pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        pumping.cancel()


async def _pump(
    endpoint: Endpoint, body: Mapping[str, Any], seconds: float, hand_over: Callable[[Any], None]
) -> None:
    """Read a stream to its end, on this process's loop, and hand over each piece, or how it failed, and None."""
    try:
        async with asyncio.timeout(seconds):
            await _read_stream(endpoint, body, hand_over)
    except Exception as error:  # noqa: BLE001 - it is raised where it is read
        hand_over(_failure_of(error))
    finally:
        hand_over(None)


async def _read_stream(endpoint: Endpoint, body: Mapping[str, Any], hand_over: Callable[[Any], None]) -> None:
    known, extra = _split(body)
    events = await _client(endpoint).chat.completions.create(**known, stream=True, extra_body=extra)
    async with events:
        async for event in events:
            hand_over(_chunk(event))


def _chunk(event: "ChatCompletionChunk") -> Chunk:
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


async def send_batch(endpoint: Endpoint, lines: bytes, *, job: str, seconds: float) -> tuple[str, str]:
    """Hand a file of requests to a provider; return what it calls the file and the batch.

    :param lines: a request of chat completions for each line, as JSON
    :param job: told with the batch, to be told back
    :raises Failed: it did not take it
    """

    async def send() -> tuple[str, str]:
        client = _client(endpoint)
        kept = await client.files.create(file=("questions.jsonl", lines), purpose="batch")
        opened = await client.batches.create(
            input_file_id=kept.id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={"job": job},
        )
        return kept.id, opened.id

    return await _within(seconds, send())


async def batch_state(endpoint: Endpoint, batch_id: str, *, seconds: float) -> tuple[str, tuple[str, ...]]:
    """How a batch stands, in the provider's word, and the files of its answers and errors.

    :raises Failed: it did not tell
    """

    async def look() -> tuple[str, tuple[str, ...]]:
        batch = await _client(endpoint).batches.retrieve(batch_id)
        return batch.status, tuple(filter(None, (batch.output_file_id, batch.error_file_id)))

    return await _within(seconds, look())


async def file_lines(endpoint: Endpoint, file_id: str, *, seconds: float) -> list[str]:
    """The lines of a file that a provider keeps.

    :raises Failed: it did not come, or not whole
    """

    async def fetch() -> list[str]:
        content = await _client(endpoint).files.content(file_id)
        return [line for line in content.text.split("\n") if line.strip()]

    return await _within(seconds, fetch())


async def remove_files(endpoint: Endpoint, file_ids: Sequence[str], *, seconds: float) -> None:
    """Have a provider forget files.

    :raises Failed: it did not
    """

    async def remove() -> None:
        for file_id in file_ids:
            await _client(endpoint).files.delete(file_id)

    await _within(seconds, remove())


async def _within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` returns.

    :raises Failed: it came to nothing
    """
    try:
        async with asyncio.timeout(seconds):
            return await work
    except Exception as error:  # noqa: BLE001 - what is no failure of a call is raised as it is
        raise _failure_of(error) from None


def _failure_of(error: Exception) -> Exception:
    """How a call failed, whoever noticed; what is no failure of a call stays what it is."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415

    if isinstance(error, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException):
        return Failed(Outcome.TIMED_OUT, is_free=False)
    if isinstance(error, openai.APIStatusError):
        return _told(error)
    if isinstance(error, openai.APIConnectionError | httpx2.RequestError):
        return _broken(error)
    if isinstance(error, openai.APIError | ValueError | AttributeError | TypeError):
        return Failed(Outcome.CUT, is_free=False)  # an error among the events, or no events at all
    return error


async def list_models(endpoint: Endpoint, *, seconds: float) -> dict[str, date | None]:
    """The models that a provider serves, each with the day of its shutdown where the provider tells it.

    :raises Failed: there is no answer
    """
    raw = await _ask(endpoint, lambda client: client.models.with_raw_response.list(), seconds=seconds)
    try:
        return {model.id: model.shutdown_date for model in _ModelList.model_validate_json(raw).data}
    except ValidationError:
        raise Failed(Outcome.UNUSABLE, is_free=True) from None


async def embed(
    endpoint: Endpoint, model: str, texts: Sequence[str], *, dimensions: int, seconds: float
) -> tuple[list[list[float]], Tokens | None]:
    """The vectors of texts, in their order, and what the provider read.

    :raises Failed: there is no answer, or not a vector of ``dimensions`` for each text
    """
    body = {"model": model, "input": list(texts), "encoding_format": "float"}
    raw = await _post(endpoint, "embeddings", body, seconds=seconds)
    try:
        answered = _Vectors.model_validate_json(raw)
    except ValidationError:
        raise Failed(Outcome.UNUSABLE, is_free=False) from None
    in_order = [vector.embedding for vector in sorted(answered.data, key=lambda vector: vector.index)]
    if [len(vector) for vector in in_order] != [dimensions] * len(texts):
        raise Failed(Outcome.UNUSABLE, is_free=False)
    return in_order, answered.usage.tokens() if answered.usage else None


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


async def _post(endpoint: Endpoint, resource: str, body: Mapping[str, Any], *, seconds: float) -> str:
    known, extra = _split(body)

    def create(client: "AsyncOpenAI") -> Awaitable[Any]:
        door = client.chat.completions if resource == "chat.completions" else client.embeddings
        return door.with_raw_response.create(**known, extra_body=extra)

    return await _ask(endpoint, create, seconds=seconds)


async def _ask(endpoint: Endpoint, request: "Callable[[AsyncOpenAI], Awaitable[Any]]", *, seconds: float) -> str:
    """The body of an answer.

    :raises Failed: there is none
    """
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415  (2 s to import, and most processes ask nobody)

    try:
        async with asyncio.timeout(seconds):
            answered = await request(_client(endpoint))
            return str(answered.text)
    except (TimeoutError, openai.APITimeoutError):
        raise Failed(Outcome.TIMED_OUT, is_free=False) from None
    except openai.APIStatusError as error:
        raise _told(error) from None
    except (openai.APIConnectionError, httpx2.RequestError) as error:
        raise _broken(error) from None


def _split(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the SDK knows by name, and the rest."""
    known = {"model", "messages", "input", "response_format", "tools", "tool_choice", "encoding_format"}
    return {key: body[key] for key in body if key in known}, {key: body[key] for key in body if key not in known}


def _told(error: "APIStatusError") -> Failed:
    """A refusal in the provider's own words. Providers do not charge for one."""
    status = error.status_code
    after = retry_after_seconds(error.response.headers, now=time.time())
    if status == 429:
        is_broke = error.code in _NO_MONEY
        outcome = Outcome.REFUSED if is_broke else Outcome.BUSY
        return Failed(
            outcome,
            is_free=True,
            is_worth_another=not is_broke,
            is_hopeless=is_broke,
            retry_after_seconds=after,
        )
    if status >= 500 or status in (408, 409):
        return Failed(Outcome.FAILED, is_free=True, is_worth_another=True, retry_after_seconds=after)
    return Failed(Outcome.REFUSED, is_free=True, is_hopeless=status in (401, 402, 403))


def _broken(error: Exception) -> Failed:
    """A connection that could not be made costs nothing; one that broke may have been answered and charged for."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415

    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return Failed(Outcome.FAILED, is_free=True, is_worth_another=True)
    return Failed(Outcome.CUT, is_free=False)


def retry_after_seconds(headers: Mapping[str, str], *, now: float) -> float | None:
    """What ``Retry-After`` asks for, in seconds from ``now`` (as ``time.time``); None where it asks for nothing."""
    told = headers.get("retry-after-ms")
    try:
        if told:
            return max(0.0, float(told) / 1000)
        told = headers.get("retry-after") or ""
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(told or "").timestamp() - now)
    except ValueError:
        return None


def pause_seconds(attempt: int, *, asked_for: float | None) -> float:
    """How long to wait before another attempt: as asked for and a little longer, else doubling from a quarter.

    :param attempt: how many there were
    """
    base = asked_for if asked_for is not None else min(8.0, 0.125 * 2**attempt)
    return base + random.uniform(0, max(0.1, base / 2))  # noqa: S311 - so that not all come back at once


async def pause(seconds: float) -> None:
    """Let ``seconds`` pass."""
    await asyncio.sleep(seconds)


def start(work: Coroutine[Any, Any, T]) -> "Future[T]":
    """Run ``work`` on this process's loop."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on this process's loop and wait for what it returns or raises."""
    return start(work).result()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="models", daemon=True).start()
    return loop


_clients: "OrderedDict[Endpoint, AsyncOpenAI]" = OrderedDict()


def _client(endpoint: Endpoint) -> "AsyncOpenAI":
    """The SDK's client, kept with its connections. Called on the loop alone."""
    import httpx2  # noqa: PLC0415
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415

    if endpoint not in _clients:
        _clients[endpoint] = AsyncOpenAI(
            api_key=endpoint.key,
            base_url=endpoint.url,
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),  # asyncio.timeout is the deadline of the rest
            http_client=DefaultAsyncHttpxClient(follow_redirects=False),  # a key goes where it was meant to go
        )
        while len(_clients) > MOST_CLIENTS:
            _, oldest = _clients.popitem(last=False)
            asyncio.get_running_loop().create_task(oldest.close())
    _clients.move_to_end(endpoint)
    return _clients[endpoint]


def _forget_the_parents() -> None:
    """A forked worker has no thread that runs the loop, and connections that are its parent's."""
    _loop.cache_clear()
    _clients.clear()


os.register_at_fork(after_in_child=_forget_the_parents)
