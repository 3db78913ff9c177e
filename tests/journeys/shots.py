"""Screenshots of agents' pages and of what operators see of leads and models: three widths, light and dark.

They go into ``.shots/``, and are taken of what ``make run`` serves; where nothing runs at ``--url``, this checkout
is run for the time it takes. The agent must have credits: one lead is held for the cart's picture, and one is
bought if nothing was bought before.
"""

import argparse
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from playwright.sync_api import TimeoutError as NeverAtRest

from tests.journeys.chromium import FLAGS, HOW_TO_GET_ONE, find_chromium

WIDTHS: Final = (390, 834, 1440)
HEIGHTS: Final = {390: 844, 834: 1112, 1440: 900}
TALLEST: Final = 2600
START_SECONDS: Final = 300
PATIENCE_MS: Final = 90_000
"""How long a page may take: the first search of a server loads what it searches by."""
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
PUBLIC: Final = {
    "landing": "/",
    "log-in": "/account/login/",
    "sign-up": "/account/signup/",
    "reset-password": "/account/password/reset/",
    "leads-anonymous": "/leads/",
    "terms": "/terms/",
    "sell": "/sell/",
    "sell-spanish": "/sell/?language=es",
    "find-an-agent": "/find-an-agent/",
    "check-a-proof": "/proof/",
    "privacy": "/privacy/",
    "privacy-spanish": "/privacy/?language=es",
    "privacy-sent": "/privacy/sent/",
    "privacy-data": "/privacy/data/",
    "problems": "/problems/",
    "problem": "/problems/licence_missing",
    "request-sent": "/requests/sent/",
    "link-unusable": "/requests/confirm/x/",
    "not-found": "/leads/00000000-0000-0000-0000-000000000000/",
}
MEMBERS: Final = {
    "leads": "/leads/",
    "leads-map": "/leads/?view=map",
    "leads-filtered": "/leads/?beds_min=3&sort=quality",
    "leads-bad-filter": "/leads/?zip=787",
    "leads-empty": "/leads/?q=lighthouse",
    "home": "/",
    "cart": "/cart/",
    "watchlist": "/watchlist/",
    "compare": "/compare/",
    "searches": "/searches/",
    "alerts": "/alerts/",
    "alert-choices": "/alerts/choices/",
    "crm-matches": "/crm-matches/",
    "waitlist": "/waitlist/",
    "territories": "/territories/",
    "standing-orders": "/standing-orders/?state=TX",
    "purchases": "/purchases/",
    "reports": "/reports/",
    "work-area": "/organisation/area/",
    "assignment": "/organisation/assignment/",
    "delivery": "/account/delivery/",
    "credits": "/credits/",
    "plans": "/credits/plans/",
    "plan-change": "/credits/plans/pro/",
    "payments": "/credits/payments/",
    "invoices": "/credits/invoices/",
    "billing-settings": "/credits/settings/",
    "automatic-top-up": "/credits/settings/recharge/",
    "sandbox-desk": "/sandbox-checkout/desk/",
    "account": "/account/",
    "email": "/account/email/",
    "change-password": "/account/password/change/",
    "second-factors": "/account/second-factor/",
    "sessions": "/account/sessions/",
    "keys": "/account/keys/",
    "licences": "/account/licences/",
    "own-data": "/account/data/",
    "log-ins": "/account/log-ins/",
    "organisation": "/organisation/",
    "leave-organisation": "/organisation/leave/",
}


OPERATORS: Final = {
    "operators-today": "/admin/",
    "operators-pairs": "/admin/leads/doubtfulpair/",
    "operators-scores": "/admin/leads/score/",
    "operators-scoring-models": "/admin/leads/scoringmodel/",
    "operators-routes": "/admin/ai/route/",
    "operators-route": "/admin/ai/route/set_score_lead/",
    "operators-calls": "/admin/ai/modelcall/",
    "operators-spend": "/admin/ai/spend/",
    "operators-batches": "/admin/ai/batchjob/",
    "operators-vector-recipes": "/admin/leads/vectorrecipe/",
    "operators-privacy-requests": "/admin/accounts/privacyrequest/",
    "operators-licences": "/admin/accounts/licence/",
    "operators-suppressions": "/admin/accounts/suppression/",
    "operators-deletion-lists": "/admin/accounts/deletionlist/",
    "operators-erasures": "/admin/accounts/erasure/",
    "operators-trail": "/admin/core/auditentry/",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where the server is, who looks, and where the pictures go."""

    url: str
    email: str
    operator_email: str
    password: str
    folder: Path


def is_served(url: str) -> bool:
    """Whether a server answers at ``url``."""
    try:
        return httpx.get(url, timeout=10).is_success
    except httpx.TransportError:
        return False


@contextmanager
def served(url: str) -> Iterator[None]:
    """Have a server at ``url``: the one that runs there, or this checkout's own for the time of the ``with``.

    :raises TimeoutError | ChildProcessError: it did not come up; its own output says why
    """
    if is_served(url):
        yield
        return
    address = httpx.URL(url)
    command = [
        sys.executable,
        "-m",
        "aiqleads.embedded",
        "run",
        "--host",
        address.host,
        "--port",
        str(address.port),
    ]
    run = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_served(url):
            if run.poll() is not None:
                raise ChildProcessError("the run ended before it answered")
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing answered at {url} within {START_SECONDS} s")
            time.sleep(0.5)
        yield
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait()


def log_in(page: Page, visit: Visit, *, email: str) -> None:
    """Log somebody in through the form."""
    page.goto(f"{visit.url}/account/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", visit.password)
    page.click("main form button")
    page.wait_for_url(re.compile("/leads/|/second-factor/"))
    if "/second-factor/" in page.url:
        page.fill("input[name=otp]", demo_code(email))
        page.click("main form button")
        page.wait_for_url(f"{visit.url}/leads/**")


def demo_code(email: str) -> str:
    """What the app of a demo's log-in shows now, as the command tells it beside the log-in."""
    told = subprocess.run([sys.executable, "manage.py", "demo_logins"], capture_output=True, text=True, check=True)
    line = next(line for line in told.stdout.splitlines() if line.startswith(email))
    found = re.search(r"code: (\d{6})", line)
    return found[1] if found else ""


def hold_one(page: Page, visit: Visit) -> None:
    """Hold the first lead that is free and was not held by this agent a moment ago."""
    page.goto(f"{visit.url}/leads/?sort=price")
    buttons = page.locator("form[action$='/hold/'] button")
    for refused in range(buttons.count()):
        buttons.nth(refused).click()
        page.locator(".lead.is-yours, .lead .notice").nth(refused).wait_for()
        if page.locator(".lead.is-yours").count():
            return
    raise LookupError("no lead is free to be held")


def prepare(context: BrowserContext, visit: Visit) -> dict[str, str]:
    """Bring the agent's pages to life; returns the pages whose address depends on what is there."""
    page = context.new_page()
    log_in(page, visit, email=visit.email)
    page.goto(f"{visit.url}/purchases/")
    if page.locator("a[href^='/purchases/']").count() < 2:
        hold_one(page, visit)
        page.goto(f"{visit.url}/cart/")
        page.click("form[action$='/checkout/'] button")
        page.wait_for_url(f"{visit.url}/purchases/**")
    page.goto(f"{visit.url}/cart/")
    if not page.locator("form[action$='/checkout/']").count():
        hold_one(page, visit)
    page.goto(f"{visit.url}/purchases/")
    purchase = page.locator("ol.leads a[href^='/purchases/']").first.get_attribute("href") or ""
    page.goto(f"{visit.url}/leads/?sort=quality")
    lead = page.locator("ol.leads .card-title a").first.get_attribute("href") or ""
    page.close()
    proof = lead.replace("/leads/", "/proof/")
    return {"purchase": purchase, "return": f"{purchase}return/", "lead": lead, "proof": proof}


def prepare_operator(context: BrowserContext, visit: Visit) -> dict[str, str]:
    """Log the operator in; returns the pages of the newest lead and of its score."""
    page = context.new_page()
    log_in(page, visit, email=visit.operator_email)
    page.goto(f"{visit.url}/admin/leads/lead/")
    lead = page.locator("#result_list tbody a[href*='/change/']").first.get_attribute("href") or ""
    page.goto(f"{visit.url}{lead}")
    replay = page.locator("a[href$='/replay/']").first.get_attribute("href") or ""
    page.close()
    return {"operators-lead": lead.partition("?")[0], "operators-replay": replay}


def shoot(context: BrowserContext, visit: Visit, pages: dict[str, str], suffix: str) -> Iterator[Path]:
    """One picture each, of the whole page up to ``TALLEST``. A page wider than its window is reported."""
    page = context.new_page()
    size = _window(page)
    for name, address in pages.items():
        page.set_viewport_size(size)
        page.goto(f"{visit.url}{address}")
        _let_settle(page, name)
        target = visit.folder / f"{name}-{suffix}.png"
        _grow(page)
        page.screenshot(path=target)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            sys.stderr.write(f"{target.name}: {overflow} px wider than the window\n")
        yield target
    page.close()


def _let_settle(page: Page, name: str) -> None:
    """Wait until a page asks for nothing more; one that never ends to is reported, and shown as it is by then."""
    try:
        page.wait_for_load_state("networkidle", timeout=PATIENCE_MS)
    except NeverAtRest:
        sys.stderr.write(f"{name}: still asks for more after {PATIENCE_MS // 1000} s\n")


def _window(page: Page) -> ViewportSize:
    size = page.viewport_size
    if size is None:
        raise ValueError("every context here has a window of a given size")
    return size


def _grow(page: Page) -> None:
    """Make the window as tall as the page, so that what sticks to its edges is drawn where it belongs."""
    size = _window(page)
    wanted = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(wanted, TALLEST))})


def _patient(browser: Browser, **options: Any) -> BrowserContext:
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context


def shoot_everything(browser: Browser, visit: Visit, only: str) -> int:
    """All pages in all widths and schemes; returns how many pictures were written."""
    visit.folder.mkdir(parents=True, exist_ok=True)
    signed_in, operator = _patient(browser), _patient(browser)
    members = {**MEMBERS, **prepare(signed_in, visit)}
    operators = {**OPERATORS, **prepare_operator(operator, visit)}
    state, operator_state = signed_in.storage_state(), operator.storage_state()
    written = 0
    for width, scheme in product(WIDTHS, SCHEMES):
        for pages, storage in ((PUBLIC, None), (members, state), (operators, operator_state)):
            wanted = {name: address for name, address in pages.items() if re.search(only, name)}
            size: ViewportSize = {"width": width, "height": HEIGHTS[width]}
            context = _patient(browser, viewport=size, color_scheme=scheme, storage_state=storage)
            written += sum(1 for _ in shoot(context, visit, wanted, f"{width}-{scheme}"))
            context.close()
    return written


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make shots", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--email", default="alice@example.com")
    parser.add_argument("--operator", default="olga@example.com")
    parser.add_argument("--password", default="open house demo")
    parser.add_argument("--folder", type=Path, default=Path(".shots"))
    parser.add_argument("--only", default="", help="a pattern that a page's name must hold")
    options = parser.parse_args(arguments)
    chromium = find_chromium()
    if chromium is None:
        sys.stderr.write(f"{HOW_TO_GET_ONE}\n")
        return 1
    visit = Visit(
        url=options.url,
        email=options.email,
        operator_email=options.operator,
        password=options.password,
        folder=options.folder,
    )
    with served(options.url), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        written = shoot_everything(browser, visit, options.only)
    sys.stdout.write(f"{written} pictures in {options.folder}/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
