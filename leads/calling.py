"""Looking our own numbers up in the do-not-call lists in force, again before a month is over."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import DoNotCallCheck
from accounts.services import do_not_call
from accounts.services.do_not_call import InForce
from aiqleads.core import clock, transactions
from leads.models import Contact

AT_ONCE: Final = 2_000
EDITION: Final = "#"
"""Stands between a list's slug and its edition's number in ``Contact.dnc_looked_in``."""
AGAIN_AFTER: Final = timedelta(days=24)
"""A week before a check is too old to call by."""
_NOTE: Final = """
UPDATE leads_contact contact SET dnc_checked_at = core_now(), dnc_looked_in = %(lists)s::varchar[],
    dnc_found_in = array_remove(string_to_array(found.lists, ','), '')::varchar[]
FROM unnest(%(ids)s::uuid[], %(found)s::text[]) found (id, lists) WHERE contact.id = found.id
"""


def check_numbers() -> DoNotCallCheck | None:
    """Look up every number that was not for a while, or not in an edition in force; None where no list is.

    Safe to run twice and to kill: what was looked up is noted batch by batch. A number under an edition's own key
    is found by its hash; only after a change of keys is it decrypted.
    """
    editions = do_not_call.editions_in_force()
    due = _due(editions)
    if not editions or not due.exists():
        return None
    run = DoNotCallCheck.objects.create(edition_ids=[one.edition_id for one in editions])
    numbers = listed = 0
    while batch := list(due.order_by("dnc_checked_at", "pk").only("phone", "phone_hash")[:AT_ONCE]):
        found = _look_up(batch, editions)
        _note(batch, editions, found)
        numbers += len(batch)
        listed += sum(bool(lists) for lists in found)
    DoNotCallCheck.objects.filter(pk=run.pk).update(numbers=numbers, listed=listed, ended_at=clock.Now())
    run.refresh_from_db()
    return run


def _due(editions: Sequence[InForce]) -> QuerySet[Contact]:
    """Never looked up, or not for a while, or not in one of these very editions."""
    late = Q(dnc_checked_at=None) | Q(dnc_checked_at__lt=clock.now() - AGAIN_AFTER)
    return Contact.objects.filter(late | ~Q(dnc_looked_in__contains=_names(editions))).exclude(phone_hash="")


def _names(editions: Iterable[InForce]) -> list[str]:
    return [f"{one.slug}{EDITION}{one.edition_id}" for one in editions]


def lists_of(names: Iterable[str] | None) -> frozenset[str]:
    """The slugs of the lists whose editions a contact was looked up in."""
    return frozenset(name.partition(EDITION)[0] for name in names or ())


def _look_up(batch: Sequence[Contact], editions: Iterable[InForce]) -> list[list[str]]:
    """By contact, the lists that it stands in."""
    found: dict[int, list[str]] = defaultdict(list)
    for edition in editions:
        digests = [_digest(contact, edition) for contact in batch]
        hits = do_not_call.listed(edition, digests)
        for index, digest in enumerate(digests):
            if digest in hits:
                found[index].append(edition.slug)
    return [found[index] for index in range(len(batch))]


def _digest(contact: Contact, edition: InForce) -> bytes:
    if contact.phone_hash.startswith(f"{edition.key_version}:") or not contact.phone:
        return do_not_call.digest_of_hash(contact.phone_hash)
    return do_not_call.digest_under(edition.key_version, contact.phone.partition(";")[0])


@transactions.write
def _note(batch: Sequence[Contact], editions: Sequence[InForce], found: Sequence[Sequence[str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            {
                "lists": _names(editions),
                "ids": [contact.pk for contact in batch],
                "found": [",".join(lists) for lists in found],
            },
        )
