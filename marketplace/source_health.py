"""How good a source's leads proved: what of them was sold of late, and what came back because they were bad."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q

from aiqleads.core import clock
from aiqleads.core.alerts import Finding
from leads.models import Observation, Source
from marketplace.models import Purchase, Return
from marketplace.return_rules import SOLD_AGAIN, Reason
from scraping.afterwards import Line

DAYS: Final = 90
LEAST_SALES: Final = 20
"""Fewer say nothing about a source."""
TOO_MANY_PERCENT: Final = 15
ALERT_AREA: Final = "source.returns"
NOT_THE_SOURCES: Final = SOLD_AGAIN | {Reason.SAME_HOME, Reason.ERASED}
"""Grounds that do not speak against whoever told of the lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Of a source's leads: how many were sold, and for what how many came back."""

    sold: int
    grounds: Counter[Reason]

    @property
    def bad(self) -> int:
        """How many came back because of what the source had told."""
        return sum(count for ground, count in self.grounds.items() if ground not in NOT_THE_SOURCES)

    @property
    def percent(self) -> int:
        return round(self.bad * 100 / self.sold) if self.sold else 0

    @property
    def is_bad(self) -> bool:
        return self.sold >= LEAST_SALES and self.bad * 100 > TOO_MANY_PERCENT * self.sold


def record_of(source: Source) -> Record:
    """Count the purchases of the last ``DAYS`` days whose lead the source had told of before they were made."""
    told = Observation.objects.filter(source=source, first_seen_at__lte=OuterRef("bought_at"))
    of_the_source = Exists(told.filter(lead=OuterRef("lead"))) | Exists(
        told.filter(lead=OuterRef("lead__merged_into"))
    )
    recent = Purchase.objects.filter(Q(of_the_source), bought_at__gte=clock.now() - timedelta(days=DAYS))
    grounds = recent.filter(return_request__state=Return.State.ACCEPTED).values_list(
        "return_request__ground", flat=True
    )
    return Record(sold=recent.count(), grounds=Counter(map(Reason, grounds)))


def lines_of(source: Source) -> list[Line]:
    """What a source's page says of it."""
    record = record_of(source)
    lines = [(f"Sold in {DAYS} days", f"{record.sold:,}")]
    if record.sold:
        lines.append(("Given back because they were bad", f"{record.bad:,} ({record.percent} %)"))
    lines += [(ground.label, f"{count:,}") for ground, count in record.grounds.most_common()]
    return lines


def bad_sources() -> Iterator[Finding]:
    """Sources of which too much comes back; the alert ends when it gets less."""
    for source in Source.objects.order_by("pk"):
        record = record_of(source)
        if record.is_bad:
            yield Finding(
                key=f"{ALERT_AREA}:{source.pk}",
                says=f"Of {record.sold} leads of {source.name} sold in {DAYS} days {record.bad} were given back "
                f"because they were bad ({record.percent} %). Look at its newest adverts, or trust it less.",
                subject=source,
            )
