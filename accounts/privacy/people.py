"""Somebody whose data we may hold: how they are known, and the keyed hashes that find them.

Values stay in memory and in encrypted columns. They are never logged: nothing here has a ``repr`` that shows one.
How telephones, addresses and surnames are read is known above this app, which is told by ``read_with``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from uuid import UUID

from aiqleads.core.personal_data import keyed_hash, keyed_hashes

EMAIL: Final = "email"
PHONE: Final = "phone"
HOUSEHOLD: Final = "household"


class Reader(Protocol):
    """Understands what people write. The leads' own reading of adverts, so that both know a value as the same."""

    def phone(self, text: str) -> str | None:
        """E.164 without extension; None where it is no number that could ring."""

    def address_keys(self, text: str) -> Sequence[str]:
        """What every spelling of one home's address shares, its unit with it; none for what names no building."""

    def surname(self, name: str) -> str:
        """How the family's name sounds; "" where none can be told."""


class _Unread:
    """Until an app that reads better is there: nothing but e-mail addresses is understood."""

    def phone(self, text: str) -> str | None:
        return text if text.startswith("+") and text[1:].isdigit() else None

    def address_keys(self, text: str) -> Sequence[str]:
        return ()

    def surname(self, name: str) -> str:
        return ""


_reader: Reader = _Unread()


def read_with(reader: Reader) -> None:
    """Have telephones, addresses and surnames read by ``reader``; the last one told stands."""
    global _reader  # noqa: PLW0603  (a port: one product, one way to read)
    _reader = reader


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One way to know somebody, without the value: its kind, and its hash under each key, the newest first."""

    kind: str
    hashes: tuple[str, ...]

    @property
    def newest(self) -> str:
        """The hash under the key that writes."""
        return self.hashes[0]

    @classmethod
    def of(cls, kind: str, value: str) -> "Mark":
        """The mark of a normalised value. A telephone's and an e-mail's are those of contacts."""
        newest = keyed_hash(value, purpose=kind)
        older = [one for one in keyed_hashes(value, purpose=kind) if one != newest]
        return cls(kind, (newest, *older))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Person:
    """One person: what is proven of them, and what our rows tell beside it.

    Only what is proven finds anything. What stands beside it is kept out with them, and looked for in texts about
    their own leads; it leads to nobody else's data.

    :ivar emails: proven, in lower case
    :ivar phones: proven, E.164, without extension
    :ivar addresses: as they were given, or as their adverts give them
    :ivar leads: leads that are theirs as a whole
    :ivar unsure: leads that hold something of theirs and may be somebody else's: an operator looks at them
    :ivar beside_emails: what the very adverts say that give a proven value, if no other home's advert says it
    :ivar pages: the addresses of their adverts
    :ivar marked: what they are known by where the values are known to nobody any more
    """

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    leads: frozenset[UUID] = frozenset()
    unsure: frozenset[UUID] = frozenset()
    beside_emails: frozenset[str] = frozenset()
    beside_phones: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    marked: frozenset[Mark] = frozenset()

    def __repr__(self) -> str:
        counts = {name: len(getattr(self, name)) for name in ("emails", "phones", "names", "addresses", "leads")}
        return f"Person({', '.join(f'{count} {name}' for name, count in counts.items())})"

    @classmethod
    def of(
        cls,
        *,
        emails: Iterable[str] = (),
        phones: Iterable[str] = (),
        names: Iterable[str] = (),
        addresses: Iterable[str] = (),
        leads: Iterable[UUID] = (),
    ) -> "Person":
        """Read what was typed. What cannot be read as what it should be is left out."""
        return cls(
            emails=frozenset(email for text in emails if "@" in (email := text.strip().lower())),
            phones=frozenset(phone for text in phones if (phone := _reader.phone(text.partition(";")[0]))),
            names=_texts(names),
            addresses=_texts(addresses),
            leads=frozenset(leads),
        )

    @property
    def is_known_by_something(self) -> bool:
        """Whether anything is left that somebody could be found by; a name or an address alone is not enough."""
        return bool(self.emails or self.phones or self.leads or self.marked or self.households)

    @property
    def households(self) -> frozenset[str]:
        """Address and surname together, as they are hashed. Never an address alone: others live there too."""
        sounds = {sound for name in self.names if (sound := _reader.surname(name))}
        keys = {key for text in self.addresses for key in _reader.address_keys(text)} if sounds else set()
        return frozenset(household(key, sound) for key in keys for sound in sounds)

    def marks(self) -> list[Mark]:
        """What they are proven to be known by, without the values, in a stable order."""
        values = ((EMAIL, self.emails), (PHONE, self.phones), (HOUSEHOLD, self.households))
        return sorted({Mark.of(kind, value) for kind, several in values for value in several} | self.marked)

    def kept_out(self) -> list[Mark]:
        """What must not come back with them: what is proven, and what stands beside it."""
        beside = [Mark.of(EMAIL, value) for value in self.beside_emails]
        return sorted({*self.marks(), *beside, *(Mark.of(PHONE, value) for value in self.beside_phones)})

    def spellings(self) -> list[str]:
        """What a text says that is about them: e-mails, the digits of telephones, names, lines of addresses."""
        digits = {phone[-10:] for phone in self.phones | self.beside_phones}
        lines = {text.split(",")[0] for text in self.addresses}
        return sorted(self.emails | self.beside_emails | digits | self.names | lines)

    def hashes(self, kind: str) -> list[str]:
        """The hashes of one kind under every key, for a lookup."""
        return [one for mark in self.marks() if mark.kind == kind for one in mark.hashes]

    def together(self, other: "Person") -> "Person":
        """Both as one."""
        return replace(self, **{name: getattr(self, name) | getattr(other, name) for name in _ALL})

    def document(self) -> dict[str, list[Any]]:
        """For an encrypted column."""
        plain = {name: sorted(str(value) for value in getattr(self, name)) for name in _ALL if name != "marked"}
        return {**plain, "marked": [[mark.kind, list(mark.hashes)] for mark in sorted(self.marked)]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Person":
        """What ``document`` wrote."""
        read: dict[str, Any] = {"leads": UUID, "unsure": UUID, "marked": lambda row: Mark(row[0], tuple(row[1]))}
        return cls(**{name: frozenset(map(read.get(name, str), values)) for name, values in document.items()})


_ALL: Final = tuple(Person.__dataclass_fields__)


def household(address_key: str, surname: str) -> str:
    """What is hashed of somebody's address and surname."""
    return f"{address_key}|{surname}"


def _texts(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(text for given in texts if (text := " ".join(given.split())))
