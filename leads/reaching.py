"""By which ways the owners of leads can be reached, as a passport is made of them. Nothing is decrypted here."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final
from uuid import UUID

from django.db import connection

from leads.calling import lists_of
from leads.objections import OBJECTS
from leads.passport import Agreement, Reach

TOLD: Final = f"""
SELECT lead.id AS lead_id, lead.state_code, lead.address_line <> '' AS has_address,
    coalesce(basis.basis, '') AS right_basis,
    told.has_phone, told.has_email, told.is_phone_fictitious, told.has_objected,
    told.text_version, told.given_at, told.channels, told.agents,
    told.dnc_checked_at, told.dnc_looked_in, told.dnc_found_in
FROM leads_lead lead
LEFT JOIN LATERAL (
    SELECT held.basis FROM leads_observation sighting
    JOIN leads_source source ON source.slug = sighting.source_id
    JOIN leads_sourceright held ON held.source_id = source.slug AND held.may_list AND held.during @> %(at)s
    WHERE sighting.lead_id = coalesce(lead.merged_into_id, lead.id)
    ORDER BY source.trust_percent DESC LIMIT 1) basis ON true
LEFT JOIN LATERAL (
    SELECT contact.phone IS NOT NULL AS has_phone, contact.email IS NOT NULL AS has_email,
        contact.dnc_checked_at, contact.dnc_looked_in, contact.dnc_found_in,
        contact.is_phone_fictitious, consent.text_version, consent.given_at, consent.channels, consent.agents,
        {OBJECTS.format(contact="contact")}
        OR EXISTS (SELECT FROM leads_contact other WHERE other.phone_hash = contact.phone_hash
            AND other.phone_hash <> '' AND {OBJECTS.format(contact="other")})
        OR EXISTS (SELECT FROM leads_contact other WHERE other.email_hash = contact.email_hash
            AND other.email_hash <> '' AND {OBJECTS.format(contact="other")})
        OR EXISTS (SELECT FROM accounts_suppression kept
            WHERE kept.lifted_at IS NULL AND kept.scope <> 'sale' AND kept.hash = ANY(
                contact.household_hashes || ARRAY[contact.phone_hash, contact.email_hash]::varchar[])
        ) AS has_objected
    FROM leads_contact contact
    JOIN leads_observation sighting ON sighting.id = contact.observation_id
    JOIN leads_sourceright held ON held.source_id = sighting.source_id AND held.may_list AND held.during @> %(at)s
    LEFT JOIN leads_consent consent ON consent.observation_id = sighting.id
    WHERE contact.lead_id = coalesce(lead.merged_into_id, lead.id)) told ON true
WHERE lead.id = ANY(%(leads)s)
ORDER BY lead.id
"""  # noqa: S608  (words of our own)


@dataclass(frozen=True, slots=True)
class _Told:
    """A contact of a lead, in the order of ``TOLD``; what a lead without any has of one is None."""

    lead_id: UUID
    state_code: str
    has_address: bool
    right_basis: str
    has_phone: bool | None
    has_email: bool | None
    is_phone_fictitious: bool | None
    has_objected: bool | None
    text_version: str | None
    given_at: datetime | None
    channels: list[str] | None
    agents: int | None
    dnc_checked_at: datetime | None
    dnc_looked_in: list[str] | None
    dnc_found_in: list[str] | None

    def agreements(self) -> Iterator[Agreement]:
        if self.text_version is not None and self.given_at and self.channels is not None and self.agents:
            yield Agreement(
                text_version=self.text_version, given_at=self.given_at, channels=self.channels, agents=self.agents
            )

    def reaches(self, *, has_objected: bool) -> Iterator[Reach]:
        agreed = frozenset(self.channels or ())
        if self.has_phone:
            is_fictitious = bool(self.is_phone_fictitious)
            yield Reach(
                channel="phone",
                agreed=agreed,
                is_fictitious=is_fictitious,
                has_objected=has_objected,
                dnc_checked_at=self.dnc_checked_at,
                dnc_looked_in=lists_of(self.dnc_looked_in),
                dnc_found_in=frozenset(self.dnc_found_in or ()),
            )
        if self.has_email:
            yield Reach(channel="email", agreed=agreed, has_objected=has_objected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """The ways to one owner, what they agreed to last, and on what basis we may hand them on ("" for none)."""

    reaches: list[Reach]
    agreement: Agreement | None
    has_address: bool
    right_basis: str
    state_code: str


def reachable(lead_ids: Collection[UUID], *, at: datetime) -> dict[UUID, Reachable]:
    """How the owners of leads can be reached, by sources whose right allows listing at that time.

    A lead that proved to be another's home is reached as that one. Who asked not to be contacted, on any lead,
    asked so on each.
    """
    with connection.cursor() as cursor:
        cursor.execute(TOLD, {"leads": list(lead_ids), "at": at})
        rows = [_Told(*row) for row in cursor.fetchall()]
    return {lead_id: _reachable(list(told)) for lead_id, told in groupby(rows, key=attrgetter("lead_id"))}


def _reachable(told: Sequence[_Told]) -> Reachable:
    has_objected = any(one.has_objected for one in told)
    agreements = (agreement for one in told for agreement in one.agreements())
    return Reachable(
        reaches=[reach for one in told for reach in one.reaches(has_objected=has_objected)],
        agreement=max(agreements, key=attrgetter("given_at"), default=None),
        has_address=told[0].has_address,
        right_basis=told[0].right_basis,
        state_code=told[0].state_code,
    )
