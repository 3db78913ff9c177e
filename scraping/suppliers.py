"""Partners who send leads by program: their keys, and what becomes of what they send."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from aiqleads.core import audit, clock, transactions
from aiqleads.core.personal_data import keyed_hash, keyed_hashes
from leads import selectors
from leads import services as leads
from leads.ingest import Outcome, refusal
from leads.models import Source
from leads.normalise import normalise
from leads.records import ListingRecord, RawListing
from scraping.errors import KeyRefused, SupplierRefused
from scraping.models import SupplierKey

MAX_LEADS: Final = 500
TOGETHER: Final = 50
"""So many leads are stored in one transaction of their own: more would hold their locks for longer."""
REVOKED: Final = "this key was revoked while the leads came in"
_PURPOSE: Final = "supplier_key"
_NOTED_EVERY: Final = timedelta(minutes=1)
DUPLICATE: Final = "duplicate"
"""The outcome of a home that was known from elsewhere. From where is nobody's business; a test is not told."""
UNREADABLE: Final = {
    "address_unparsed": "address: house number and street cannot be told apart",
    "phone_unreadable": "phones: no number that can be dialled",
    "zip_unknown": "zip: there is no such ZIP code",
    "zip_contradicts_state": "zip: it lies in another state",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one lead that a supplier sent, or would; ``warnings`` name what could not be read."""

    id: str
    outcome: str
    reason: str
    warnings: tuple[str, ...]


@transactions.write
def issue_key(*, source: Source, name: str, actor_id: int) -> tuple[SupplierKey, str]:
    """Make a key for one source; return it with its plain text, which nobody can see again."""
    plain = f"sup_{secrets.token_urlsafe(32)}"
    key = SupplierKey.objects.create(
        source=source, name=name, beginning=plain[:10], key_hash=keyed_hash(plain, purpose=_PURPOSE)
    )
    audit.record(actor_id=actor_id, action="supplier_key.issued", subject=key, source=source.pk, name=name)
    return key, plain


@transactions.write
def revoke_key(*, key_id: UUID, actor_id: int) -> SupplierKey:
    """Let a key open nothing any more.

    :raises KeyRefused: it was revoked before
    """
    key = SupplierKey.objects.select_for_update().get(pk=key_id)
    if key.revoked_at:
        raise KeyRefused("This key was revoked before.")
    key.revoked_at = clock.now()
    key.save(update_fields=["revoked_at"])
    audit.record(actor_id=actor_id, action="supplier_key.revoked", subject=key, source=key.source_id)
    return key


def find_key(plain: str) -> SupplierKey | None:
    """The key with this plain text, unless it was revoked; notes that it was used, once a minute."""
    hashes = keyed_hashes(plain, purpose=_PURPOSE)
    key = SupplierKey.objects.filter(key_hash__in=hashes, revoked_at=None).select_related("source").first()
    now = clock.now()
    if key and (key.used_at is None or key.used_at < now - _NOTED_EVERY):
        # The plain text is here but once in a while: it is hashed under the newest of our keys while it is.
        SupplierKey.objects.filter(pk=key.pk).update(used_at=now, key_hash=keyed_hash(plain, purpose=_PURPOSE))
    return key


def receive(*, key: SupplierKey, listings: Sequence[RawListing], is_test: bool) -> list[Received]:
    """Take a supplier's leads in, each under the supplier's own id: the same again changes nothing.

    What comes after the key was revoked is rejected.

    :param is_test: read and judge them, and store nothing
    :raises SupplierRefused: no right in force lets this source's leads be offered, or the source is paused
    """
    _require_allowed(key.source)
    records = [normalise(listing) for listing in listings]
    if is_test:
        return [
            _received(record, "accepted", "") if not refusal(record) else _refused(record) for record in records
        ]
    batches = (records[start : start + TOGETHER] for start in range(0, len(records), TOGETHER))
    return [received for batch in batches for received in _take_in(batch, key)]


def _require_allowed(source: Source) -> None:
    right = selectors.right_in_force(source)
    if right is None or not right.may_list:
        raise SupplierRefused("No right in force lets leads of this source be offered. Ask your contact here.")
    if source.is_paused:
        raise SupplierRefused("This source is paused. Nothing was stored; try again later.")


def _take_in(records: Sequence[ListingRecord], key: SupplierKey) -> list[Received]:
    if SupplierKey.objects.filter(pk=key.pk).exclude(revoked_at=None).exists():
        return [_received(record, Outcome.REJECTED, REVOKED) for record in records]
    ingested = leads.ingest_many(records=records, source=key.source)
    new = [one.lead_id for one in ingested if one.outcome == Outcome.NEW and one.lead_id]
    known = selectors.told_elsewhere(new, key.source)
    return [
        _received(record, DUPLICATE if one.lead_id in known else one.outcome, one.reason)
        for record, one in zip(records, ingested, strict=True)
    ]


def _refused(record: ListingRecord) -> Received:
    return _received(record, Outcome.REJECTED, refusal(record))


def _received(record: ListingRecord, outcome: str, reason: str) -> Received:
    warnings = tuple(words for flag, words in UNREADABLE.items() if flag in record.flags)
    return Received(id=record.external_id or "", outcome=str(outcome), reason=reason, warnings=warnings)
