"""A record on its way in: what is made of it once, before anything is asked or written."""

from dataclasses import dataclass
from typing import Any

from accounts.privacy.people import Mark
from leads import sightings
from leads.identity import Sighting
from leads.models import Observation
from leads.privacy.marks import marks_of
from leads.records import ListingRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A record with its hashes, its facts and what identity looks at."""

    record: ListingRecord
    external_id_hash: str
    content_hash: str
    document: dict[str, Any]
    facts: dict[str, Any]
    door: str
    sighting: Sighting
    marks: tuple[Mark, ...]
    """What its people are known by, for asking whether they want to be left alone."""

    @classmethod
    def of(cls, record: ListingRecord) -> "Arrival":
        """Everything that a record's storing, finding and comparing needs."""
        document = sightings.as_json(record)
        facts, building = sightings.public_facts(record), sightings.building_hash(record.parsed_address)
        return cls(
            record=record,
            external_id_hash=sightings.external_id_hash(record.external_id or record.url or ""),
            content_hash=sightings.content_hash(document),
            document=document,
            facts=facts,
            door=sightings.door_hash(record.parsed_address),
            sighting=sightings.sighting_of_record(record, facts, building),
            marks=tuple(marks_of(record)),
        )

    @property
    def traces(self) -> frozenset[str]:
        """What leads to the same home: the hashes of its building, its door and its contacts."""
        return (self.sighting.contacts | {self.sighting.building, self.door}) - {""}

    def is_told_by(self, observation: Observation) -> bool:
        """Whether an observation says word for word the same."""
        return bool(observation.content_hash == self.content_hash)
