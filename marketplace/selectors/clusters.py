"""What is on offer as a map shows it: clusters on a grid, single leads where there is room for them.

A window of up to ``MOST_COUNTED_EACH`` offers is counted in full. One with more is estimated from one lead in 32:
indexes hold the points of all and of those.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q

from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing
from marketplace.querysets import ListingQuerySet
from marketplace.sampling import SAMPLED_ONE_IN, IsSampled
from marketplace.selectors.matching import settled
from marketplace.selectors.sampling import remembered

MOST_COUNTED_EACH: Final = 20_000
SURELY_MORE: Final = 2
"""Where the sample speaks of so many times that number, no offer needs to be counted to know."""
SINGLE_BELOW: Final = 40
"""So few offers in a window are shown one by one, from ``SINGLE_FROM_ZOOM`` on."""
SINGLE_FROM_ZOOM: Final = 10
LARGEST_ZOOM: Final = 18
CELLS_PER_TILE: Final = 3
"""On each side: cells of 85 pixels on tiles of 256, room for a number in a circle or a price."""
NORTHERNMOST: Final = 85.0511
"""Degrees of latitude at which Mercator's square map of the earth ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What part of the earth a map shows, in degrees. ``west`` beyond ``east`` spans the antimeridian.

    :param zoom: 0 shows the earth on one tile of 256 pixels, each next one on four times as many
    """

    west: float
    south: float
    east: float
    north: float
    zoom: int

    @property
    def holds(self) -> Q:
        """Whether an offer's point lies in it. In plain comparisons, which tell the planner how many to expect."""
        inside = Q(longitude__gte=self.west) & Q(longitude__lte=self.east)
        if self.west > self.east:
            inside = Q(longitude__gte=self.west) | Q(longitude__lte=self.east)
        return inside & Q(latitude__range=(self.south, self.north))


@dataclass(frozen=True, slots=True)
class Cluster:
    """Offers that lie close to each other at a zoom: how many, their mean point, and the box around them."""

    count: int
    latitude: float
    longitude: float
    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """What a window shows, and how many matching offers have no point (at most ``MOST_COUNTED_EACH``).

    :param listings: the single ones, each with its holds
    :param is_estimated: counts come from a sample and are rounded to two digits
    """

    clusters: list[Cluster]
    listings: list[Listing]
    not_on_map: int
    is_estimated: bool

    @property
    def count(self) -> int:
        """How many offers the window shows."""
        return _total(self.clusters) + len(self.listings)


def map_view(filters: ListingFilters, window: Window, *, most_counted: int = MOST_COUNTED_EACH) -> MapView:
    """The matching offers in a window. Estimates may be a moment old."""
    filters = settled(filters)
    asked = (most_counted, window, replace(filters, sort=Sort.NEWEST))
    return remembered(
        "map", asked, lambda: _map_view(filters, window, most_counted), is_large=lambda view: view.is_estimated
    )


def _map_view(filters: ListingFilters, window: Window, most_counted: int) -> MapView:
    offers = Listing.objects.offered().matching(filters)
    seen = offers.filter(window.holds)
    estimated = [] if filters.names() else _estimated(seen, window.zoom)  # what is rare is counted sooner
    are_many = _total(estimated) > SURELY_MORE * most_counted
    cells = [] if are_many else _cells(seen[: most_counted + 1], window.zoom)
    is_estimated = are_many or _total(cell.cluster for cell in cells) > most_counted
    clusters, listings = (
        (estimated or _estimated(seen, window.zoom), []) if is_estimated else _apart(cells, seen, window.zoom)
    )
    return MapView(
        clusters=clusters,
        listings=listings,
        not_on_map=offers.filter(latitude=None)[:most_counted].count(),
        is_estimated=is_estimated,
    )


def _total(clusters: Iterable[Cluster]) -> int:
    return sum(cluster.count for cluster in clusters)


def counts_by_state(filters: ListingFilters, *, most_counted: int = MOST_COUNTED_EACH) -> tuple[Counter[str], bool]:
    """How many offers match in each state, and whether these numbers are estimated as ``map_view``'s are."""
    states = Listing.objects.offered().matching(settled(filters)).values_list("state_code", flat=True)
    counted = Counter(states[: most_counted + 1])
    if counted.total() <= most_counted:
        return counted, False
    sampled = Counter(states.filter(IsSampled("pk")))
    return Counter({state: _about(count) for state, count in sampled.items()}), True


class _Cell(NamedTuple):
    cluster: Cluster
    a_lead_id: UUID


def _cells(offers: ListingQuerySet, zoom: int) -> list[_Cell]:
    """The offers by the cell of a grid that they lie in, on Mercator's map; the fullest first."""
    try:
        found, values = offers.values_list("pk", "latitude", "longitude").query.sql_with_params()
    except EmptyResultSet:  # a filter that nothing can match, such as a county without ZIP codes
        return []
    cells = CELLS_PER_TILE * 2**zoom
    statement = f"""
        SELECT count(*), avg(latitude), avg(longitude),
            min(latitude), min(longitude), max(latitude), max(longitude), (array_agg(lead_id))[1]
        FROM ({found}) AS found (lead_id, latitude, longitude)
        GROUP BY floor((longitude + 180) / 360 * {cells}),
            floor(asinh(tand(least({NORTHERNMOST}, greatest(-{NORTHERNMOST}, latitude)))) / (2 * pi()) * {cells})
        ORDER BY 1 DESC, 2, 3
    """  # noqa: S608  (the inner query's values are parameters, the rest are numbers)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_Cell(Cluster(*row[:-1]), row[-1]) for row in cursor.fetchall()]


def _apart(cells: list[_Cell], seen: ListingQuerySet, zoom: int) -> tuple[list[Cluster], list[Listing]]:
    """Which offers stand together and which alone; all of them alone where few are seen from near."""
    count = _total(cell.cluster for cell in cells)
    if zoom >= SINGLE_FROM_ZOOM and count <= SINGLE_BELOW:
        return [], list(seen.with_holds().order_by("pk"))
    alone = [cell.a_lead_id for cell in cells if cell.cluster.count == 1]
    together = [cell.cluster for cell in cells if cell.cluster.count > 1]
    return together, list(Listing.objects.filter(pk__in=alone).with_holds().order_by("pk"))


def _estimated(seen: ListingQuerySet, zoom: int) -> list[Cluster]:
    """Clusters of the sample as if of all offers; none stands alone, since its neighbours may not be sampled."""
    return [_scaled(cell.cluster) for cell in _cells(seen.filter(IsSampled("pk")), zoom)]


def _scaled(sampled: Cluster) -> Cluster:
    """A cluster of the sample as one of all offers."""
    return replace(sampled, count=_about(sampled.count))


def _about(sampled: int) -> int:
    """So many of the sample as a number of all offers, rounded to two digits."""
    return int(float(f"{sampled * SAMPLED_ONE_IN:.1e}"))
