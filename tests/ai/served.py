"""The shipped stand-in for the providers of models, answering over loopback for as long as a test asks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ai.sandbox import ModelSandbox
from scraping.demo.server import HOST, listen, running


@dataclass(frozen=True)
class Models:
    """The stand-in, and where it answers. ``sandbox.tell`` has it fail, ``sandbox.wire`` is what it was sent."""

    sandbox: ModelSandbox
    url: str

    def base_url(self, provider: str) -> str:
        """Where this provider's SDK is pointed at."""
        return f"{self.url}/{provider}/v1"


@contextmanager
def models_served() -> Iterator[Models]:
    """The stand-in on a port of its own."""
    sandbox = ModelSandbox()
    with listen(0) as listening, running(sandbox.app(), [listening]):
        yield Models(sandbox, f"http://{HOST}:{listening.getsockname()[1]}")
