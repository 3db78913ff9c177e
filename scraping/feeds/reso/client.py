"""One polite request to a feed at a time: its manners, its limits, its retries, and a note of how each ended.

A redirect is never followed and no address on another host is asked: the token stays with the server it is for.
Where a server's name leads is judged at each connection (``aiqleads.core.outbound``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import monotonic
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from django.conf import settings
from protego import Protego

from aiqleads.core.outbound import JudgedConnections, certificates
from aiqleads.core.public_network import NotPublic
from scraping.feeds.errors import AnswerRefused, FeedStopped
from scraping.feeds.reso.credentials import Credentials, StaticToken, require_private
from scraping.journal import RunJournal
from scraping.readers.reso.answers import problem_of

TRIES: Final = 5
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 120.0
ANSWER_SECONDS: Final = 120.0
MOST_BYTES: Final = 24 * 1024 * 1024
BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
QUOTAS: Final = (
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
    ("hour-quota-available", "hour-quota-resettime"),
    ("minute-quota-available", "minute-quota-resettime"),
    ("application-ratelimit-remaining", "application-ratelimit-reset"),
    ("burst-ratelimit-remaining", "burst-ratelimit-reset"),
)
"""How many requests are left, and until when: seconds, or a moment in seconds or milliseconds since 1970."""
UNSAID_SECONDS: Final = 60.0

Wait = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a server is asked.

    :param user_agent: names us and a contact address
    :param delay_seconds: between two requests
    :param wait: lets seconds pass; raises ``FeedStopped`` where the run was told to stop meanwhile
    """

    user_agent: str
    delay_seconds: float
    wait: Wait


class JudgedTransport(httpx.HTTPTransport):
    """Connects to addresses of the public network alone; to this machine where the demo's sites are."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        backend = JudgedConnections(may_be_loopback=settings.CRAWL_LOOPBACK)
        self._pool = httpcore.ConnectionPool(ssl_context=certificates(), network_backend=backend)


class FeedClient:
    """Requests to one server, noted in the run's journal."""

    def __init__(self, *, base_url: str, manners: Manners, journal: RunJournal) -> None:
        require_private(base_url)
        self.base_url = base_url
        self.credentials: Credentials = StaticToken("")
        self._manners = manners
        self._journal = journal
        self._robots: Protego | None = None
        self._quota_wait_seconds = 0.0
        headers = {"User-Agent": manners.user_agent, "Accept": "application/json"}
        timeout = httpx.Timeout(30.0, read=60.0)
        self._http = httpx.Client(headers=headers, timeout=timeout, trust_env=False, transport=JudgedTransport())

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def read_robots(self) -> None:
        """Fetch robots.txt and keep it with the run; a server that cannot show its own is closed (RFC 9309).

        :raises FeedStopped: it is out of reach
        """
        status, _, body = self._try("GET", urljoin(self.base_url, "/robots.txt"), {}, None)
        if status >= 500 or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise FeedStopped(f"robots.txt answered HTTP {status}")
        text = body.decode("utf-8", "replace")[:100_000] if status == HTTPStatus.OK else ""
        self._journal.run.robots_txt = text
        self._robots = Protego.parse(text)

    def get(self, url: str, *, accept: str = "application/json") -> bytes:
        """The body at ``url``.

        :raises AnswerRefused: the server says no for good, in its own words
        :raises FeedStopped: another host, closed by robots.txt, too large, out of quota, or out of reach
        """
        self._require_ours(url)
        status, body = self._ask(url, accept)
        if status == HTTPStatus.UNAUTHORIZED and self.credentials.renew():
            status, body = self._ask(url, accept)
        if status >= 300:
            raise AnswerRefused(problem_of(body), status=status)
        return body

    def post_form(self, url: str, form: bytes, headers: Mapping[str, str]) -> bytes:
        """The answer of a token's address, which an operator recorded and may be on another host."""
        require_private(url)
        status, _, body = self._persist("POST", url, headers, form)
        if status >= 400:
            raise AnswerRefused(problem_of(body), status=status)
        return body

    def _require_ours(self, url: str) -> None:
        """The token stays with its server, whatever a next link says."""
        if urlsplit(url)[:2] != urlsplit(self.base_url)[:2]:
            raise FeedStopped(f"The server sent us on to {urlsplit(url).hostname}, which our token is not for.")
        if self._robots and not self._robots.can_fetch(url, self._manners.user_agent):
            self._journal.note_request(
                url=url, outcome="skipped", status=None, reason="forbidden by robots.txt", seconds=None
            )
            raise FeedStopped("robots.txt forbids the feed's addresses; ask its operator to let our agent in.")

    def _ask(self, url: str, accept: str) -> tuple[int, bytes]:
        token = self.credentials.token()
        headers = {"Accept": accept, **({"Authorization": f"Bearer {token}"} if token else {})}
        status, _, body = self._persist("GET", url, headers, None)
        return status, body

    def _persist(
        self, method: str, url: str, headers: Mapping[str, str], form: bytes | None
    ) -> tuple[int, httpx.Headers, bytes]:
        """Ask until there is an answer that asking again would not change."""
        trouble = ""
        for attempt in range(TRIES):
            self._take_turns()
            try:
                status, told, body = self._try(method, url, headers, form)
            except httpx.TransportError as error:
                trouble, seconds = type(error).__name__, _backoff_seconds(attempt)
            else:
                self._quota_wait_seconds = _quota_seconds(told)
                if status not in BUSY and status < 500:
                    return status, told, body
                trouble, seconds = problem_of(body), _asked_seconds(told) or _backoff_seconds(attempt)
            self._wait(seconds, why=trouble)
        raise FeedStopped(f"The server did not answer after {TRIES} tries. {trouble}")

    def _take_turns(self) -> None:
        """Keep the distance between requests, and wait where the last answer said that none are left."""
        seconds, self._quota_wait_seconds = self._quota_wait_seconds, 0.0
        self._wait(max(seconds, self._manners.delay_seconds), why="Its quota of requests is used up.")

    def _wait(self, seconds: float, *, why: str) -> None:
        if seconds > LONGEST_WAIT_SECONDS:
            raise FeedStopped(f"The server wants us to wait {round(seconds / 60)} minutes. {why}")
        self._manners.wait(seconds)

    def _try(
        self, method: str, url: str, headers: Mapping[str, str], form: bytes | None
    ) -> tuple[int, httpx.Headers, bytes]:
        """One request, noted."""
        asked_at = monotonic()
        try:
            with self._http.stream(method, url, headers=dict(headers), content=form) as response:
                body = _limited(response, until=asked_at + ANSWER_SECONDS)
        except httpx.HTTPError as error:
            self._note(url, asked_at, status=None, reason=type(error).__name__)
            raise
        except NotPublic as error:
            self._note(url, asked_at, status=None, reason=str(error))
            raise FeedStopped(f"{urlsplit(url).hostname} cannot be asked: {error}.") from error
        failed = response.status_code >= 300 and not url.endswith("/robots.txt")
        self._note(url, asked_at, status=response.status_code, reason=problem_of(body) if failed else "")
        return response.status_code, response.headers, body

    def _note(self, url: str, asked_at: float, *, status: int | None, reason: str) -> None:
        outcome = "failed" if reason or status is None else "fetched"
        seconds = round(monotonic() - asked_at, 3)
        self._journal.note_request(url=url, outcome=outcome, status=status, reason=reason, seconds=seconds)


def _limited(response: httpx.Response, *, until: float) -> bytes:
    """The body, unpacked, as long as it is neither endless nor a drip."""
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise FeedStopped(f"An answer is larger than {MOST_BYTES // 1024 // 1024} MB.")
        if monotonic() > until:
            raise httpx.ReadTimeout("the answer took too long", request=response.request)
    return b"".join(chunks)


def _backoff_seconds(attempt: int) -> float:
    """Twice as long each time, and never the same for two of us."""
    return float(FIRST_WAIT_SECONDS * 2**attempt) * random.uniform(0.5, 1.5)  # noqa: S311  (spread, not secrecy)


def _asked_seconds(told: httpx.Headers) -> float:
    """``Retry-After`` in seconds or as a date; 0 where it does not say."""
    text = (told.get("retry-after") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:6])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _quota_seconds(told: httpx.Headers) -> float:
    """How long to wait before the next request, where this answer says that none is left now."""
    used_up = [until for left, until in QUOTAS if (told.get(left) or "").strip() in {"0", "0.0"}]
    return max((_seconds_until((told.get(name) or "").strip()) for name in used_up), default=0.0)


def _seconds_until(text: str) -> float:
    if not (text.isascii() and text.isdigit()):
        return UNSAID_SECONDS
    number = float(text[:15])
    moment = number / 1000 if number > 1e11 else number
    return max(0.0, moment - datetime.now(UTC).timestamp()) if moment > 1e9 else number
