"""A real server and a real browser for the journeys."""

import os
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.chromium import FLAGS, HOW_TO_GET_ONE, find_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one the journeys are skipped, but in CI they fail."""
    path = find_chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW_TO_GET_ONE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def site(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The whole site over ASGI on loopback; events are delivered as soon as they are committed."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver keeps an event loop on this thread
    from aiqleads.asgi import application
    from aiqleads.celery import app

    app.conf.task_always_eager = True
    server = uvicorn.Server(
        uvicorn.Config(application, port=0, log_config=None, lifespan="off", ws="websockets-sansio")
    )
    started = threading.Event()
    thread = threading.Thread(target=_serve, args=(server, started), daemon=True)
    thread.start()
    assert started.wait(timeout=20)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    app.conf.task_always_eager = False
    server.should_exit = True
    thread.join(timeout=10)


def _serve(server: uvicorn.Server, started: threading.Event) -> None:
    """Run the server, and say when its socket listens."""
    import asyncio

    async def run() -> None:
        task = asyncio.create_task(server.serve())
        while not server.started and not task.done():
            await asyncio.sleep(0.02)
        started.set()
        await task

    asyncio.run(run())
