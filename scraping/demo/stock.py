"""Any number of generated listings behind the bundled Web API, which tests and benchmarks change as they please.

``python -m scraping.demo.stock --records 50000`` serves them from a process of its own: ``POST /control/change``
(``insert``, ``delete``) changes some, ``GET /control/truth`` says what there is.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Event

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from scraping.demo.chance import stream
from scraping.demo.server import DEFAULT_ACCESS_TOKEN, HOST, listen, running
from scraping.demo.sites.mls import Habits, service_routes
from scraping.demo.sites.mls_records import FIELDS
from scraping.demo.sites.odata import Collection

BEGAN_AT = datetime(2025, 1, 1, tzinfo=UTC)
STATUSES = ("Active", "Active", "Pending", "Closed", "Closed", "Withdrawn", "Canceled", "Expired")
STREETS = ("Juniper", "Larkspur", "Granite", "Harbor", "Meadow", "Orchard", "Quarry", "Willow")
ALIKE_CHANGES = 3
"""So many listings change in one moment."""


class GeneratedStock:
    """Listings that stand for nobody's home. Every change moves their clock on, and is an event."""

    def __init__(self, count: int, *, has_events: bool = False) -> None:
        self._records: dict[str, dict[str, object]] = {}
        self._made: Collection | None = None
        self._events: list[dict[str, object]] = []
        self._has_events = has_events
        self._moments = 0
        self._built = 0
        self.insert(count)

    def listings(self, origin: str) -> Collection:
        if self._made is None:
            self._made = Collection(list(self._records.values()))
        return self._made

    def events(self) -> Collection | None:
        return Collection(self._events) if self._has_events else None

    def insert(self, count: int) -> list[str]:
        """Add listings and return their keys."""
        keys = [f"S{number:07}" for number in range(self._built, self._built + count)]
        for key in keys:
            self._records[key] = _listing(self._built, key)
            self._built += 1
            self._touch(key)
        return keys

    def change(self, count: int, *, spread: int = 7, **facts: object) -> list[str]:
        """Give every ``spread``-th listing another price, or ``facts``, until ``count`` are changed."""
        keys = list(islice(self._records, 0, count * spread, spread))
        for key in keys:
            record = self._records[key]
            record.update(facts or {"ListPrice": int(str(record["ListPrice"])) + 500})
            self._touch(key)
        return keys

    def update(self, key: str, **facts: object) -> None:
        """Change one listing."""
        self._records[key].update(facts)
        self._touch(key)

    def delete(self, count: int, *, spread: int = 11) -> list[str]:
        """Take every ``spread``-th listing away, until ``count`` are gone."""
        keys = list(islice(self._records, 0, count * spread, spread))
        for key in keys:
            del self._records[key]
            self._note_event(key)
        self._made = None
        return keys

    def truth(self) -> dict[str, list[object]]:
        """Key → status, price and last change of every listing."""
        names = ("StandardStatus", "ListPrice", "ModificationTimestamp")
        return {key: [record[name] for name in names] for key, record in self._records.items()}

    def change_in_one_moment(self, count: int) -> list[str]:
        """Change ``count`` listings at once, as a service does that recomputes something for all."""
        keys = list(islice(self._records, count))
        moment = self._moment()
        for key in keys:
            self._records[key]["ModificationTimestamp"] = moment
            self._records[key]["ListPrice"] = int(str(self._records[key]["ListPrice"])) + 1
            self._note_event(key)
        self._made = None
        return keys

    def _touch(self, key: str) -> None:
        self._records[key]["ModificationTimestamp"] = self._moment()
        self._note_event(key)
        self._made = None

    def _moment(self) -> str:
        self._moments += 1
        at = BEGAN_AT + timedelta(seconds=self._moments // ALIKE_CHANGES)
        return f"{at:%Y-%m-%dT%H:%M:%S}Z"

    def _note_event(self, key: str) -> None:
        if self._has_events:
            number = len(self._events) + 1
            self._events.append(
                {"EntityEventSequence": number, "ResourceName": "Property", "ResourceRecordKey": key}
            )


def _listing(number: int, key: str) -> dict[str, object]:
    chance = stream("stock", number)
    house = 100 + number // len(STREETS)
    street = STREETS[number % len(STREETS)]
    facts = {
        "ListingKey": key,
        "ListingId": f"TM{number}",
        "StandardStatus": STATUSES[number % len(STATUSES)],
        "PropertyType": "Residential",
        "PropertySubType": "SingleFamilyResidence",
        "ListPrice": chance.randrange(150, 900) * 1000,
        "UnparsedAddress": f"{house} {street} Lane, Austin, TX 78704",
        "StreetNumber": str(house),
        "StreetName": street,
        "StreetSuffix": "Lane",
        "City": "Austin",
        "StateOrProvince": "TX",
        "PostalCode": "78704",
        "Latitude": round(30.2 + chance.random() / 10, 5),
        "Longitude": round(-97.8 + chance.random() / 10, 5),
        "BedroomsTotal": chance.randrange(1, 6),
        "BathroomsFull": chance.randrange(1, 4),
        "LivingArea": chance.randrange(700, 4000),
        "LivingAreaUnits": "SquareFeet",
        "OnMarketDate": "2024-11-05",
        "PublicRemarks": f"Bright rooms near the creek, garden and garage. Listing {number} of the stock.",
        "ListAgentFullName": "Casey Broker",
        "Media": [],
    }
    return {**dict.fromkeys(FIELDS), **facts}


@contextmanager
def serve_stock(stock: GeneratedStock, habits: Habits, *, port: int = 0) -> Iterator[str]:
    """Serve ``stock`` on loopback until the block ends; yields the service's root."""
    app = Starlette(routes=[*_controls(stock), *service_routes(stock, habits)])
    with listen(port) as listening, running(app, [listening]):
        yield f"http://{HOST}:{listening.getsockname()[1]}/odata"


def _controls(stock: GeneratedStock) -> list[BaseRoute]:
    async def control(request: Request) -> Response:
        verbs = {"insert": stock.insert, "change": stock.change, "delete": stock.delete}
        verb = verbs[request.path_params["verb"]]
        return JSONResponse(verb(int(request.query_params["count"])))

    async def truth(_request: Request) -> Response:
        return JSONResponse(stock.truth())

    async def robots(_request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /members/\n")

    return [
        Route("/robots.txt", robots),
        Route("/control/truth", truth),
        Route("/control/{verb}", control, methods=["POST"]),
    ]


def main() -> None:
    """Serve until interrupted, and print where."""
    parser = argparse.ArgumentParser(prog="python -m scraping.demo.stock", description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--events", action="store_true", help="offer EntityEvent")
    parser.add_argument("--next-links", choices=("skip", "mark", "none"), default="mark")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    given = parser.parse_args()
    stock = GeneratedStock(given.records, has_events=given.events)
    habits = Habits(access_token=DEFAULT_ACCESS_TOKEN, next_links=given.next_links, largest_top=1000)
    with serve_stock(stock, habits, port=given.port) as root:
        sys.stdout.write(f"{root}\n")
        sys.stdout.flush()
        Event().wait()


if __name__ == "__main__":
    main()
