"""A served site, and real browsers in front of it."""

import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest
import uvicorn
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import Membership, User
from aiqleads import celery_app
from tests.conftest import log_in as proven_browser
from tests.journeys.chromium import FLAGS, HOW_TO_GET_ONE, find_chromium

PASSWORD = "correct horse battery"
PATIENCE_MS = 60_000
"""How long a page may take on a machine that has much else to do; how fast it is, the benchmarks measure."""

expect.set_options(timeout=PATIENCE_MS)

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for a module's journeys. Without one they are skipped, except in CI, where that is a failure.

    Playwright keeps an event loop running in this thread as long as it lives: Django would take the thread for a
    coroutine's, and no test with a loop of its own may come in between.
    """
    chromium = find_chromium()
    if chromium is None and os.environ.get("CI"):
        pytest.fail(HOW_TO_GET_ONE)
    if chromium is None:
        pytest.skip(HOW_TO_GET_ONE)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
        connections.close_all()  # Beside that loop, this thread has connections of its own.


@pytest.fixture
def site(browser: Browser, transactional_db: None) -> Iterator[str]:
    """The whole ASGI application on a free port of this process; its address."""
    from aiqleads.asgi import application

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
    """Opens a browser of its own for a member, who is logged in, or for the public.

    Whatever its scripts complain about, refusals of the content security policy included, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_for(member: Membership | None = None, **options: Any) -> Page:
        context = browser.new_context(base_url=site, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        if member:
            log_in_beside_the_form(page, member.user, site)
        return page

    yield open_for
    for context in contexts:
        context.close()
    assert [said for said in complaints if "the server responded with a status of 4" not in said] == []


def log_in_beside_the_form(page: Page, user: User, site: str) -> None:
    """Bring the cookie along, which saves three pages; who tests the form itself calls ``log_in``."""
    cookies = elsewhere(lambda: proven_browser(Client(), user).cookies)
    page.context.add_cookies([{"name": "sessionid", "value": cookies["sessionid"].value, "url": f"{site}/"}])


def log_in(page: Page, member: Membership) -> None:
    page.goto("/account/login/")
    page.get_by_label("E-mail").fill(member.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/leads/")


def elsewhere(work: Callable[[], Any]) -> Any:
    """Work as another process would; this thread runs Playwright's loop, in which nothing can be broadcast."""

    def work_alone() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as other_thread:
        return other_thread.submit(work_alone).result()
