"""The bundled source sites as sources of this database: which day they show, and where they are served now.

The sites take any free ports, so whoever serves them tells the sources where they are. An advert is known again
without its host, so that a move changes nothing.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Final

from django.db import transaction
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from leads.models import Source
from scraping.demo.county import county_files
from scraping.demo.server import SourceSites, serve
from scraping.demo.sites import hostile
from scraping.importing import Tally, import_rows, open_file
from scraping.mappings import choose_mapping
from scraping.models import BundledWorld
from scraping.spiders import SLUGS

SCHEDULE: Final = "Crawl {slug}"
COUNTY: Final = "demo-county"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWorld:
    """The generated world as the sites show it: its day, the date that its adverts' own dates follow, its size."""

    day: int
    today: date
    size_percent: int = 100


def shown_world() -> ShownWorld | None:
    """The world that this database was filled from last, or None before the demo was ever loaded."""
    row = BundledWorld.objects.first()
    return ShownWorld(day=row.day, today=row.shown_on, size_percent=row.size_percent) if row else None


def world_of(day: int, *, size_percent: int = 100) -> ShownWorld:
    """The world on ``day``, dated as at the first load, so that loading a day again later changes nothing."""
    shown = shown_world()
    today = shown.today if shown else datetime.now(UTC).date()
    return ShownWorld(day=day, today=today, size_percent=size_percent)


@transaction.atomic
def show(world: ShownWorld) -> None:
    """Note what the sites show from now on. The first time, their crawls start to run by the clock."""
    facts = {"day": world.day, "shown_on": world.today, "size_percent": world.size_percent}
    _, is_new = BundledWorld.objects.update_or_create(pk=1, defaults=facts)
    if is_new:
        names = [SCHEDULE.format(slug=slug) for slug in SLUGS]
        PeriodicTask.objects.filter(name__in=names).update(enabled=True, last_run_at=datetime.now(UTC))
        PeriodicTasks.update_changed()


def point_sources_at(sites: SourceSites) -> None:
    """Tell the bundled sources where they are served; rows that know it already are left alone.

    The hostile site is a source only where an operator made it one, with the slug of its module.
    """
    for source in Source.objects.filter(slug__in=(*SLUGS, hostile.SLUG)):
        token = sites.access_token if source.family == Source.Family.MLS else None
        if (source.base_url, source.access_token) != (sites.entrances[source.slug], token):
            source.base_url, source.access_token = sites.entrances[source.slug], token
            source.save(update_fields=["base_url", "access_token"])


def import_county(world: ShownWorld) -> dict[str, int]:
    """Bring the county's tables in as ``import_listings`` does; return how many rows came to which end."""
    source, tally = Source.objects.get(pk=COUNTY), Tally()
    for body in county_files(world.today).values():
        table = open_file(BytesIO(body))
        mapping = choose_mapping(source, table).mapping
        for _, ingested in import_rows(source=source, table=table, mapping=mapping):
            tally.add(ingested)
    return dict(tally.outcomes)


def serve_world(world: ShownWorld) -> AbstractContextManager[SourceSites]:
    """Serve ``world`` until the block ends.

    :raises ValueError: its day or its size is out of range
    """
    return serve(world.day, today=world.today, size_percent=world.size_percent)
