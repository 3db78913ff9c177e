"""Reads of waitlists: who stands where, and whose turn it is at this moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.models import Membership
from marketplace.models import Listing, WaitlistEntry

QUEUES: Final = """
SELECT waited.lead_id, entry.organisation_id, queue.turn_ends_at
FROM (SELECT DISTINCT lead_id FROM marketplace_waitlistentry WHERE lead_id = ANY(%s) AND left_at IS NULL) waited
CROSS JOIN LATERAL marketplace_waitlist(waited.lead_id, core_now()) queue
JOIN marketplace_waitlistentry entry ON entry.id = queue.entry_id
ORDER BY waited.lead_id, queue.place
"""

MOVING: Final = """
SELECT DISTINCT waiting.lead_id FROM marketplace_waitlistentry waiting
WHERE waiting.left_at IS NULL AND waiting.lead_id IN (
    SELECT lead_id FROM marketplace_claim
    WHERE state IN ('held', 'released') AND upper(during) > core_now() - interval '6 hours'
    AND upper(during) <= core_now()
    UNION ALL
    SELECT lead_id FROM marketplace_leadslot WHERE closed_at > core_now() - interval '6 hours')
"""
"""Six hours are the windows of 180 organisations, one after another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The organisations that wait for one lead, in order, and which of them has it to itself until when.

    ``turn_of`` and ``turn_ends_at`` are None while nobody's window runs: the lead is held, or free to everybody. It
    is the turn of the first, unless that one has had its window and joined anew.
    """

    organisation_ids: tuple[UUID, ...] = ()
    turn_of: UUID | None = None
    turn_ends_at: datetime | None = None

    @property
    def length(self) -> int:
        return len(self.organisation_ids)

    def place_of(self, member: Membership | None) -> int | None:
        """Where the member's organisation stands, from 1; None when it does not wait."""
        if member is None or member.organisation_id not in self.organisation_ids:
            return None
        return self.organisation_ids.index(member.organisation_id) + 1

    def is_turn_of(self, member: Membership | None) -> bool:
        """Whether the window that runs is the member's."""
        return member is not None and self.turn_of == member.organisation_id


NOBODY_WAITS: Final = Queue()


def queues(lead_ids: Collection[UUID]) -> dict[UUID, Queue]:
    """The waitlists of those leads that somebody waits for, as of the database's time."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUES, [list(lead_ids)])
        rows = cursor.fetchall()
    return {lead_id: _queue(list(entries)) for lead_id, entries in groupby(rows, key=lambda row: row[0])}


def moving_queues() -> dict[UUID, Queue]:
    """The waitlists in which a window may run: of leads that were free, or sold again, not long ago.

    The others are not looked at, however many there are: indexes tell which holds and copies ended lately.
    """
    with connection.cursor() as cursor:
        cursor.execute(MOVING)
        lead_ids = [row[0] for row in cursor.fetchall()]
    return queues(lead_ids) if lead_ids else {}


def _queue(entries: list[tuple[UUID, UUID, datetime | None]]) -> Queue:
    turns = [(organisation_id, ends_at) for _, organisation_id, ends_at in entries if ends_at]
    turn_of, turn_ends_at = turns[0] if turns else (None, None)
    return Queue(
        organisation_ids=tuple(organisation_id for _, organisation_id, _ in entries),
        turn_of=turn_of,
        turn_ends_at=turn_ends_at,
    )


def waited_for(buyer: Membership) -> list[Listing]:
    """The offers that the member's organisation waits for, with their holds; who joined first comes first."""
    entries = WaitlistEntry.objects.waiting().filter(organisation=buyer.organisation_id).order_by("joined_at")
    lead_ids = list(entries.values_list("lead_id", flat=True))
    if not lead_ids:
        return []
    listings = Listing.objects.with_holds().in_bulk(lead_ids)
    return [listings[lead_id] for lead_id in lead_ids]
