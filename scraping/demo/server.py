"""Serves the demo's source sites on loopback: one process, one listening socket for each site.

Each site has an origin of its own, so each has its own robots.txt. Every request is noted, which lets tests prove
what a crawler fetched and what it left alone.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Event, Thread

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scraping.demo.adverts import Site
from scraping.demo.sites import classifieds_east, classifieds_west, fsbo, hostile, mls
from scraping.demo.sites.shelf import Shelf
from scraping.demo.world import DEFAULT_SEED, World, build_world

DEFAULT_SLOW_SECONDS = 8.0
DEFAULT_ACCESS_TOKEN = "open-house"  # noqa: S105 - guards generated records on loopback
HOST = "127.0.0.1"
STARTING_SECONDS = 10.0
STOPPING_SECONDS = 5.0


@dataclass(frozen=True)
class SeenRequest:
    """One request that a site has answered; ``path`` comes with its query string."""

    site: str
    method: str
    path: str
    status: int
    user_agent: str


@dataclass(frozen=True)
class SourceSites:
    """The running sites: their addresses by slug, without a slash at the end, and what was asked of them."""

    world: World
    base_urls: Mapping[str, str]
    access_token: str
    requests: list[SeenRequest] = field(default_factory=list)

    @property
    def entrances(self) -> Mapping[str, str]:
        """Where a crawl of each site begins, by slug: a feed at its service's root."""
        mls_root = {Site.MLS.value: f"{self.base_urls[Site.MLS]}/odata"}
        return {**self.base_urls, **mls_root}

    def paths(self, site: str) -> list[str]:
        """Return the paths asked of one site, in order."""
        return [request.path for request in self.requests if request.site == site]


def create_apps(
    world: World,
    *,
    slow_seconds: float = DEFAULT_SLOW_SECONDS,
    access_token: str = DEFAULT_ACCESS_TOKEN,
) -> dict[str, Starlette]:
    """Return one application for each site, by slug."""
    shelves = {site: Shelf(world, site, slow_seconds=slow_seconds) for site in Site}
    return {
        Site.EAST.value: Starlette(routes=classifieds_east.routes(shelves[Site.EAST])),
        Site.WEST.value: Starlette(routes=classifieds_west.routes(shelves[Site.WEST])),
        Site.FSBO.value: Starlette(routes=fsbo.routes(shelves[Site.FSBO])),
        Site.MLS.value: Starlette(routes=mls.routes(shelves[Site.MLS], access_token=access_token)),
        hostile.SLUG: Starlette(routes=hostile.routes()),
    }


class SiteSwitch:
    """Hands each request to the site whose socket it arrived at, and notes it."""

    def __init__(self, apps: Mapping[int, tuple[str, ASGIApp]], *, seen: list[SeenRequest]) -> None:
        self._apps = apps
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        site, app = self._apps[scope["server"][1]]

        async def note_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._seen.append(_seen(site, scope, status=message["status"]))
            await send(message)

        await app(scope, receive, note_and_send)


def _seen(site: str, scope: Scope, *, status: int) -> SeenRequest:
    query = scope["query_string"].decode("latin-1")
    headers = dict(scope["headers"])
    return SeenRequest(
        site=site,
        method=scope["method"],
        path=scope["path"] + (f"?{query}" if query else ""),
        status=status,
        user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
    )


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()


@contextmanager
def serve(
    day: int,
    *,
    today: date | None = None,
    seed: int = DEFAULT_SEED,
    size_percent: int = 100,
    first_port: int = 0,
    slow_seconds: float = DEFAULT_SLOW_SECONDS,
    access_token: str = DEFAULT_ACCESS_TOKEN,
) -> Iterator[SourceSites]:
    """Serve the world of ``day`` until the block ends.

    :param today: the date of the demo, by default that of UTC
    :param size_percent: of the usual number of homes
    :param first_port: the port of the first site, the others follow it; 0 takes any free ones
    :raises OSError: a port is taken
    """
    world = build_world(day, today=today or datetime.now(UTC).date(), seed=seed, size_percent=size_percent)
    apps = create_apps(world, slow_seconds=slow_seconds, access_token=access_token)
    with ExitStack() as stack:
        sockets = {
            site: stack.enter_context(listen(first_port + offset if first_port else 0))
            for offset, site in enumerate(apps)
        }
        ports = {site: listening.getsockname()[1] for site, listening in sockets.items()}
        sites = SourceSites(
            world=world,
            base_urls={site: f"http://{HOST}:{port}" for site, port in ports.items()},
            access_token=access_token,
        )
        switch = SiteSwitch({ports[site]: (site, app) for site, app in apps.items()}, seen=sites.requests)
        with running(switch, list(sockets.values())):
            yield sites


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; ``port`` 0 takes any free one.

    :raises OSError: the port is taken
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.close()
        raise
    return listening


@contextmanager
def running(app: ASGIApp, sockets: list[socket.socket]) -> Iterator[None]:
    """Have ``app`` answer at ``sockets`` from a thread of its own until the block ends."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": sockets}, name="demo source sites", daemon=True)
    thread.start()
    if not server.ready.wait(STARTING_SECONDS):
        raise RuntimeError("The source sites did not start.")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(STOPPING_SECONDS)
