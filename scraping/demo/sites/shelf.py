"""What every site has: its adverts at hand, robots.txt, pictures, and the answers of pages that are not there."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from math import ceil

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from scraping.demo.adverts import Advert, Answer, Category, Home, Site
from scraping.demo.images import picture
from scraping.demo.world import World

FOOTER = (
    "Demonstration site. Every home, person, telephone number and e-mail address on it is generated; "
    "none of them is real."
)
MEMBERS_NOTICE = "<!doctype html><title>Members only</title><p>This part of the site is for members only.</p>"
GONE_PAGES = {Answer.NOT_FOUND: 404, Answer.GONE: 410}


@dataclass(frozen=True)
class Leaf:
    """One page of a list; ``number`` counts from 1."""

    adverts: tuple[Advert, ...]
    number: int
    last: int
    total: int


class Shelf:
    """The adverts of one site, ready to be served."""

    def __init__(self, world: World, site: Site, *, slow_seconds: float) -> None:
        self.site = site
        self.world = world
        self.slow_seconds = slow_seconds
        self.adverts = world.on_site(site)
        self._by_key = {advert.key: advert for advert in self.adverts}
        self._drawings = {p.name: p.drawing for advert in self.adverts for p in advert.pictures}

    def listed(
        self,
        *,
        metro: str | None = None,
        category: Category | None = None,
        state: str | None = None,
    ) -> tuple[Advert, ...]:
        """Return what the site's lists show, newest first; ``None`` stands for any."""
        return tuple(
            advert
            for advert in self.adverts
            if advert.is_listed
            and metro in {None, advert.metro}
            and category in {None, advert.category}
            and state in {None, advert.state}
        )

    def home_of(self, advert: Advert) -> Home | None:
        """Return the home behind an advert of this site."""
        return self.world.home_of(advert)

    async def open(self, request: Request) -> Advert:
        """Return the advert whose page is asked for, after as long a wait as that page takes.

        :raises HTTPException: the page answers 404, 410 or 500
        """
        advert = self._by_key.get(request.path_params["key"])
        if advert is None:
            raise HTTPException(404)
        if advert.answer in GONE_PAGES:
            raise HTTPException(GONE_PAGES[advert.answer])
        if advert.answer is Answer.BROKEN:
            raise HTTPException(500)
        if advert.answer is Answer.SLOW:
            await _let_wait(request, self.slow_seconds)
        return advert

    def common_routes(self, *, disallowed: Sequence[str], picture_width: int) -> list[Route]:
        """Return robots.txt, the pictures, and the part of the site that robots.txt closes."""
        robots = "\n".join(["User-agent: *", *(f"Disallow: {path}" for path in disallowed), "Crawl-delay: 0", ""])

        async def show_robots(_request: Request) -> Response:
            return PlainTextResponse(robots)

        async def show_picture(request: Request) -> Response:
            drawing = self._drawings.get(request.path_params["name"])
            if drawing is None:
                raise HTTPException(404)
            return Response(await asyncio.to_thread(picture, drawing, width=picture_width), media_type="image/jpeg")

        async def show_members_notice(_request: Request) -> Response:
            return HTMLResponse(MEMBERS_NOTICE)

        return [
            Route("/robots.txt", show_robots),
            Route("/images/{name}.jpg", show_picture),
            *(Route(path + "{rest:path}", show_members_notice) for path in disallowed),
        ]


def leaf(adverts: Sequence[Advert], *, number: int, size: int) -> Leaf:
    """Cut page ``number`` out of a list of adverts.

    :raises HTTPException: 404 where there is no such page
    """
    last = max(1, ceil(len(adverts) / size))
    if not 1 <= number <= last:
        raise HTTPException(404)
    start = (number - 1) * size
    return Leaf(adverts=tuple(adverts[start : start + size]), number=number, last=last, total=len(adverts))


def whole_number(request: Request, name: str, *, default: int) -> int:
    """Read a whole number from the query string.

    :raises HTTPException: 400 where something else stands there
    """
    text = request.query_params.get(name, str(default))
    if not text.isdecimal():
        raise HTTPException(400, f"{name} must be a whole number.")
    return int(text)


def paragraphs(body: str, *, tag: str = "p") -> str:
    """Return the paragraphs of a text as escaped HTML."""
    return "".join(f"<{tag}>{escape(part)}</{tag}>" for part in body.split("\n\n"))


def slug(text: str) -> str:
    """Return the words of ``text`` in lower case, joined by hyphens."""
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())[:60] or "home"


async def _let_wait(request: Request, seconds: float) -> None:
    """Wait, and no longer than the client does: the sites can close once nobody asks."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
