"""What has to be looked at in the inbox and between our books and the providers': alerts, and figures."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Sum

from aiqleads.core import alerts, clock
from aiqleads.core.alerts import Finding
from billing.models import Difference, InboxMessage, InboxRefusals, Reconciliation
from billing.providers import choosing

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

AREA: Final = "inbox"
NOBODY_WORKS: Final = timedelta(minutes=15)
MANY_REFUSED: Final = 20
"""A day: more than a stranger's try or two. A wrong secret refuses all there are."""
LOOKS_ARE_DUE: Final = timedelta(hours=36)


def watch() -> None:
    """Have it looked at whenever alerts are."""
    alerts.watch("inbox.stuck", _stuck)
    alerts.watch("inbox.refused", _refused)
    alerts.watch("reconcile.open", _differing)
    alerts.watch("reconcile.late", _late)


def figures() -> "Iterator[Metric]":
    """Messages by what became of them, those refused today, and differences that are open."""
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415  (scraped processes alone)

    messages = GaugeMetricFamily(
        "aiqleads_inbox_messages", "Messages of providers that are kept.", labels=["provider", "state"]
    )
    counted = InboxMessage.objects.values("provider", "state").annotate(count=Count("pk")).order_by()
    for row in counted:
        messages.add_metric([row["provider"], row["state"]], row["count"])
    refused = GaugeMetricFamily(
        "aiqleads_inbox_refused_today",
        "Messages that were turned away since 00:00 UTC.",
        labels=["provider", "why"],
    )
    for one in InboxRefusals.objects.filter(day=clock.now().date()):
        refused.add_metric([one.provider, one.why], one.count)
    yield messages
    yield refused
    yield GaugeMetricFamily(
        "aiqleads_reconciliation_differences",
        "Differences between our books and the providers' that nobody has closed.",
        value=Difference.objects.filter(closed_at=None).count(),
    )


def _stuck() -> Iterator[Finding]:
    untried = InboxMessage.objects.filter(state="waiting", attempts=0, received_at__lt=clock.now() - NOBODY_WORKS)
    if count := untried.count():
        yield Finding(key="inbox.stuck:now", says=f"{count} messages of providers wait and nobody works them.")


def _refused() -> Iterator[Finding]:
    today = InboxRefusals.objects.filter(day=clock.now().date())
    for row in today.values("provider").annotate(count=Sum("count")).filter(count__gte=MANY_REFUSED).order_by():
        provider, count = row["provider"], row["count"]
        yield Finding(
            key=f"inbox.refused:{provider}",
            says=f"{count} messages in {provider}'s name were refused today. Is its secret the right one?",
        )


def _differing() -> Iterator[Finding]:
    open_ones = Difference.objects.filter(closed_at=None).values("provider").annotate(count=Count("pk")).order_by()
    for row in open_ones:
        says = f"Our books and those of {row['provider']} differ in {row['count']} places."
        yield Finding(key=f"reconcile.open:{row['provider']}", says=says)


def _late() -> Iterator[Finding]:
    for provider in choosing.offered():
        looks = Reconciliation.objects.filter(provider=provider)
        first = looks.order_by("started_at").first()
        done = looks.filter(finished_at__isnull=False).order_by("-started_at").first()
        last = done or first
        if last and last.started_at < clock.now() - LOOKS_ARE_DUE:
            says = f"Nobody has seen the books of {provider} since {last.started_at:%Y-%m-%d %H:%M} UTC."
            yield Finding(key=f"reconcile.late:{provider}", says=says)
