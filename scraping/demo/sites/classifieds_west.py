"""A modern classified site: cards, facts in labelled lists with microdata, telephone numbers as links."""

from html import escape
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from scraping.demo.adverts import Advert, Category, Home, Nature
from scraping.demo.places import metros
from scraping.demo.sites.shelf import FOOTER, Leaf, Shelf, leaf, paragraphs, whole_number

CARDS_PER_PAGE = 12
DISALLOWED = ("/members/",)
SECTIONS = {
    "homes-for-sale": (Category.SALES, "Homes for sale"),
    "homes-for-rent": (Category.RENTALS, "Homes for rent"),
    "furniture": (Category.FURNITURE, "Furniture"),
    "tools": (Category.TOOLS, "Tools"),
}
_SECTION_NAMES = dict(SECTIONS.values())
_METROS = {metro.slug: metro for metro in metros()}
_STYLE = (
    "body{font-family:Verdana,sans-serif;background:#f4f1ea;margin:0}nav.bar{background:#31497a;padding:10px}"
    "nav.bar a{color:#fff;margin-right:14px}.card{background:#fff;border-radius:6px;padding:8px}"
    ".card img{width:100%}"
    ".grid{display:grid;grid-template-columns:repeat(3,1fr);gap:10px;padding:10px}"
    "dl{display:grid;grid-template-columns:12em 1fr}"
)


def routes(shelf: Shelf) -> list[BaseRoute]:
    """Return the site's addresses."""

    async def show_front(_request: Request) -> Response:
        return HTMLResponse(_front())

    async def show_list(request: Request) -> Response:
        metro, section = request.path_params["metro"], request.path_params["section"]
        if metro not in _METROS or section not in SECTIONS:
            raise HTTPException(404)
        category, heading = SECTIONS[section]
        number = whole_number(request, "page", default=1)
        page = leaf(shelf.listed(metro=metro, category=category), number=number, size=CARDS_PER_PAGE)
        return HTMLResponse(_list(f"{heading} in {_METROS[metro].name}", page))

    async def show_item(request: Request) -> Response:
        advert = await shelf.open(request)
        return HTMLResponse(_item(advert, shelf.home_of(advert)))

    return [
        Route("/", show_front),
        *shelf.common_routes(disallowed=DISALLOWED, picture_width=640),
        Route("/browse/{metro}/{section}", show_list),
        Route("/item/{key}", show_item),
    ]


def address(advert: Advert) -> str:
    """Return the path of an advert's page."""
    return f"/item/{advert.key}"


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en-US">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)} | Westboard</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n"
        f'<nav class="bar"><a href="/">Westboard</a><a href="/members/messages">Messages</a></nav>\n'
        f"<main>{content}</main>\n<footer><p>{FOOTER}</p></footer>\n</body></html>"
    )


def _front() -> str:
    tables = "".join(
        f"<tr><th>{escape(metro.name)}</th>"
        + "".join(
            f'<td><a href="/browse/{metro.slug}/{key}">{name}</a></td>' for key, (_, name) in SECTIONS.items()
        )
        + "</tr>"
        for metro in metros()
    )
    return _page("Free local ads", f"<h1>Free local ads</h1><table>{tables}</table>")


def _list(heading: str, page: Leaf) -> str:
    cards = "\n".join(_card(advert) for advert in page.adverts)
    links = "".join(
        f"<strong>{number}</strong> " if number == page.number else f'<a href="?page={number}">{number}</a> '
        for number in range(1, page.last + 1)
    )
    onward = (
        f'<a class="pager-next" href="?page={page.number + 1}">Next page</a>' if page.number < page.last else ""
    )
    return _page(
        heading,
        f'<h1>{escape(heading)}</h1><p>{page.total} ads</p><div class="grid">\n{cards}\n</div>'
        f'<div class="pager">{links}{onward}</div>',
    )


def _card(advert: Advert) -> str:
    image = f'<img loading="lazy" alt="" src="/images/{advert.pictures[0].name}.jpg">' if advert.pictures else ""
    facts = f"{advert.beds} bd &middot; {advert.area_sqft or '?'} sqft" if advert.beds else ""
    return (
        f'<article class="card" data-ad="{advert.key}"><a class="card-link" href="{address(advert)}">{image}'
        f'<h3>{escape(advert.title)}</h3></a><p class="card-price">{_price(advert)}</p><p>{facts}</p>'
        f"<p>{escape(advert.city)}, {advert.state} {advert.zip_code}</p></article>"
    )


def _item(advert: Advert, home: Home | None) -> str:
    is_home = home is not None and advert.category in {Category.SALES, Category.RENTALS}
    schema = "https://schema.org/SingleFamilyResidence" if is_home else "https://schema.org/Product"
    rows = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in _rows(advert, home))
    pictures = "".join(
        f'<img itemprop="image" src="/images/{p.name}.jpg" width="640" height="480" alt="Photo">'
        for p in advert.pictures
    )
    return _page(
        advert.title,
        f'<article itemscope itemtype="{schema}"><h1 itemprop="name">{escape(advert.title)}</h1>{pictures}\n'
        f'<dl class="facts">{rows}</dl>\n{_position(advert)}'
        f'<div itemprop="description" class="text">{paragraphs(advert.body)}</div>\n{_seller(advert)}</article>'
        f'<p><a href="/members/report?ad={advert.key}">Report this ad</a></p>',
    )


def _rows(advert: Advert, home: Home | None) -> list[tuple[str, str]]:
    rows = [
        ("Ad number", advert.key),
        ("Category", _SECTION_NAMES[advert.category]),
        ("Price", f'<span itemprop="price" content="{advert.price_usd}">{_price(advert)}</span>'),
        ("Location", _location(advert)),
        ("Listed on", f"{_local_date(advert)}"),
    ]
    if advert.beds:
        rows.append(("Bedrooms", f'<span itemprop="numberOfBedrooms">{advert.beds}</span>'))
    if advert.baths:
        rows.append(("Bathrooms", f'<span itemprop="numberOfBathroomsTotal">{advert.baths:g}</span>'))
    if advert.area_sqft:
        rows.append(("Living space", f'<span itemprop="floorSize">{advert.area_sqft:,} sq. ft.</span>'))
    if home and advert.nature is not Nature.NEAR_EMPTY:
        rows += [("Home type", home.facts.kind.capitalize()), ("Year built", str(home.facts.year_built))]
    return rows


def _location(advert: Advert) -> str:
    street = (
        f'<span itemprop="streetAddress">{escape(advert.shown_address)}</span>, ' if advert.shown_address else ""
    )
    return (
        f'<span itemprop="address" itemscope itemtype="https://schema.org/PostalAddress">{street}'
        f'<span itemprop="addressLocality">{escape(advert.city)}</span>, '
        f'<span itemprop="addressRegion">{advert.state}</span> '
        f'<span itemprop="postalCode">{advert.zip_code}</span></span>'
    )


def _position(advert: Advert) -> str:
    if advert.latitude is None:
        return ""
    return (
        '<div itemprop="geo" itemscope itemtype="https://schema.org/GeoCoordinates">'
        f'<meta itemprop="latitude" content="{advert.latitude}">'
        f'<meta itemprop="longitude" content="{advert.longitude}"></div>\n'
    )


def _seller(advert: Advert) -> str:
    name = f'<p class="seller-name">{escape(advert.shown_name)}</p>' if advert.shown_name else ""
    phone = f'<p><a href="tel:{advert.phone}">{escape(advert.shown_phone)}</a></p>' if advert.shown_phone else ""
    email = f'<p><a href="mailto:{advert.shown_email}">{advert.shown_email}</a></p>' if advert.shown_email else ""
    return (
        f'<section class="seller"><h2>Seller</h2>{name}{phone}{email}</section>' if name or phone or email else ""
    )


def _price(advert: Advert) -> str:
    if not advert.price_usd:
        return "Ask"
    return f"${advert.price_usd:,}" + (" / month" if advert.category is Category.RENTALS else "")


def _local_date(advert: Advert) -> str:
    local = advert.posted_at.astimezone(ZoneInfo(_METROS[advert.metro].time_zone))
    return f"{local:%B} {local.day}, {local.year}"
