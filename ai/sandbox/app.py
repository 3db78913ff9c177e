"""The stand-in's HTTP doors: chat, embeddings and models for each provider, and the control plane.

    POST /{provider}/v1/chat/completions      GET /{provider}/v1/models      POST /{provider}/v1/embeddings
    POST /{provider}/v1/files                 GET /{provider}/v1/files/{id}/content
    POST /{provider}/v1/batches               GET /{provider}/v1/batches/{id}
    POST /control                             one behaviour, see ``control.Behaviour``
    DELETE /control                           answer well again and forget what was sent
    GET  /control/wire                        what was sent, oldest first

``/v1/…`` without a provider is OpenAI's.
"""

import asyncio
import itertools
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ai.sandbox import answers, completions, demands
from ai.sandbox.completions import Said, Usage
from ai.sandbox.control import Behaviour, Control, Does
from ai.sandbox.demands import Demand, Refused
from ai.sandbox.desk import Desk
from ai.sandbox.dialects import DIALECTS, Dialect

MOST_KEPT: Final = 5_000
REMEMBERED_PROMPTS: Final = 16
_PAGE: Final = "<!doctype html><html><head><title>Bad gateway</title></head><body>Bad gateway</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request, as it came over the wire."""

    provider: str
    route: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        """The body, where it is JSON, else None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """All of it as text, with and without what JSON escapes."""
        raw = self.body.decode("utf-8", "replace")
        plain = raw if self.told is None else json.dumps(self.told, ensure_ascii=False)
        return "\n".join((self.path, str(dict(self.headers)), raw, plain))


class ModelSandbox:
    """Providers of models that know none, with what they answer and what they were sent."""

    def __init__(self) -> None:
        self.control = Control()
        self.sent: deque[Sent] = deque(maxlen=MOST_KEPT)
        self.at_once: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        """How many calls each provider was ever answering at the same time."""
        self._prompts: dict[str, deque[str]] = {}
        self._desks: dict[str, Desk] = {}
        self._numbers = itertools.count(1)

    def tell(self, does: Does | str = Does.WELL, **how: Any) -> None:
        """Answer so from now on, or the next ``calls``; see ``control.Behaviour``."""
        self.control.tell(Behaviour(does=Does(does), **how))

    def forget(self) -> None:
        """Answer well again, having been sent nothing."""
        self.control.forget()
        self.sent.clear()
        self.most_at_once.clear()
        self._prompts.clear()
        self._desks.clear()

    @property
    def wire(self) -> str:
        """Everything that was sent, as one text to look for things in."""
        return "\n".join(one.text for one in list(self.sent))

    def app(self) -> Starlette:
        """The services and their control plane."""
        doors: list[tuple[str, str, str, Callable[[_Call], Awaitable[Response]]]] = [
            ("POST", "chat/completions", "chat", self._chat),
            ("POST", "embeddings", "embeddings", self._embeddings),
            ("GET", "models", "models", self._models),
            ("POST", "files", "files", self._upload),
            ("GET", "files/{id}/content", "files", self._content),
            ("DELETE", "files/{id}", "files", self._remove),
            ("POST", "batches", "batches", self._open),
            ("GET", "batches/{id}", "batches", self._look),
            ("POST", "batches/{id}/cancel", "batches", self._cancel),
        ]
        return Starlette(
            routes=[
                Route("/control", self._told, methods=["POST"]),
                Route("/control", self._forgets, methods=["DELETE"]),
                Route("/control/wire", self._shows, methods=["GET"]),
                *(
                    Route(f"{start}/v1/{path}", self._door(route, answer), methods=[method])
                    for start in ("/{provider}", "")
                    for method, path, route, answer in doors
                ),
            ]
        )

    def _door(self, route: str, answer: "Callable[[_Call], Awaitable[Response]]") -> Any:
        async def opened(request: Request) -> Response:
            provider = request.path_params.get("provider", "openai")
            if provider not in DIALECTS:
                return Response(status_code=404)
            body = await request.body()
            headers = dict(request.headers)
            self.sent.append(
                Sent(provider=provider, route=route, path=str(request.url), headers=headers, body=body)
            )
            call = _Call(
                provider=provider,
                dialect=DIALECTS[provider],
                headers=headers,
                body=body,
                id=request.path_params.get("id", ""),
                behaviour=self.control.next(provider, route),
            )
            return await self._answered(call, answer)

        return opened

    async def _answered(self, call: "_Call", answer: "Callable[[_Call], Awaitable[Response]]") -> Response:
        """What the behaviour says instead of an answer, or the answer."""
        self.at_once[call.provider] += 1
        self.most_at_once[call.provider] = max(self.most_at_once[call.provider], self.at_once[call.provider])
        try:
            await asyncio.sleep(call.behaviour.seconds)
            if not call.headers.get("authorization", "").removeprefix("Bearer").strip():
                return _refused(Refused(401, "You didn't provide an API key.", code="invalid_api_key"))
            return failure(call.behaviour) or await answer(call)
        except Refused as refused:
            return _refused(refused)
        finally:
            self.at_once[call.provider] -= 1

    async def _chat(self, call: "_Call") -> Response:
        demand = demands.chat(call.body, call.dialect)
        said = self.say(demand, call.behaviour, call.dialect)
        if demand.is_streamed:
            usage = self._usage(demand, said, call.provider)
            told = usage if demand.wants_usage else None
            parts = completions.chunks(said, number=next(self._numbers), model=demand.model, usage=told)
            return _Streamed([_event(part) for part in parts], call.behaviour)
        return _bent(self._completion(demand, said, call.provider), call.behaviour)

    def _completion(self, demand: Demand, said: Said, provider: str) -> dict[str, Any]:
        usage = self._usage(demand, said, provider)
        return completions.completion(said, number=next(self._numbers), model=demand.model, usage=usage)

    def say(self, demand: Demand, behaviour: Behaviour, dialect: Dialect) -> Said:
        """What the model says to a demand, well or as the behaviour has it."""
        bend = _BENT.get(behaviour.does)
        well = _well(demand, obeys=behaviour.does == Does.OBEYS)
        said = bend(well, behaviour, dialect) if bend else well
        return said.within(demand.most_tokens)

    def _usage(self, demand: Demand, said: Said, provider: str) -> dict[str, Any]:
        earlier = self._prompts.setdefault(f"{provider}/{demand.model}", deque(maxlen=REMEMBERED_PROMPTS))
        cached = completions.cached_tokens(demand.prompt, earlier)
        earlier.append(demand.prompt)
        spent = Usage(prompt=completions.tokens(demand.prompt), completion=said.tokens, cached=cached)
        return spent.body(provider=provider)

    async def _embeddings(self, call: "_Call") -> Response:
        return _bent(self._vectors(call.body, call.dialect), call.behaviour)

    def _vectors(self, body: bytes, dialect: Dialect) -> dict[str, Any]:
        asked = demands.embedding(body, dialect)
        return completions.embedding_list(
            asked.texts, model=asked.model, dimensions=asked.dimensions, as_base64=asked.as_base64
        )

    async def _models(self, call: "_Call") -> Response:
        served = [{"id": model, "object": "model", "owned_by": call.provider} for model in call.dialect.models]
        return _bent({"object": "list", "data": served}, call.behaviour)

    async def _upload(self, call: "_Call") -> Response:
        return JSONResponse(self._desk(call).upload(call.body, call.headers.get("content-type", "")))

    async def _content(self, call: "_Call") -> Response:
        content = self._desk(call).content(call.id)
        if call.behaviour.does == Does.CUT:
            return _Cut(content[: len(content) // 2], promised=len(content))
        return Response(content, media_type="application/octet-stream")

    async def _remove(self, call: "_Call") -> Response:
        return JSONResponse(self._desk(call).remove(call.id))

    async def _open(self, call: "_Call") -> Response:
        return JSONResponse(self._desk(call).open(demands.body_of(call.body), call.behaviour))

    async def _look(self, call: "_Call") -> Response:
        return JSONResponse(self._desk(call).look(call.id, call.behaviour))

    async def _cancel(self, call: "_Call") -> Response:
        return JSONResponse(self._desk(call).cancel(call.id))

    def _desk(self, call: "_Call") -> Desk:
        """The provider's files and batches.

        :raises Refused: it has none
        """
        if not call.dialect.has_batches:
            raise Refused(404, "Not Found", code="not_found")
        if call.provider not in self._desks:
            self._desks[call.provider] = Desk(partial(self._line, call.provider))
        return self._desks[call.provider]

    def _line(self, provider: str, route: str, told: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """The answer to one line of a batch: a status and a body."""
        behaviour, dialect = self.control.next(provider, route), DIALECTS[provider]
        if failed := _FAILURES.get(behaviour.does):
            return failed[0], completions.refusal(failed[0], failed[1], code=failed[2])
        body = json.dumps(told).encode()
        try:
            if route == "embeddings":
                return 200, self._vectors(body, dialect)
            demand = demands.chat(body, dialect)
            return 200, self._completion(demand, self.say(demand, behaviour, dialect), provider)
        except Refused as refused:
            return refused.status, completions.refusal(refused.status, refused.message, code=refused.code)

    async def _told(self, request: Request) -> Response:
        try:
            self.control.tell(Behaviour.told(await request.json()))
        except ValueError as error:
            return JSONResponse({"detail": str(error)}, status_code=422)
        return Response(status_code=204)

    async def _forgets(self, request: Request) -> Response:
        self.forget()
        return Response(status_code=204)

    async def _shows(self, request: Request) -> Response:
        return JSONResponse(
            [
                {"provider": one.provider, "route": one.route, "body": one.body.decode("utf-8", "replace")}
                for one in list(self.sent)
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One call, and how it is to be answered."""

    provider: str
    dialect: Dialect
    headers: Mapping[str, str]
    body: bytes
    id: str
    behaviour: Behaviour


def failure(behaviour: Behaviour) -> Response | None:
    """The answer of a provider that does not answer, or None where it does."""
    if behaviour.does == Does.HANGS_UP:
        return _Cut(b"", promised=1)
    if behaviour.does == Does.PROXY:
        return Response(_PAGE, status_code=502, media_type="text/html")
    if behaviour.does == Does.HTML:
        return Response(_PAGE, media_type="text/html")
    if told := _FAILURES.get(behaviour.does):
        waits = {"Retry-After": f"{behaviour.retry_after_seconds:g}"} if behaviour.does == Does.LIMITED else {}
        return _refused(Refused(*told), headers=waits)
    return None


_FAILURES: Final[dict[Does, tuple[int, str, str | None]]] = {
    Does.LIMITED: (429, "Rate limit reached for requests. Please try again later.", "rate_limit_exceeded"),
    Does.BROKE: (429, "You exceeded your current quota, please check your plan.", "insufficient_quota"),
    Does.UNAUTHORISED: (401, "Incorrect API key provided.", "invalid_api_key"),
    Does.GONE: (404, "The model has been deprecated.", "model_not_found"),
    Does.BROKEN: (500, "The server had an error while processing your request.", None),
    Does.OVERLOADED: (503, "That model is currently overloaded with other requests.", None),
    Does.REFUSED_REQUEST: (400, "Unsupported value in the request.", "unsupported_value"),
}


def _refused(refused: Refused, *, headers: Mapping[str, str] | None = None) -> Response:
    told = completions.refusal(refused.status, refused.message, code=refused.code)
    return JSONResponse(told, status_code=refused.status, headers=dict(headers or {}))


def _well(demand: Demand, *, obeys: bool) -> Said:
    if demand.tool is not None:
        name, schema = demand.tool
        return Said(tool_calls=((name, answers.reply(schema, demand.matter, obeys=obeys)),), finish="tool_calls")
    if demand.schema is not None:
        told = answers.reply(demand.schema, demand.matter, obeys=obeys)
        return Said(content=json.dumps(told, ensure_ascii=False))
    return Said(content=answers.spoken(demand.matter, obeys=obeys))


def _with_words(said: Said, content: str) -> Said:
    """The same kind of answer with other words: a tool's arguments are words too."""
    if said.tool_calls:
        return Said(tool_calls=((said.tool_calls[0][0], content),), finish=said.finish)
    return Said(content=content)


def _half(said: Said) -> Said:
    whole = json.dumps(said.tool_calls[0][1]) if said.tool_calls else said.content or ""
    half = _with_words(said, whole[: max(1, len(whole) // 2)])
    return Said(content=half.content, tool_calls=half.tool_calls, finish="length")


def _spelt(said: Said) -> str:
    return json.dumps(said.tool_calls[0][1]) if said.tool_calls else said.content or ""


_BENT: Final[dict[Does, Callable[[Said, Behaviour, Dialect], Said]]] = {
    Does.WRONG_JSON: lambda said, how, dialect: _with_words(
        said, '{"verdict": ["something else"], "score": "high"}'
    ),
    Does.NOT_JSON: lambda said, how, dialect: _with_words(said, "Certainly! Here is what I found in the text."),
    Does.FENCED: lambda said, how, dialect: _with_words(said, f"Here it is:\n```json\n{_spelt(said)}\n```"),
    Does.EMPTY: lambda said, how, dialect: Said(content=dialect.blank),
    Does.SHORT: lambda said, how, dialect: _half(said),
    Does.REFUSES: lambda said, how, dialect: Said(refusal="I'm sorry, I can't help with that."),
    Does.FILTERED: lambda said, how, dialect: Said(content=None, finish="content_filter"),
    Does.SAYS: lambda said, how, dialect: _with_words(said, how.text),
    Does.CALLS: lambda said, how, dialect: Said(tool_calls=how.tool_calls, finish="tool_calls"),
}


def _bent(body: dict[str, Any], behaviour: Behaviour) -> Response:
    """A whole body, or what is left of it."""
    if behaviour.does == Does.NO_CHOICES:
        body = {**body, "choices": []}
    if behaviour.does == Does.NO_USAGE:
        body = {name: value for name, value in body.items() if name != "usage"}
    whole = json.dumps(body, ensure_ascii=False).encode()
    if behaviour.does == Does.CUT:
        return _Cut(whole[: len(whole) // 2], promised=len(whole))
    return Response(whole, media_type="application/json")


def _event(part: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(part, ensure_ascii=False)}\n\n".encode()


class _Cut(Response):
    """Promises more than it sends: the server ends the connection of whoever returns without having sent it all."""

    def __init__(self, part: bytes, *, promised: int) -> None:
        super().__init__()
        self.part = part
        self.promised = promised

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", str(self.promised).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.part, "more_body": True})


class _Streamed(Response):
    """Sends events one by one, or only the first half of them."""

    def __init__(self, events: list[bytes], behaviour: Behaviour) -> None:
        super().__init__()
        self.is_cut = behaviour.does == Does.CUT
        self.events = events[: max(1, len(events) // 2)] if self.is_cut else [*events, b"data: [DONE]\n\n"]
        self.between_seconds = behaviour.between_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for event in self._paced():
            await send({"type": "http.response.body", "body": event, "more_body": True})
        if not self.is_cut:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _paced(self) -> AsyncIterator[bytes]:
        for event in self.events:
            yield event
            await asyncio.sleep(self.between_seconds)
