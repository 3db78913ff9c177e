"""Ten fixed searches: by words, around a place, in an area, by facets, deep, and by everything at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from marketplace import selectors
from marketplace.filters import ListingFilters
from marketplace.forms.finding import FilterForm

DEEP_PAGE: Final = 200
DALLAS: Final = "32.7767,-96.797"
NORTH_OF_TEXAS: Final = {
    "type": "Polygon",
    "coordinates": [
        [[-100.0, 31.0], [-96.0, 31.0], [-96.0, 34.0], [-98.0, 33.0], [-100.0, 34.0], [-100.0, 31.0]],
    ],
}
AREA: Final = DjangoJSONEncoder(separators=(",", ":")).encode(NORTH_OF_TEXAS)
WORDS: Final = {"literal": "1"}
"""What stands in ``q`` is searched for as it is; otherwise "condo" is a filter and no text."""
SEARCHES: Final[dict[str, dict[str, str | list[str]]]] = {
    "newest": {},
    "state": {"state": "TX", "beds_min": "4", "sort": "quality"},
    "text": {"q": "condo", **WORDS},
    "best match": {"q": "house bath", "sort": "relevance", **WORDS},
    "radius": {"near": DALLAS, "radius_miles": "25"},
    "nearest": {"near": DALLAS, "radius_miles": "500", "sort": "distance"},
    "polygon": {"polygon": AREA},
    "facets": {"state": "TX", "kind": ["fsbo", "expired"], "facets": "1"},
    "deep cursor": {"sort": "price"},
    "everything": {
        "q": "house", **WORDS, "near": DALLAS, "radius_miles": "200", "polygon": AREA, "state": "TX",
        "kind": ["fsbo", "expired"], "tier": ["standard", "premium"], "beds_min": "2", "asking_max": "600000",
        "sort": "quality",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One of the searches: its query string, and the SQL that answers it when sent alone."""

    name: str
    query: str
    statements: Sequence[str]


def shapes() -> list[Shape]:
    """The searches among the leads that are there now."""
    return [_shape(name, asked) for name, asked in SEARCHES.items()]


def _shape(name: str, asked: dict[str, str | list[str]]) -> Shape:
    filters, cursor = _filters(asked), None
    for _ in range(DEEP_PAGE if name == "deep cursor" else 0):
        cursor = selectors.search(filters, cursor=cursor).next or cursor
    statements = [_last_statement(filters, cursor)]
    if "facets" in asked:
        statements.append(_facet_statement(filters))
    query = urlencode({**asked, **({"cursor": cursor} if cursor else {})}, doseq=True)
    return Shape(name=name, query=query, statements=statements)


def _filters(asked: dict[str, str | list[str]]) -> ListingFilters:
    form = FilterForm(QueryDict(urlencode(asked, doseq=True)))
    if not form.is_valid():
        raise RuntimeError(f"A search of the benchmark is refused: {form.errors.as_json()}")
    return form.filters()


def _last_statement(filters: ListingFilters, cursor: str | None) -> str:
    """The search as PostgreSQL gets it: what comes before it, a look at some pages of the table, is our own."""
    with CaptureQueriesContext(connection) as captured:
        selectors.search(filters, cursor=cursor)
    return str(captured.captured_queries[-1]["sql"])


def _facet_statement(filters: ListingFilters) -> str:
    with CaptureQueriesContext(connection) as captured:
        selectors.facets(filters)
    return str(captured.captured_queries[-1]["sql"])
