"""Looking at the whole books: by the night, and whenever somebody asks. What is wrong stays an open alert."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from aiqleads.core import alerts
from billing.invariants import INVARIANTS, Finding, broken

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

AREA: Final = "books"


def verify() -> list[Finding]:
    """Ask every invariant; open an alert for each that is broken and close those of the others."""
    found = {finding.name: finding for finding in broken()}
    for invariant in INVARIANTS:
        key = f"{AREA}:{invariant.name}"
        if finding := found.get(invariant.name):
            where = ", ".join(finding.places[:3])
            alerts.open_alert(
                key=key, says=f"The books are wrong {finding.count} times: {invariant.says} ({where})"
            )
        else:
            alerts.close_alert(key=key)
    return list(found.values())


def are_right() -> bool:
    """Whether nothing was wrong when the books were last looked at."""
    return not alerts.open_alerts().filter(key__startswith=f"{AREA}:").exists()


def figures() -> "Iterator[Metric]":
    """How many invariants of the books were broken when they were last looked at."""
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    yield GaugeMetricFamily(
        "aiqleads_books_broken_invariants",
        "Invariants of the ledger that did not hold at the last look.",
        value=alerts.open_alerts().filter(key__startswith=f"{AREA}:").count(),
    )
