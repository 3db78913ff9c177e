"""Everybody who holds personal data, by one protocol: an app registers what it holds when it is ready.

A holder answers for models by their labels, and for the files that belong to their rows. It finds people by keyed
hashes, or by the leads that proved to be theirs; it writes in a transaction of its own and may be called again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from accounts.privacy.people import Person

Channel = Literal["email", "sms"]
Corrections = Mapping[str, str]
"""What is right, by ``name``, ``phone``, ``email``, ``address``, ``price`` (dollars) or ``beds``; ``not_phone``
is a number that is not theirs, ``not_for_sale`` is there where the home is not offered any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to send a code to somebody. The address stays with the holder, who tells it by ``reach``."""

    handle: str
    channel: Channel
    hint: str
    """What its owner knows it by and nobody else learns it from: "ends in 87"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """That an organisation bought something about somebody."""

    organisation_id: UUID
    organisation: str
    at: datetime
    purchase_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One thing that we hold about somebody, without its values."""

    holder: str
    subject: str
    """The row, as ``app.model:id``; opaque to everybody but the holder."""
    lead_id: UUID | None = None
    kinds: Sequence[str] = ()
    """What it is, in words for its person: "name", "telephone number", "the advert's words"."""
    source: str = ""
    right: str = ""
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    ways: Sequence[Way] = ()
    sold: Sequence[Sold] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Exported:
    """One value that we hold, for its own person."""

    holder: str
    subject: str
    what: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One row that was corrected, and what of it."""

    holder: str
    subject: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many rows or files of each model were deleted or emptied."""

    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """One line of what a person is told about one thing that we hold, or keep and why."""

    holder: str
    says: str
    lead_id: UUID | None = None
    source: str = ""
    right: str = ""
    at: datetime | None = None
    sold: Sequence[Sold] = ()


class PersonalDataHolder(Protocol):
    """What an app has to answer for the personal data that it holds."""

    name: str
    models: frozenset[str]
    """The labels of the models it answers for: ``leads.contact``."""

    def widen(self, person: Person) -> Person:
        """What this holder knows beside what is proven: leads that are theirs, and what their adverts say too."""

    def find(self, person: Person) -> Sequence[Held]:
        """What it holds about them."""

    def reach(self, handle: str) -> tuple[Channel, str] | None:
        """Where the way of that handle leads; None where it is there no more."""

    def export(self, person: Person) -> Iterable[Exported]:
        """Every value that it holds about them."""

    def correct(self, person: Person, corrections: Corrections) -> Sequence[Changed]:
        """Write what they say is right. In a transaction of its own; again is the same as once."""

    def erase(self, person: Person) -> Erased:
        """Delete or empty every value of theirs. In a transaction of its own; again is the same as once."""

    def receipt(self, person: Person) -> Sequence[ReceiptLine]:
        """What a person is told about what is held here. Asked before anything is erased."""


class Holder:
    """A holder that holds nothing about anybody: the start for those that answer only a part."""

    name = ""
    models: frozenset[str] = frozenset()

    def widen(self, person: Person) -> Person:
        return person

    def find(self, person: Person) -> Sequence[Held]:
        return ()

    def reach(self, handle: str) -> tuple[Channel, str] | None:
        return None

    def export(self, person: Person) -> Iterable[Exported]:
        return ()

    def correct(self, person: Person, corrections: Corrections) -> Sequence[Changed]:
        return ()

    def erase(self, person: Person) -> Erased:
        return Erased()

    def receipt(self, person: Person) -> Sequence[ReceiptLine]:
        """A line for each thing found."""
        return [
            ReceiptLine(
                holder=self.name,
                says=", ".join(held.kinds),
                lead_id=held.lead_id,
                source=held.source,
                right=held.right,
                at=held.first_seen_at,
                sold=held.sold,
            )
            for held in self.find(person)
        ]


_HOLDERS: dict[str, PersonalDataHolder] = {}


def register(holder: PersonalDataHolder) -> None:
    """Have a holder asked from now on; the same name again takes the place of the one before."""
    _HOLDERS[holder.name] = holder


def forget(name: str) -> None:
    """Ask a holder no more."""
    _HOLDERS.pop(name, None)


def everywhere() -> Iterator[PersonalDataHolder]:
    """All holders, those of the lower apps first: what is erased below is on offer no more when others follow."""
    yield from tuple(_HOLDERS.values())


def named(name: str) -> PersonalDataHolder:
    """:raises KeyError: nobody of that name holds anything"""
    return _HOLDERS[name]


def widened(person: Person) -> Person:
    """What holders know beside what is proven: asked once, of what is proven alone.

    Nothing that was found finds anything else: a telephone that an advert gives beside a proven e-mail may be an
    office's, and its other adverts somebody else's.
    """
    known = person
    for holder in everywhere():
        known = known.together(holder.widen(person))
    return known


def find(person: Person) -> list[Held]:
    """What everybody holds about them."""
    return [held for holder in everywhere() for held in holder.find(person)]
