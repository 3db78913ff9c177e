"""What the kernel tells Prometheus: how far the audit trail is sealed, and its head.

Whoever scrapes keeps the heads, outside the database: a trail that was cut off at its end lacks one of them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from aiqleads.core.models import AuditSeal

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

AREA: Final = "core"


def figures() -> "Iterator[Metric]":
    """The audit trail's last sealed number, and the hash over everything up to it."""
    from prometheus_client.metrics_core import (  # noqa: PLC0415  (scraped processes alone)
        GaugeMetricFamily,
        InfoMetricFamily,
    )

    newest = AuditSeal.objects.order_by("-first_number").first()
    yield GaugeMetricFamily(
        "aiqleads_audit_sealed_number",
        "The last entry of the audit trail that a seal covers.",
        value=newest.last_number if newest else 0,
    )
    yield InfoMetricFamily(
        "aiqleads_audit_head",
        "The newest seal of the audit trail.",
        value={"sha256": newest.sha256 if newest else ""},
    )
