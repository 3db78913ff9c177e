"""A served site, and real browsers in front of it."""

import os
import socket
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
import uvicorn
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.models import Membership
from aiqleads import celery_app
from tests.journeys.chromium import FLAGS, HOW_TO_GET_ONE, find_chromium

PASSWORD = "correct horse battery"

OpenPage = Callable[..., Page]


@pytest.fixture
def browser(site: str) -> Iterator[Browser]:
    """A Chromium. Without one the journey is skipped, except in CI, where that is a failure.

    It ends with its test, because Playwright keeps an event loop running in this thread as long as it lives.
    """
    chromium = find_chromium()
    if chromium is None and os.environ.get("CI"):
        pytest.fail(HOW_TO_GET_ONE)
    if chromium is None:
        pytest.skip(HOW_TO_GET_ONE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
        connections.close_all()  # Beside that loop, this thread has connections of its own.


@pytest.fixture
def site(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The whole ASGI application on a free port of this process; its address."""
    from aiqleads.asgi import application

    # Django would take this thread for a coroutine's while Playwright's loop runs in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    celery_app.conf.task_always_eager = True  # No worker runs here: a task runs where it is asked for.
    server = uvicorn.Server(
        uvicorn.Config(
            application, lifespan="off", log_config=None, ws="websockets-sansio", timeout_graceful_shutdown=2
        )
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)
    celery_app.conf.task_always_eager = False


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[OpenPage]:
    """Opens a browser of its own for a member, logged in through the form, or for the public.

    Whatever its scripts complain about, refusals of the content security policy included, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_for(member: Membership | None = None, **options: Any) -> Page:
        context = browser.new_context(base_url=site, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        if member:
            log_in(page, member)
        return page

    yield open_for
    for context in contexts:
        context.close()
    assert [said for said in complaints if "the server responded with a status of 4" not in said] == []


def log_in(page: Page, member: Membership) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(member.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/leads/")
