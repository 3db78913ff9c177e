"""A checkout of nobody's, short enough for sockets and open enough for a system user, with real services."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aiqleads.embedded.places import Places


def wait_until(condition: Callable[[], object], *, seconds: float = 15) -> None:
    """Return as soon as ``condition`` holds; fail when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def new_checkout(name: str, mode: int = 0o755) -> Iterator[Places]:
    folder = Path(tempfile.mkdtemp(prefix="aiq"))
    folder.chmod(mode)
    places = Places(checkout=folder / name)
    places.checkout.mkdir()
    yield places
    for left in (folder, places.sockets, places.system_folder):
        shutil.rmtree(left, ignore_errors=True)


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    """One checkout for a module: its database cluster is made once. The space is there for a reason."""
    yield from new_checkout("lead market")


@pytest.fixture
def closed_places() -> Iterator[Places]:
    """A checkout in a folder that only its owner may enter."""
    yield from new_checkout("closed", mode=0o700)
