"""A listing service of generated records, and a source that follows it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from leads.models import Observation, Source, SourceRight
from scraping import services
from scraping.demo.sites.mls import Habits
from scraping.demo.stock import GeneratedStock, serve_stock
from scraping.feeds.reso import replication
from scraping.models import CrawlRun, FeedAccess

TOKEN = "a-token-for-tests"


@dataclass
class Service:
    """A running service, and how its source is followed."""

    stock: GeneratedStock
    habits: Habits
    root: str = ""
    source: Source = field(default_factory=Source)

    def follow(self) -> CrawlRun:
        """One whole run, as the command does it."""
        run = services.start_run(slug=self.source.pk)
        return services.finish_run(run, ending=replication.follow(run))

    def access(self, **facts: object) -> None:
        """Record how the feed is entered; every key is compared in each run unless said otherwise."""
        FeedAccess.objects.update_or_create(source=self.source, defaults={"reconcile_hours": 0, **facts})

    def stored(self) -> dict[str, list[object]]:
        """Key → status, price and last change, of what is standing; as the stock's own truth."""
        rows = [item.raw or {} for item in Observation.objects.filter(source=self.source, gone_at=None)]
        return {row["external_id"]: [row["status"], int(row["asking_price"]), row["updated_at"]] for row in rows}

    def truth(self) -> dict[str, list[object]]:
        """What ``stored`` should be."""
        return {
            key: [str(status).lower(), price, changed_at]
            for key, (status, price, changed_at) in self.stock.truth().items()
        }


@pytest.fixture
def serve(transactional_db: None) -> Iterator[Callable[..., Service]]:
    """Start a service and make its source; everything stops with the test."""
    running = []

    def start(count: int = 24, *, has_events: bool = False, may_suppress: bool = True, **habits: object) -> Service:
        service = Service(GeneratedStock(count, has_events=has_events), Habits(access_token=TOKEN, **habits))
        served = serve_stock(service.stock, service.habits)
        service.root = served.__enter__()
        running.append(served)
        service.source = _make_source(service.root, may_suppress=may_suppress)
        service.access(page_size=7)
        return service

    yield start
    for served in running:
        served.__exit__(None, None, None)


def _make_source(root: str, *, may_suppress: bool) -> Source:
    source = Source.objects.create(
        slug="acme-mls",
        name="Acme MLS",
        family=Source.Family.MLS,
        reader="reso",
        base_url=root,
        access_token=TOKEN,
    )
    SourceRight.objects.create(
        source=source,
        basis=SourceRight.Basis.LICENSED,
        may_list=True,
        may_suppress=may_suppress,
        document="a licence",
        during=("2020-01-01T00:00:00Z", None),
    )
    return source
