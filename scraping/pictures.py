"""The pictures of adverts: which are to be looked at, and what is kept of them. Never the pictures themselves.

Queued in a run's way, looked at behind its pages (``scraping.spiders.pictures``): only how a picture looks is
kept, in 64 bits, and its validators, so that it is sent again only where it changed. A run that is killed leaves
what it did not come to in the queue.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import QuerySet

from aiqleads.core import clock
from aiqleads.core.personal_data import keyed_hash
from aiqleads.core.public_network import NotPublic, public_addresses
from leads import services as leads
from leads.ingest import Ingested
from leads.models import Source
from leads.records import ListingRecord
from scraping.models import AdvertPictures, PictureMemory

PICTURES_PER_ADVERT: Final = 2
"""Whoever takes pictures from another advert takes the first ones."""
ADVERTS_PER_RUN: Final = 2_000
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_SECONDS: Final = 240
"""What a run spends on pictures at most; the rest waits for the next run."""
LONGEST_ADDRESS: Final = 2_000
PORTS: Final = frozenset({None, 80, 443})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one picture answered.

    :param bits: its look (``leads.images.look``); ``None`` where it shows nothing
    """

    bits: int | None
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """The pictures of one advert that are to be looked at; ``known`` are those that were looked at before."""

    observation_id: UUID
    addresses: tuple[str, ...]
    known: Mapping[str, Look]


def enqueue(source: Source, records: Sequence[ListingRecord], ingested: Sequence[Ingested]) -> int:
    """Note which pictures of adverts that are leads were not looked at yet. Return how many adverts have some.

    Safe to run twice: what was looked at once of a sighting is not queued again.
    """
    rows = [
        AdvertPictures(
            observation_id=result.observation_id,
            source=source,
            addresses=list(record.image_urls[:PICTURES_PER_ADVERT]),
        )
        for record, result in zip(records, ingested, strict=True)
        if result.observation_id and result.lead_id and record.image_urls
    ]
    AdvertPictures.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def is_due(source: Source) -> bool:
    """Whether pictures of ``source`` wait to be looked at."""
    return _due(source).exists()


def due(source: Source) -> list[Album]:
    """What a run looks at: the adverts that wait longest, as far as they are still there."""
    rows = _due(source).filter(observation__gone_at=None).order_by("noted_at", "pk")[:ADVERTS_PER_RUN]
    found = {row.pk: tuple(row.addresses) for row in rows}
    known = _known(source, {address for addresses in found.values() for address in addresses})
    return [
        Album(
            observation_id=key,
            addresses=addresses,
            known={address: known[address] for address in addresses if address in known},
        )
        for key, addresses in found.items()
    ]


def _due(source: Source) -> QuerySet[AdvertPictures]:
    return AdvertPictures.objects.filter(source=source, addresses__isnull=False)


def _known(source: Source, addresses: Collection[str]) -> dict[str, Look]:
    hashes = {_address_hash(address): address for address in addresses}
    rows = PictureMemory.objects.filter(source=source, address_hash__in=hashes)
    return {
        hashes[row.address_hash]: Look(bits=row.bits, etag=row.etag, last_modified=row.last_modified)
        for row in rows
    }


def keep(source: Source, looks: Mapping[UUID, Mapping[str, Look]]) -> None:
    """Keep how the pictures of adverts look: observation → address → look. Their leads are judged again.

    Killed in the middle, it is done again: the queue is emptied last.
    """
    _remember(source, {address: look for album in looks.values() for address, look in album.items()})
    bits = {key: [look.bits for look in album.values() if look.bits is not None] for key, album in looks.items()}
    leads.note_looks(looks=bits)
    AdvertPictures.objects.filter(pk__in=looks).update(addresses=None)


def _remember(source: Source, looks: Mapping[str, Look]) -> None:
    now = clock.now()
    PictureMemory.objects.bulk_create(
        (
            PictureMemory(
                source=source,
                address_hash=_address_hash(address),
                etag=look.etag,
                last_modified=look.last_modified,
                bits=look.bits,
                seen_at=now,
            )
            for address, look in looks.items()
        ),
        update_conflicts=True,
        unique_fields=["source", "address_hash"],
        update_fields=["etag", "last_modified", "bits", "seen_at"],
    )


def _address_hash(address: str) -> str:
    return keyed_hash(address, purpose="picture")


def refusal(address: str, *, site_host: str) -> str:
    """Why a picture's address is not asked at all; "" where it may be. Looks names up: never on an event loop.

    An advert names any address it likes: one inside our own network is none of a site's.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an address that is none"
    if parts.scheme not in {"http", "https"} or not host or len(address) > LONGEST_ADDRESS:
        return "an address that is none"
    if parts.netloc == site_host:
        return ""
    return "" if port in PORTS and _is_public(host) else "an address that is not on the public network"


def _is_public(host: str) -> bool:
    try:
        return bool(public_addresses(host))
    except NotPublic:
        return False


def worth_asking(addresses: Iterable[str], *, site_host: str) -> dict[str, str]:
    """Address → why it is not asked, or ""."""
    return {address: refusal(address, site_host=site_host) for address in addresses}
