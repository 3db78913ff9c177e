"""What is personal of every table: what it is, whose, why it is kept, how, and for how long.

An app annotates its models when it is ready; a system check holds the annotations against the columns and against
those who answer for them, and the public data map is made of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.apps import apps
from django.db import models

from aiqleads.core.personal_data import EncryptedJSONField, EncryptedTextField

SUSPECTS: Final = frozenset(
    {
        "first_name", "last_name", "email", "phone", "address", "address_line", "street", "latitude", "longitude",
        "contact_name", "contact_email", "ip_address", "user_agent",
    }
)  # fmt: skip
"""Names of columns that hold a person's values wherever they are in the clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """One column that may hold a person's values.

    :ivar what: in words for its person
    :ivar whose: "homeowners", "members", "operators" or "partners"
    :ivar why: what it is kept for
    :ivar how_long: until when
    """

    what: str
    whose: str
    why: str
    how_long: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A column that is encrypted or called like a person's value and holds nobody's."""

    because: str


Note = Personal | Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the data map."""

    model: type[models.Model]
    column: str
    note: Personal

    @property
    def where(self) -> str:
        """The table in words."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def is_encrypted(self) -> bool:
        """Whether the database holds it encrypted."""
        return is_encrypted(self.model._meta.get_field(self.column))


_NOTES: dict[str, Mapping[str, Note]] = {}


def annotate(label: str, **columns: Note) -> None:
    """Say what the columns of a model hold; said again, the last word stands.

    :param label: ``leads.contact``
    """
    _NOTES[label] = columns


def notes_of(model: type[models.Model]) -> Mapping[str, Note]:
    """What was said of a model's columns."""
    return _NOTES.get(model._meta.label_lower, {})


def annotated() -> list[str]:
    """The labels of all models that were annotated."""
    return sorted(_NOTES)


def personal_labels() -> list[str]:
    """The labels of those that hold a person's values."""
    return [label for label in annotated() if any(isinstance(note, Personal) for note in _NOTES[label].values())]


def is_encrypted(column: object) -> bool:
    """Whether a column is encrypted."""
    return isinstance(column, EncryptedTextField | EncryptedJSONField)


def suspicious_columns(model: type[models.Model]) -> list[str]:
    """The columns that have to be annotated: encrypted, an e-mail address, or called like a person's value."""
    return [
        column.name
        for column in model._meta.local_concrete_fields
        if is_encrypted(column) or isinstance(column, models.EmailField) or column.name in SUSPECTS
    ]


def rows() -> Iterator[Row]:
    """The data map, by table and column."""
    for label in annotated():
        model = apps.get_model(label)
        for column, note in _NOTES[label].items():
            if isinstance(note, Personal):
                yield Row(model=model, column=column, note=note)
