"""Figures for Prometheus, told by whoever knows them and counted where they are written down.

No process keeps counters of its own: a scrape of any asks the database (or Redis) and gets the same figures, and a
restart loses none. Counters that begin anew each day at 00:00 UTC say so; Prometheus takes that for a restart.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

Tell = Callable[[], "Iterable[Metric]"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_TELLERS: dict[str, Tell] = {}


def tell(area: str, figures: Tell) -> None:
    """Have ``figures`` asked at each scrape; an area has one teller."""
    _TELLERS[area] = figures


def exposition() -> bytes:
    """Everything that is told, in Prometheus's text format."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415  (scraped processes alone)

    registry = CollectorRegistry()
    registry.register(_Everything())
    return bytes(generate_latest(registry))


class _Everything:
    def collect(self) -> "Iterator[Metric]":
        for _, figures in sorted(_TELLERS.items()):
            yield from figures()

    def describe(self) -> "Iterable[Metric]":
        return ()
