"""Which mapping reads a table of a source: the newest that fits, else a guess; and keeping a corrected one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aiqleads.core import audit, transactions
from leads.models import Source
from scraping.models import ColumnMapping
from scraping.readers import guessing
from scraping.readers.mapping import TableMapping
from scraping.readers.tables import Table

FITS_FROM: Final = 0.75
"""The share of a mapping's columns that a table must have: counties leave some out from year to year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenMapping:
    """A mapping to read with; ``kept`` is None for a guess."""

    mapping: TableMapping
    kept: ColumnMapping | None = None


def choose_mapping(source: Source, table: Table) -> ChosenMapping:
    """The newest version of the source's mapping that reads the most columns of ``table``.

    Where none finds most of its columns there, a guess from names and contents.
    """
    there = set(table.columns)
    kept = [
        ChosenMapping(mapping=TableMapping.from_json(row.document), kept=row) for row in newest_mappings(source)
    ]
    fitting = [chosen for chosen in kept if _share_found(chosen.mapping, there) >= FITS_FROM]
    if fitting:
        return max(fitting, key=lambda chosen: len(chosen.mapping.columns & there))
    return ChosenMapping(mapping=guessing.guess(table.columns, table.sample))


def _share_found(mapping: TableMapping, there: set[str]) -> float:
    return len(mapping.columns & there) / max(len(mapping.columns), 1)


def newest_mappings(source: Source) -> Iterable[ColumnMapping]:
    """The newest version of each of the source's mappings."""
    return ColumnMapping.objects.filter(source=source).order_by("name", "-version").distinct("name")


@transactions.write
def keep_mapping(*, source: Source, name: str, mapping: TableMapping, actor_id: int) -> ColumnMapping:
    """Keep a mapping under a name; another one under the same name becomes the next version, the same one stays."""
    Source.objects.select_for_update().get(pk=source.pk)
    newest = ColumnMapping.objects.filter(source=source, name=name).order_by("-version").first()
    document = mapping.as_json()
    if newest and TableMapping.from_json(newest.document) == TableMapping.from_json(document):
        return newest
    kept = ColumnMapping.objects.create(
        source=source, name=name, version=newest.version + 1 if newest else 1, document=document
    )
    audit.record(actor_id=actor_id, action="mapping.kept", subject=kept, source=source.pk, name=name)
    return kept
