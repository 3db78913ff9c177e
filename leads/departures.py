"""Adverts that are no longer there: which ones a visit of their site did not meet, and noting that they went."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Q

from aiqleads.core import clock, transactions
from leads import sightings
from leads.ingest import supersede
from leads.models import Lead, Observation, Source

LIVE_STATES = (Lead.State.NEW, Lead.State.REVIEW, Lead.State.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """Adverts of one source that a visit did not meet, and what their going would mean.

    :param adverts: keyed hashes of what their site calls them
    :param lead_count: live leads that would have no advert of this source left
    :param of_lead_count: live leads that have one now
    :param other_count: adverts that are no leads, of a source that only takes leads off or values homes
    :param of_other_count: as many as stand there now
    """

    source: Source
    adverts: tuple[str, ...]
    lead_count: int
    of_lead_count: int
    other_count: int = 0
    of_other_count: int = 0

    @property
    def takes_most_leads(self) -> bool:
        """Whether more than half of the source's live leads would go: a fault does that more often than a site."""
        return self.lead_count * 2 > self.of_lead_count

    @property
    def takes_most_others(self) -> bool:
        """The same for adverts that are no leads: what they kept off the marketplace would come back."""
        return self.other_count * 2 > self.of_other_count


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
            unmet[observation.pk] = observation.external_id_hash
    return _unmet(source, Q(pk__in=unmet), tuple(unmet.values()))


def find_unlisted(*, source: Source, since: datetime | None, vanished_ids: Collection[str]) -> Unmet:
    """Which adverts of a feed were not met by their keys since ``since`` (None: leave these), or vanished.

    Nothing is decrypted: a feed may have a million adverts.
    """
    gone = Q(external_id_hash__in=[one for key in vanished_ids for one in sightings.external_id_hashes(key)])
    if since is not None:
        gone |= Q(last_seen_at__lt=since)
    standing = Observation.objects.filter(source=source, gone_at=None)
    unmet = _unmet(source, gone, tuple(standing.filter(gone).values_list("external_id_hash", flat=True)))
    others = standing.filter(lead=None)
    if not unmet.adverts:
        return unmet
    return replace(unmet, other_count=others.filter(gone).count(), of_other_count=others.count())


def _unmet(source: Source, gone: Q, adverts: tuple[str, ...]) -> Unmet:
    live = Observation.objects.filter(source=source, gone_at=None, lead__state__in=LIVE_STATES)
    before = set(live.values_list("lead_id", flat=True))
    after = set(live.exclude(gone).values_list("lead_id", flat=True))
    return Unmet(
        source=source,
        adverts=adverts,
        lead_count=len(before - after),
        of_lead_count=len(before),
    )


@transactions.write
def meet_again(*, source: Source, external_ids: Sequence[str]) -> frozenset[str]:
    """Note that these adverts are still there, by their keys alone. Return those that we have."""
    keys = {one: external_id for external_id in external_ids for one in sightings.external_id_hashes(external_id)}
    standing = Observation.objects.filter(source=source, external_id_hash__in=keys, gone_at=None)
    known = standing.values_list("external_id_hash", flat=True)
    Lead.objects.filter(pk__in=standing.exclude(lead=None).values("lead")).update(last_seen_at=clock.Now())
    met = frozenset(keys[known_hash] for known_hash in known)
    standing.update(last_seen_at=clock.Now())
    return met


@transactions.write
def end_offer(*, source: Source, external_id: str) -> bool:
    """End what an advert offers, because its source says something about it that nobody understands yet.

    What takes leads off goes on to: only an advert that is a lead ends.
    """
    hashes = sightings.external_id_hashes(external_id)
    offers = Observation.objects.filter(source=source, external_id_hash__in=hashes, lead__isnull=False)
    return supersede(offers)


def mark_unmet(unmet: Unmet) -> int:
    """Note that these adverts are gone, one transaction each; return how many were there until now."""
    return sum(_mark_gone(source=unmet.source, external_id_hash=advert) for advert in unmet.adverts)


@transactions.write
def mark_gone(*, source: Source, external_id: str) -> bool:
    """Note that an advert is no longer there; its lead is judged again. Return whether it was there before."""
    return _supersede_all(source, sightings.external_id_hashes(external_id))


@transactions.write
def _mark_gone(*, source: Source, external_id_hash: str) -> bool:
    return _supersede_all(source, [external_id_hash])


def _supersede_all(source: Source, hashes: Collection[str]) -> bool:
    return supersede(Observation.objects.filter(source=source, external_id_hash__in=hashes))


def _paths(urls: Collection[str]) -> frozenset[str]:
    return frozenset(path for path in map(_path, urls) if path)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.path else ""
