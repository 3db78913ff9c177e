"""Adverts that are no longer there: which ones a visit of their site did not meet, and noting that they went."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from aiqleads.core import transactions
from leads import sightings
from leads.ingest import supersede
from leads.models import Lead, Observation, Source

LIVE_STATES = (Lead.State.NEW, Lead.State.REVIEW, Lead.State.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """Adverts of one source that a visit did not meet, and what their going would mean.

    :param external_ids: the adverts, by what their site calls them
    :param lead_count: live leads that would have no advert of this source left
    :param of_lead_count: live leads that have one now
    """

    source: Source
    external_ids: tuple[str, ...]
    lead_count: int
    of_lead_count: int

    @property
    def takes_most_leads(self) -> bool:
        """Whether more than half of the source's live leads would go: a fault does that more often than a site."""
        return self.lead_count * 2 > self.of_lead_count


def find_unmet(
    *, source: Source, since: datetime, except_urls: frozenset[str], only_urls: frozenset[str] | None = None
) -> Unmet:
    """Which adverts of ``source`` were not met since ``since``.

    Addresses are compared without their host, because a site may move.

    :param except_urls: adverts that are left as they are, because their page failed
    :param only_urls: the only adverts that may be gone; ``None`` means any
    """
    standing = Observation.objects.filter(source=source, gone_at=None)
    spared, named = _paths(except_urls), None if only_urls is None else _paths(only_urls)
    unmet = {}
    for observation in standing.filter(last_seen_at__lt=since).iterator():
        raw = observation.raw or {}
        path = _path(raw.get("url") or "")
        if path not in spared and (named is None or path in named):
            unmet[observation.pk] = raw.get("external_id") or raw.get("url") or ""
    live = standing.filter(lead__state__in=LIVE_STATES)
    before = set(live.values_list("lead_id", flat=True))
    after = set(live.exclude(pk__in=unmet).values_list("lead_id", flat=True))
    return Unmet(
        source=source,
        external_ids=tuple(unmet.values()),
        lead_count=len(before - after),
        of_lead_count=len(before),
    )


def mark_unmet(unmet: Unmet) -> int:
    """Note that these adverts are gone, one transaction each; return how many were there until now."""
    return sum(mark_gone(source=unmet.source, external_id=external_id) for external_id in unmet.external_ids)


@transactions.write
def mark_gone(*, source: Source, external_id: str) -> bool:
    """Note that an advert is no longer there; its lead is judged again. Return whether it was there before."""
    external_id_hash = sightings.external_id_hash(external_id)
    return supersede(Observation.objects.filter(source=source, external_id_hash=external_id_hash))


def _paths(urls: Collection[str]) -> frozenset[str]:
    return frozenset(path for path in map(_path, urls) if path)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.path else ""
