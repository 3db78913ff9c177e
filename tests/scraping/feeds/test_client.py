"""One request at a time: manners, limits and retries, against a small server; nothing waits in earnest."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from scraping.demo.server import HOST, listen, running
from scraping.feeds.errors import AnswerRefused, FeedStopped
from scraping.feeds.reso.client import MOST_BYTES, FeedClient, Manners
from scraping.feeds.reso.credentials import ClientCredentials, StaticToken
from tests.resolving import Resolver

Answer = tuple[int, dict[str, str], bytes]


class Notes:
    """Stands where the run's journal does, without a database."""

    def __init__(self) -> None:
        self.run = SimpleNamespace(robots_txt="")
        self.noted: list[dict[str, Any]] = []

    def note_request(self, **facts: Any) -> None:
        self.noted.append(facts)


class Talk:
    """A server that answers as it is told, in order; what it was asked, and how long we would have waited."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[Request] = []
        self.waited: list[float] = []
        self.notes = Notes()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(Request(scope))
        status, headers, body = self.answers.pop(0)
        await Response(body, status_code=status, headers=headers)(scope, receive, send)


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, Callable[[Talk], None]]]:
    current: list[Talk] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await current[-1](scope, receive, send)

    with listen(0) as listening, running(app, [listening]):
        yield f"http://{HOST}:{listening.getsockname()[1]}/odata", current.append


@pytest.fixture
def talk(address: tuple[str, Callable[[Talk], None]]) -> Talk:
    made = Talk()
    address[1](made)
    return made


@pytest.fixture
def client(address: tuple[str, Callable[[Talk], None]], talk: Talk) -> Iterator[FeedClient]:
    manners = Manners(user_agent="AIQLeads/1.0", delay_seconds=0.5, wait=talk.waited.append)
    made = FeedClient(base_url=address[0], manners=manners, journal=talk.notes)  # type: ignore[arg-type]
    made.credentials = StaticToken("secret-token")
    yield made
    made.close()


FINE: Answer = (200, {}, b"{}")


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"Retry-After": "in 90 seconds, as a date"}, 10, 90),
        ({"Retry-After": "soon"}, 0.5, 1.5),
        ({}, 0.5, 1.5),
    ],
)
def test_a_busy_server_is_given_the_time_it_asks_for(talk, client, headers, least, most):
    if "date" in headers.get("Retry-After", ""):
        headers = {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=90))}
    talk.answers = [(429, headers, b"busy"), FINE]

    assert client.get(f"{client.base_url}/Property") == b"{}"

    before, asked_for, between = talk.waited
    assert (before, between) == (0.5, 0.5)
    assert least <= asked_for <= most
    assert [note["outcome"] for note in talk.notes.noted] == ["failed", "fetched"]


def test_a_broken_server_is_asked_less_and_less_often_and_then_left_alone(talk, client):
    talk.answers = [(500, {}, b'{"error": {"code": "500", "message": "Ouch"}}')] * 5

    with pytest.raises(FeedStopped, match=r"after 5 tries\. The server answered with error 500: Ouch"):
        client.get(f"{client.base_url}/Property")

    backoffs = [seconds for seconds in talk.waited if seconds != 0.5]
    assert all(2**number / 2 <= seconds <= 2**number * 1.5 for number, seconds in enumerate(backoffs))


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, 30, 30),
        ({"Minute-Quota-Available": "0", "Minute-Quota-ResetTime": "in_40"}, 30, 40),
        ({"RateLimit-Remaining": "0"}, 60, 60),
        ({"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "30"}, 0.5, 0.5),
    ],
)
def test_a_quota_that_is_used_up_is_waited_for_before_the_next_request(talk, client, headers, least, most):
    in_40 = str(int((datetime.now(UTC).timestamp() + 40) * 1000))
    talk.answers = [(200, {name: value.replace("in_40", in_40) for name, value in headers.items()}, b"{}"), FINE]

    client.get(f"{client.base_url}/Property")
    client.get(f"{client.base_url}/Property")

    assert least <= talk.waited[-1] <= most


def test_an_hourly_quota_ends_the_run_with_how_long_it_lasts(talk, client):
    told = {"Hour-Quota-Available": "0", "Hour-Quota-ResetTime": "1800"}
    talk.answers = [(200, told, b"{}")]
    client.get(f"{client.base_url}/Property")

    with pytest.raises(FeedStopped, match="wait 30 minutes"):
        client.get(f"{client.base_url}/Property")

    assert len(talk.asked) == 1


@pytest.mark.parametrize("url", ["https://elsewhere.example.com/Property", "http://127.0.0.1:9/odata/Property"])
def test_the_token_never_leaves_its_server(talk, client, url):
    with pytest.raises(FeedStopped, match="which our token is not for"):
        client.get(url)

    assert not talk.asked


def test_a_redirect_is_not_followed(talk, client):
    talk.answers = [(302, {"Location": "https://elsewhere.example.com/"}, b"moved")]

    with pytest.raises(AnswerRefused):
        client.get(f"{client.base_url}/Property")

    assert len(talk.asked) == 1


def test_a_page_that_unpacks_without_end_is_given_up(talk, client):
    bomb = gzip.compress(b" " * (MOST_BYTES + 1))
    talk.answers = [(200, {"Content-Encoding": "gzip"}, bomb)]

    with pytest.raises(FeedStopped, match="larger than 24 MB"):
        client.get(f"{client.base_url}/Property")


def test_what_robots_txt_closes_is_not_asked_for(talk, client):
    talk.answers = [(200, {}, b"User-agent: *\nDisallow: /odata/\n")]
    client.read_robots()

    with pytest.raises(FeedStopped, match=r"robots\.txt forbids"):
        client.get(f"{client.base_url}/Property")

    assert talk.notes.run.robots_txt.startswith("User-agent")
    assert (len(talk.asked), talk.notes.noted[-1]["outcome"]) == (1, "skipped")


def test_a_robots_txt_out_of_reach_closes_the_server(talk, client):
    talk.answers = [(503, {}, b"")]

    with pytest.raises(FeedStopped, match=r"robots\.txt answered HTTP 503"):
        client.read_robots()


def test_secrets_go_in_the_form_and_as_basic_where_that_is_refused(talk, client):
    token = b'{"access_token": "fresh", "expires_in": 100}'
    talk.answers = [(401, {}, b'{"error": "invalid_client"}'), (200, {}, token), FINE, FINE, (200, {}, token), FINE]
    clock = iter([0.0, 10.0, 60.0, 60.0])
    client.credentials = ClientCredentials(
        token_url=f"{client.base_url}/token",
        client_id="us",
        client_secret="s&cret",
        scope="api",
        post=client.post_form,
        now=lambda: next(clock),
    )

    for _ in range(3):
        client.get(f"{client.base_url}/Property")

    sent = [request.headers.get("authorization", "") for request in talk.asked]
    assert sent[0] == ""
    assert sent[1].startswith("Basic ")
    assert sent[2:] == ["Bearer fresh", "Bearer fresh", "", "Bearer fresh"]


@pytest.mark.parametrize("turns", [[["10.0.0.1"]], [["93.184.215.14", "10.0.0.1"]], [["::ffff:127.0.0.1"]]])
def test_a_feed_in_our_own_network_is_never_asked(monkeypatch, turns):
    resolver, notes = Resolver(monkeypatch), Notes()
    resolver.says("feeds.example.com", *turns)
    manners = Manners(user_agent="AIQLeads/1.0", delay_seconds=0.0, wait=lambda _: None)
    client = FeedClient(base_url="https://feeds.example.com/odata", manners=manners, journal=notes)  # type: ignore[arg-type]

    with pytest.raises(FeedStopped, match=r"feeds\.example\.com cannot be asked: the address is not on the public"):
        client.get("https://feeds.example.com/odata/Property")

    assert resolver.asked == ["feeds.example.com"]
    [noted] = notes.noted
    assert (noted["outcome"], noted["reason"]) == ("failed", "the address is not on the public network")


def test_this_machine_is_a_feed_in_the_demo_alone(settings):
    settings.CRAWL_LOOPBACK = False
    manners = Manners(user_agent="AIQLeads/1.0", delay_seconds=0.0, wait=lambda _: None)
    client = FeedClient(base_url="http://127.0.0.1:9/odata", manners=manners, journal=Notes())  # type: ignore[arg-type]

    with pytest.raises(FeedStopped, match="not on the public network"):
        client.get("http://127.0.0.1:9/odata/Property")
