"""How many offers a search would find for each choice of a filter, with all its other filters in force.

One statement counts everything, and looks at a few thousand offers however many there are. It reads some pages of
the table, picked by chance but always the same ones. If the offers of the searched place prove to be few, it counts
them all by their index instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connection
from django.db.models import Expression, F, QuerySet

from marketplace.facets import FACETS, MOST_CHOICES, Choice, Facet
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing
from marketplace.querysets import fits, matches
from marketplace.selectors.sampling import remembered, sampled, share_of

SAMPLED_PAGES: Final = 800
"""Of 8 KB, with a dozen offers in each."""
MOST_EXAMINED: Final = 5_000
"""If a place has about so many offers, all are counted."""
NO_FILTERS: Final = ListingFilters()
CHOICES: Final = tuple(name for facet in FACETS for name in facet.filters)
"""The filters that choose among the values of a facet."""
PLACED: Final = ("q", "near", "radius_miles", "polygon", "state", "city", "county", "zip")
"""The filters that say where or in which words: an index answers them."""
Query = tuple[str, tuple[Any, ...]]
Column = Expression | F


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Choices by the name of their facet, and whether any count comes from a sample."""

    choices: dict[str, list[Choice]]
    is_estimated: bool


def facets(filters: ListingFilters, *, sampled_pages: int = SAMPLED_PAGES) -> Facets:
    """Count the offers for each choice of each facet. Estimates have two digits, and may be a moment old."""
    asked = (sampled_pages, replace(filters, sort=Sort.NEWEST))
    return remembered(
        "facets", asked, lambda: _facets(filters, sampled_pages), is_large=lambda counted: counted.is_estimated
    )


def _facets(filters: ListingFilters, sampled_pages: int) -> Facets:
    statement, values = _statement(filters, sampled_pages)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return _read(cursor.fetchall())


def _read(rows: list[tuple[str, str, float]]) -> Facets:
    """Turn ``(facet, value, offers)`` into choices; ``share:<pool>`` tells which share of a pool was counted."""
    shares = {name: share for name, _, share in rows if name.startswith("share:")}
    choices = {}
    for facet in FACETS:
        share = shares.get(f"share:{facet.name}", shares["share:"])
        counted = {value: _about(count, share) for name, value, count in rows if name == facet.name}
        choices[facet.name] = facet.choices(counted)
    return Facets(choices=choices, is_estimated=min(shares.values()) < 1)


def _about(count: float, share: float) -> int:
    return round(count) if share == 1 else int(float(f"{count / share:.1e}"))


def _statement(filters: ListingFilters, sampled_pages: int) -> Query:
    """The sample, the pools of offers to count among, the counts. Every facet that says where has its own pool."""
    kept = {"": filters} | {facet.name: filters.without(*facet.filters) for facet in _chosen(filters, *PLACED)}
    places = {name: rest.only(*PLACED) for name, rest in kept.items()}
    pools = [part for name, place in places.items() for part in _pool(name, place, filters)]
    parts = [
        (f"size AS (SELECT {share_of(sampled_pages)} AS share)", ()),
        _sample(filters, places),
        *pools,
    ]
    counts = [f"SELECT 'share:{name}', NULL, share::float8 FROM share_{name}" for name in places]  # noqa: S608
    counts += [_counts(facet, facet.name if facet.name in places else "", filters) for facet in FACETS]
    statement = f"WITH {', '.join(sql for sql, _ in parts)} {' UNION ALL '.join(counts)}"
    return statement, tuple(value for _, values in parts for value in values)


def _chosen(filters: ListingFilters, *names: str) -> list[Facet]:
    """The facets among whose choices the filters choose, or those of them that do so by one of ``names``."""
    chosen = [facet for facet in FACETS if filters.only(*facet.filters) != NO_FILTERS]
    return [facet for facet in chosen if not names or set(names) & set(facet.filters)]


def _sample(filters: ListingFilters, places: dict[str, ListingFilters]) -> Query:
    """The offers on some pages of the table, and which of them are of which place."""
    is_placed: dict[str, Column] = {f"is_in_{name}": fits(place) for name, place in places.items()}
    sql, values = _told(Listing.objects.offered(), _columns(filters) | is_placed)
    pages = sampled(sql, "(SELECT share FROM size)")
    return f"sample AS MATERIALIZED ({pages})", values


def _pool(name: str, place: ListingFilters, filters: ListingFilters) -> Iterator[Query]:
    """What share of a place's offers to count, and these offers: of the sample, or all if they are few."""
    share = "SELECT share FROM size"
    are_few = f"count(*) < {MOST_EXAMINED} * ({share}) FROM sample WHERE is_in_{name}"
    if place != NO_FILTERS:
        share = f"SELECT CASE WHEN (SELECT {are_few}) THEN 1 ELSE share END AS share FROM size"  # noqa: S608
    yield f"share_{name} AS MATERIALIZED ({share})", ()
    columns = _columns(filters)
    all_of_place, values = _told(Listing.objects.offered().filter(matches(place)), columns)
    is_sampled = f"(SELECT share FROM share_{name}) = (SELECT share FROM size)"  # noqa: S608
    sampled = f"SELECT {', '.join(columns)} FROM sample WHERE is_in_{name} AND {is_sampled}"  # noqa: S608
    whole = f"SELECT * FROM ({all_of_place}) of_place WHERE NOT ({is_sampled})"  # noqa: S608
    yield f"pool_{name} AS MATERIALIZED ({sampled} UNION ALL {whole})", values


def _columns(filters: ListingFilters) -> dict[str, Column]:
    """What an offer counts for, and whether it fits the choices made in each facet, and all that is no choice."""
    values: dict[str, Column] = {f"value_{facet.name}": facet.value for facet in FACETS}
    choices = {f"fits_{facet.name}": fits(filters.only(*facet.filters)) for facet in _chosen(filters)}
    return values | choices | {"fits": fits(filters.without(*CHOICES, *PLACED))}


def _told(offers: QuerySet[Listing], columns: dict[str, Column]) -> Query:
    sql, values = offers.values(**columns).query.sql_with_params()
    return sql, values


def _counts(facet: Facet, pool: str, filters: ListingFilters) -> str:
    """The numbers of one facet's choices, among the offers that fit all other filters."""
    value = f"value_{facet.name}"
    fits = " AND ".join(["fits", *(f"fits_{other.name}" for other in _chosen(filters) if other != facet)])
    return (
        f"(SELECT '{facet.name}', {value}::text, count(*) FROM pool_{pool} WHERE {value} IS NOT NULL AND {fits}"  # noqa: S608
        f" GROUP BY {value} ORDER BY count(*) DESC, {value} LIMIT {MOST_CHOICES})"
    )
