"""Programs that receive webhooks, over real loopback HTTP: they keep what they got and answer as they are told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jsonschema

from tests.api.described import described


@dataclass
class Receiving:
    """One receiver: ``status`` is what it answers, ``headers`` beside it; ``got`` is what it took.

    ``until`` says when it may answer.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    body_megabytes: int = 0
    drips: bool = False
    until: Callable[[], bool] = lambda: True
    port: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def ids(self) -> list[str]:
        """The ids of the messages, in the order in which they came."""
        return [headers["webhook-id"] for headers, _ in self.got]


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's ``told`` says."""

    server: "Server"

    def do_POST(self) -> None:
        told = self.server.told
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        while not told.until() and not told.stopped.wait(0.02):
            pass
        with suppress(OSError):  # the sender hangs up
            self._drip() if told.drips else self._answer()

    def _answer(self) -> None:
        told = self.server.told
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for _ in range(told.body_megabytes):
            self.wfile.write(b"x" * 1_000_000)

    def _drip(self) -> None:
        """Send a status line a byte at a time, without end."""
        while not self.server.told.stopped.wait(0.05):
            self.wfile.write(b"H")
            self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


class Server(ThreadingHTTPServer):
    """A server that knows what it was told to answer."""

    daemon_threads = True
    told: Receiving


@contextmanager
def receiving(**how: Any) -> Iterator[Receiving]:
    """A receiver that answers ``how``, for as long as this lasts."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.told = Receiving(port=server.server_address[1], **how)
        serve = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        serve.start()
        try:
            yield server.told
        finally:
            server.told.stopped.set()
            server.shutdown()
    for headers, body in server.told.got:
        if "webhook-id" in headers:
            assert_described(json.loads(body))


def assert_described(message: dict[str, Any]) -> None:
    """Check that a message is what the API's document says that webhooks are sent."""
    document = described()
    content = document["webhooks"][message["type"]]["post"]["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}
    jsonschema.validate(message, schema, format_checker=jsonschema.FormatChecker())
