"""One attempt at a provider over HTTP: what came back, or how it failed and whether it may have cost something.

Nothing is tried twice here: ``ai.asking`` is the layer that does.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar

from ai.clients import client, start
from ai.failures import Failed, failure_of
from ai.models import ModelCall
from ai.providers import Endpoint
from ai.said import Chunk, Said, Tokens, read_chunk, read_completion, read_models, read_vectors

T = TypeVar("T")
Outcome = ModelCall.Outcome


async def complete(endpoint: Endpoint, body: Mapping[str, Any], *, seconds: float) -> Said:
    """Ask for one completion.

    :param body: of the request, as the protocol has it
    :param seconds: until the last byte
    :raises Failed: there is no answer
    """
    return read_completion(await _post(endpoint, "/chat/completions", body, seconds=seconds))


async def embed(
    endpoint: Endpoint, model: str, texts: Sequence[str], *, dimensions: int, seconds: float
) -> tuple[list[list[float]], Tokens | None]:
    """The vectors of texts, in their order, and what the provider read.

    :raises Failed: there is no answer, or not a vector of ``dimensions`` for each text
    """
    body = {"model": model, "input": list(texts), "encoding_format": "float"}
    raw = await _post(endpoint, "/embeddings", body, seconds=seconds)
    vectors = read_vectors(raw, count=len(texts), dimensions=dimensions)
    if vectors is None:
        raise Failed(Outcome.UNUSABLE, is_free=False)
    return vectors


async def list_models(endpoint: Endpoint, *, seconds: float) -> dict[str, date | None]:
    """The models that a provider serves, each with the day of its shutdown where the provider tells it.

    :raises Failed: there is no answer
    """
    import httpx2  # noqa: PLC0415

    answered = await within(seconds, client(endpoint).get("/models", cast_to=httpx2.Response))
    models = read_models(answered.text)
    if models is None:
        raise Failed(Outcome.UNUSABLE, is_free=True)
    return models


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
        hand_over(failure_of(error))
    finally:
        hand_over(None)


async def _read_stream(endpoint: Endpoint, body: Mapping[str, Any], hand_over: Callable[[Any], None]) -> None:
    known, extra = _split(body)
    events = await client(endpoint).chat.completions.create(**known, stream=True, extra_body=extra)
    async with events:
        async for event in events:
            hand_over(read_chunk(event))


def _split(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the SDK knows by name, and the rest."""
    known = {"model", "messages", "input", "response_format", "tools", "tool_choice", "encoding_format"}
    return {key: body[key] for key in body if key in known}, {key: body[key] for key in body if key not in known}


async def _post(endpoint: Endpoint, path: str, body: Mapping[str, Any], *, seconds: float) -> str:
    """The body of an answer. The request is sent as it is: its walk through the SDK's types took a third of a call.

    :raises Failed: there is none
    """
    import httpx2  # noqa: PLC0415

    answered = await within(seconds, client(endpoint).post(path, cast_to=httpx2.Response, body=body))
    return answered.text


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` returns.

    :raises Failed: it came to nothing
    """
    try:
        async with asyncio.timeout(seconds):
            return await work
    except Exception as error:  # noqa: BLE001 - what is no failure of a call is raised as it is
        raise failure_of(error) from None
