"""A plain classified site: rows of links, facts as a run of small labels, a map, telephone numbers spelled out."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from scraping.demo.adverts import Advert, Category, Home, Nature
from scraping.demo.places import metros
from scraping.demo.sites.shelf import FOOTER, Leaf, Shelf, leaf, paragraphs, slug, whole_number

ROWS_PER_PAGE = 20
DISALLOWED = ("/reply/", "/account/")
SECTIONS = {
    "hso": (Category.SALES, "housing for sale by owner"),
    "rbo": (Category.RENTALS, "housing for rent by owner"),
    "fuo": (Category.FURNITURE, "furniture by owner"),
    "tlo": (Category.TOOLS, "tools by owner"),
}
_CODES = {category: code for code, (category, _) in SECTIONS.items()}
_METROS = {metro.slug: metro for metro in metros()}
_STYLE = (
    "body{font:14px/1.35 Times,serif;margin:0 12px}header{border-bottom:1px solid #bbb;padding:6px 0}"
    "ul.rows{list-style:none;padding:0}.row{padding:4px 0}.px{color:#060}.when{color:#777}"
    ".attrs span{display:inline-block;background:#eee;margin:2px;padding:2px 6px}"
    "#map{background:#dde6dd;height:90px}"
)


def routes(shelf: Shelf) -> list[BaseRoute]:
    """Return the site's addresses."""

    async def show_front(_request: Request) -> Response:
        return HTMLResponse(_front())

    async def show_list(request: Request) -> Response:
        metro, code = request.path_params["metro"], request.path_params["code"]
        if metro not in _METROS or code not in SECTIONS:
            raise HTTPException(404)
        category, heading = SECTIONS[code]
        number = whole_number(request, "s", default=0) // ROWS_PER_PAGE + 1
        page = leaf(shelf.listed(metro=metro, category=category), number=number, size=ROWS_PER_PAGE)
        return HTMLResponse(_list(f"{_METROS[metro].name} {heading}", f"/{metro}/{code}/", page))

    async def show_detail(request: Request) -> Response:
        advert = await shelf.open(request)
        return HTMLResponse(_detail(advert, shelf.home_of(advert)))

    return [
        Route("/", show_front),
        *shelf.common_routes(disallowed=DISALLOWED, picture_width=480),
        Route("/{metro}/{code}/", show_list),
        Route("/{metro}/{code}/d/{words}/{key}.html", show_detail),
    ]


def address(advert: Advert) -> str:
    """Return the path of an advert's page."""
    return f"/{advert.metro}/{_CODES[advert.category]}/d/{slug(advert.title)}/{advert.key}.html"


def _page(title: str, content: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<style>{_STYLE}</style></head>\n<body><header><a href="/">east side classifieds</a> '
        f'<a class="acct" href="/account/login">my account</a></header>\n{content}\n'
        f"<footer><small>{FOOTER}</small></footer></body></html>"
    )


def _front() -> str:
    columns = "".join(
        f"<h2>{escape(metro.name)}</h2><ul>"
        + "".join(f'<li><a href="/{metro.slug}/{code}/">{name}</a></li>' for code, (_, name) in SECTIONS.items())
        + "</ul>"
        for metro in metros()
    )
    return _page("east side classifieds", columns)


def _list(heading: str, path: str, page: Leaf) -> str:
    rows = "\n".join(_row(advert) for advert in page.adverts)
    start = (page.number - 1) * ROWS_PER_PAGE
    end = start + len(page.adverts)
    older = f'<a class="older" href="{path}?s={end}">older &gt;</a>' if page.number < page.last else ""
    newer = f'<a class="newer" href="{path}?s={start - ROWS_PER_PAGE}">&lt; newer</a>' if page.number > 1 else ""
    return _page(
        heading,
        f'<h1>{escape(heading)}</h1><p class="count">{min(start + 1, end)} - {end} of {page.total}</p>'
        f'<ul class="rows">\n{rows}\n</ul><nav>{newer} {older}</nav>',
    )


def _row(advert: Advert) -> str:
    return (
        f'<li class="row" data-pid="{advert.key}"><span class="when">{_local(advert):%b %d}</span> '
        f'<a class="ttl" href="{address(advert)}">{escape(advert.title)}</a> '
        f'<span class="px">{_price(advert)}</span> '
        f'<span class="sz">{_size(advert)}</span> <span class="hood">({escape(advert.city)})</span></li>'
    )


def _detail(advert: Advert, home: Home | None) -> str:
    heading = (
        f'<span class="ttl">{escape(advert.title)}</span> - <span class="px">{_price(advert)}</span> '
        f'<span class="sz">{_size(advert)}</span> <span class="hood">({escape(advert.city)}, {advert.state})</span>'
    )
    return _page(
        advert.title,
        f'<h1 class="posting">{heading}</h1>\n<section class="pics">{_pictures(advert)}</section>\n{_map(advert)}\n'
        f'<p class="attrs">{_attributes(advert, home)}</p>\n'
        f'<section class="words">{paragraphs(advert.body)}</section>\n'
        f'<p class="meta">post id: {advert.key} | posted: {_time("posted", _local(advert))} | '
        f"updated: {_time('updated', _local(advert, is_update=True))}</p>\n"
        f'<p><a class="reply" rel="nofollow" href="/reply/{advert.key}">reply</a></p>',
    )


def _time(name: str, moment: datetime) -> str:
    return f'<time class="{name}" datetime="{moment.isoformat()}">{moment:%Y-%m-%d %H:%M}</time>'


def _attributes(advert: Advert, home: Home | None) -> str:
    labels = [_rooms(advert)] if advert.beds else []
    if advert.area_sqft:
        labels.append(f"{advert.area_sqft} sq ft")
    if home and advert.nature is not Nature.NEAR_EMPTY:
        labels += [home.facts.kind, f"built {home.facts.year_built}"]
    if advert.category in {Category.SALES, Category.RENTALS}:
        labels.append("by owner")
    return " ".join(f"<span>{escape(label)}</span>" for label in labels)


def _rooms(advert: Advert) -> str:
    return f"{advert.beds}BR / {advert.baths:g}Ba" if advert.baths else f"{advert.beds}BR"


def _map(advert: Advert) -> str:
    street = f'<div class="addr">{escape(advert.shown_address)}</div>' if advert.shown_address else ""
    where = f'<p class="where">{escape(advert.city)} {advert.state} {advert.zip_code}</p>' if street else ""
    if advert.latitude is None:
        return street + where
    return (
        f'<div id="map" data-latitude="{advert.latitude:.6f}" data-longitude="{advert.longitude:.6f}" '
        f'data-accuracy="10"></div>{street}{where}'
    )


def _pictures(advert: Advert) -> str:
    return "".join(
        f'<img src="/images/{p.name}.jpg" alt="image {number}" width="480" height="360">'
        for number, p in enumerate(advert.pictures, start=1)
    )


def _price(advert: Advert) -> str:
    return f"${advert.price_usd:,}" if advert.price_usd else ""


def _size(advert: Advert) -> str:
    beds = f"{advert.beds}br" if advert.beds else ""
    area = f"{advert.area_sqft}ft<sup>2</sup>" if advert.area_sqft else ""
    return " - ".join(part for part in (beds, area) if part)


def _local(advert: Advert, *, is_update: bool = False) -> datetime:
    moment = advert.updated_at if is_update else advert.posted_at
    return moment.astimezone(ZoneInfo(_METROS[advert.metro].time_zone))
