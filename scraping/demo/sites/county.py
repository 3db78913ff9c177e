"""A county clerk's download: notices of pre-foreclosure as one CSV file for each county."""

import csv
from io import StringIO

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from scraping.demo.adverts import Advert, Home
from scraping.demo.chance import stream
from scraping.demo.sites.shelf import FOOTER, Shelf

DISALLOWED = ("/staff/",)
COLUMNS = (
    "case_number", "filed_date", "owner_name", "property_address", "city", "state", "zip", "county",
    "amount_owed", "assessed_value", "year_built", "living_area_sqft",
)  # fmt: skip


def routes(shelf: Shelf) -> list[BaseRoute]:
    """Return the site's addresses."""

    async def show_front(_request: Request) -> Response:
        return HTMLResponse(
            "<!doctype html><title>Clerk of records</title><h1>Notices of default</h1>"
            '<p><a href="/records/pre-foreclosure.csv">Download all notices (CSV)</a></p>'
            f'<p><a href="/staff/">Staff</a></p><p>{FOOTER}</p>'
        )

    async def download(_request: Request) -> Response:
        return Response(_table(shelf), media_type="text/csv")

    return [
        Route("/", show_front),
        *shelf.common_routes(disallowed=DISALLOWED, picture_width=320),
        Route("/records/pre-foreclosure.csv", download),
    ]


def _table(shelf: Shelf) -> str:
    target = StringIO()
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    for advert in shelf.listed():
        home = shelf.home_of(advert)
        if home is not None:
            writer.writerow(_row(advert, home))
    return target.getvalue()


def _row(advert: Advert, home: Home) -> list[object]:
    chance = stream("notice", advert.key)
    return [
        f"{advert.posted_at.year}-NOD-{advert.key[:6]}",
        f"{advert.posted_at:%Y-%m-%d}",
        f"{home.owner.family_name.upper()}, {home.owner.given_name.upper()}",
        advert.shown_address,
        advert.city.upper(),
        advert.state,
        advert.zip_code,
        home.address.place.county,
        round(home.facts.value_usd * chance.uniform(0.3, 0.9), 2),
        home.facts.value_usd,
        home.facts.year_built,
        home.facts.area_sqft,
    ]
