"""A for-sale-by-owner site: JSON-LD and OpenGraph on its pages, and an older layout with labelled values only."""

import json
from html import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from scraping.demo.adverts import Advert, Home
from scraping.demo.places import metros
from scraping.demo.sites.shelf import FOOTER, Leaf, Shelf, leaf, paragraphs, slug, whole_number

HOMES_PER_PAGE = 15
DISALLOWED = ("/private/",)
_STATES = {metro.state.lower(): metro.name for metro in metros()}
_STYLE = (
    "body{font:16px Georgia,serif;max-width:960px;margin:auto;color:#2b2b2b}.tile img{width:200px}"
    ".tile{border:1px solid #d8d2c4;margin:12px 0;padding:12px;display:flex;gap:16px}"
    ".cost{font-size:1.4em;color:#8a3324}"
)
_SCHEMA_TYPES = {"house": "SingleFamilyResidence", "townhouse": "House", "condo": "Apartment"}


def routes(shelf: Shelf) -> list[BaseRoute]:
    """Return the site's addresses."""

    async def show_front(_request: Request) -> Response:
        return HTMLResponse(_front())

    async def show_list(request: Request) -> Response:
        state = request.path_params["state"]
        if state not in _STATES:
            raise HTTPException(404)
        number = whole_number(request, "page", default=1)
        return HTMLResponse(
            _list(state, leaf(shelf.listed(state=state.upper()), number=number, size=HOMES_PER_PAGE))
        )

    async def show_home(request: Request) -> Response:
        advert = await shelf.open(request)
        return HTMLResponse(_home_page(advert, shelf.home_of(advert), origin=str(request.base_url).rstrip("/")))

    async def show_classic(request: Request) -> Response:
        advert = await shelf.open(request)
        return HTMLResponse(_classic_page(advert, shelf.home_of(advert)))

    return [
        Route("/", show_front),
        *shelf.common_routes(disallowed=DISALLOWED, picture_width=560),
        Route("/homes/{state}/", show_list),
        Route("/homes/{state}/{city}/{words}/{key}", show_home),
        Route("/classic/{key}.htm", show_classic),
    ]


def address(advert: Advert) -> str:
    """Return the path of an advert's page."""
    if advert.is_legacy_layout:
        return f"/classic/{advert.key}.htm"
    words = slug(advert.shown_address or advert.title)
    return f"/homes/{advert.state.lower()}/{slug(advert.city)}/{words}/{advert.key}"


def _page(title: str, content: str, *, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}'
        f'<style>{_STYLE}</style></head><body><h2><a href="/">Own Door Homes</a></h2>\n{content}\n'
        f'<p><a href="/private/sellers">Seller log-in</a></p><hr><p>{FOOTER}</p></body></html>'
    )


def _front() -> str:
    links = "".join(f'<li><a href="/homes/{state}/">{escape(name)}</a></li>' for state, name in _STATES.items())
    return _page("Own Door Homes - sell it yourself", f"<h1>Homes sold by their owners</h1><ul>{links}</ul>")


def _list(state: str, page: Leaf) -> str:
    tiles = "\n".join(_tile(advert) for advert in page.adverts)
    before = f'<a rel="prev" href="/homes/{state}/?page={page.number - 1}">Back</a>' if page.number > 1 else ""
    following = f"/homes/{state}/?page={page.number + 1}"
    after = f'<a rel="next" href="{following}">More homes</a>' if page.number < page.last else ""
    title = f"Homes by owner, {_STATES[state]}"
    return _page(title, f"<h1>{escape(title)}</h1><p>{page.total} homes</p>\n{tiles}\n<p>{before} {after}</p>")


def _tile(advert: Advert) -> str:
    image = f'<img src="/images/{advert.pictures[0].name}.jpg" alt="">' if advert.pictures else ""
    return (
        f'<div class="tile">{image}<div><h3><a href="{address(advert)}">{escape(advert.title)}</a></h3>'
        f'<span class="cost">{_price(advert)}</span> {escape(advert.city)}, {advert.state}</div></div>'
    )


def _home_page(advert: Advert, home: Home | None, *, origin: str) -> str:
    url = origin + address(advert)
    images = [f"{origin}/images/{picture.name}.jpg" for picture in advert.pictures]
    data = json.dumps(_structured(advert, home, url=url, images=images), indent=1).replace("</", "<\\/")
    pictures = "".join(f'<img src="{image}" width="560" height="420" alt="">' for image in images)
    phone = f"<p>Phone: {escape(advert.shown_phone)}</p>" if advert.shown_phone else ""
    return _page(
        f"{advert.title} - Own Door Homes",
        f'<h1>{escape(advert.title)}</h1><p class="cost">{_price(advert)}</p>{pictures}'
        f"{paragraphs(advert.body)}<h2>Talk to the owner</h2><p>{escape(advert.shown_name)}</p>{phone}"
        f'<p><a href="/private/offer/{advert.key}">Make an offer</a></p>',
        head=f'<link rel="canonical" href="{url}">{_open_graph(advert, url, images)}'
        f'<script type="application/ld+json">{data}</script>',
    )


def _open_graph(advert: Advert, url: str, images: list[str]) -> str:
    properties = [
        ("og:type", "product"),
        ("og:site_name", "Own Door Homes"),
        ("og:title", advert.title),
        ("og:url", url),
        ("og:description", advert.body.split("\n\n", maxsplit=1)[0]),
        *(("og:image", image) for image in images[:1]),
        ("product:price:amount", str(advert.price_usd)),
        ("product:price:currency", "USD"),
    ]
    return "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in properties)


def _structured(advert: Advert, home: Home | None, *, url: str, images: list[str]) -> dict[str, object]:
    place = {"@type": "PostalAddress", "addressLocality": advert.city, "addressRegion": advert.state}
    place |= {"postalCode": advert.zip_code, "addressCountry": "US"}
    if advert.shown_address:
        place["streetAddress"] = advert.shown_address
    residence: dict[str, object] = {
        "@type": _SCHEMA_TYPES[home.facts.kind] if home else "Accommodation",
        "@id": f"{url}#home",
        "address": place,
    }
    residence |= _measures(advert, home)
    seller = {
        "@type": "Person",
        "name": advert.shown_name,
        "telephone": advert.shown_phone,
        "email": advert.shown_email,
    }
    listing: dict[str, object] = {
        "@type": "RealEstateListing",
        "@id": url,
        "identifier": advert.key,
        "name": advert.title,
        "description": advert.body,
        "datePosted": advert.posted_at.isoformat(),
        "dateModified": advert.updated_at.isoformat(),
        "image": images,
        "mainEntity": {"@id": f"{url}#home"},
        "offers": {
            "@type": "Offer",
            "price": advert.price_usd,
            "priceCurrency": "USD",
            "availability": "https://schema.org/InStock",
            "offeredBy": {name: value for name, value in seller.items() if value},
        },
    }
    return {"@context": "https://schema.org", "@graph": [listing, residence]}


def _measures(advert: Advert, home: Home | None) -> dict[str, object]:
    measures: dict[str, object] = {}
    if advert.beds:
        measures["numberOfBedrooms"] = advert.beds
    if advert.baths:
        measures["numberOfBathroomsTotal"] = advert.baths
    if advert.area_sqft:
        measures["floorSize"] = {"@type": "QuantitativeValue", "value": advert.area_sqft, "unitCode": "FTK"}
    if advert.latitude is not None:
        measures["geo"] = {"@type": "GeoCoordinates", "latitude": advert.latitude, "longitude": advert.longitude}
    if home and advert.beds:
        measures["yearBuilt"] = home.facts.year_built
    return measures


def _classic_page(advert: Advert, home: Home | None) -> str:
    """Return the layout of adverts that were entered before the site was rebuilt."""
    rows = "".join(
        f"<tr><td><b>{label}:</b></td><td>{escape(value)}</td></tr>\n"
        for label, value in _labelled(advert, home)
        if value
    )
    pictures = "<br>".join(f'<img src="/images/{picture.name}.jpg">' for picture in advert.pictures)
    return (
        f"<html><head><title>{escape(advert.title)}</title></head><body bgcolor=#ffffff><center>"
        f'<font size="5">{escape(advert.title)}</font></center><table border=1 cellpadding=4>\n{rows}</table>\n'
        f"{paragraphs(advert.body)}{pictures}<hr><font size=1>"
        f'<a href="/private/sellers">Sellers</a> {FOOTER}</font>'
        "</body></html>"
    )


def _labelled(advert: Advert, home: Home | None) -> list[tuple[str, str]]:
    street = f"{advert.shown_address}, " if advert.shown_address else ""
    return [
        ("Listing no", advert.key),
        ("Asking price", _price(advert)),
        ("Address", f"{street}{advert.city}, {advert.state} {advert.zip_code}"),
        ("Bedrooms", str(advert.beds or "")),
        ("Baths", f"{advert.baths:g}" if advert.baths else ""),
        ("Square feet", f"{advert.area_sqft:,}" if advert.area_sqft else ""),
        ("Year built", str(home.facts.year_built) if home and advert.beds else ""),
        ("Owner", advert.shown_name),
        ("Telephone", advert.shown_phone),
        ("E-mail", advert.shown_email),
        ("Entered", f"{advert.posted_at:%m/%d/%Y}"),
    ]


def _price(advert: Advert) -> str:
    return f"${advert.price_usd:,}" if advert.price_usd else "Make offer"
