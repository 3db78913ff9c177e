"""Counting what the rows of a file would become, before any of them is read in."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from aiqleads.core import clock
from leads.foresight import NOTHING_SAID, Fate, Foresight, foresee
from leads.judging import policy_in_force, rules_of
from leads.validation import Policy
from scraping.importing import kind_hint_of, read_record
from scraping.models import FileImport
from scraping.readers.mapping import TableMapping
from scraping.readers.page import UnreadablePage
from scraping.readers.tables import Row, Table

TOLD_EVERY_SECONDS: Final = 0.5


@dataclass(slots=True)
class Foreseen:
    """How many rows would become what.

    :ivar rows: that were counted
    :ivar fates: by a ``Fate``'s value
    :ivar reasons: why rows would be no lead on offer
    :ivar is_whole: the whole file was counted
    :ivar broken: why it cannot be read to its end; "" where it can
    """

    rows: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    is_whole: bool = False
    broken: str = ""

    def add(self, foresight: Foresight) -> None:
        """Count one row."""
        self.rows += 1
        self.fates[foresight.fate] += 1
        if foresight.why:
            self.reasons[foresight.why] += 1

    @property
    def leads(self) -> int:
        """How many would be offered, as far as the rows alone can tell."""
        return self.fates[Fate.LEAD]

    @property
    def frequent_reasons(self) -> list[tuple[str, int]]:
        """Why rows would be no lead on offer, the most frequent first."""
        return self.reasons.most_common()


class Foreseer:
    """Tells of rows what they would become under the policy in force now."""

    def __init__(self, staged: FileImport, mapping: TableMapping) -> None:
        self._mapping = mapping
        self._hint = kind_hint_of(staged.source, mapping)
        self._policy: Policy = rules_of(policy_in_force())
        self._now = clock.now()

    def of(self, row: Row) -> Foresight:
        """One row's fate."""
        record = read_record(self._mapping, row, kind_hint=self._hint)
        return foresee(record, policy=self._policy, now=self._now) if record else NOTHING_SAID


def count_rows(foreseer: Foreseer, table: Table, *, at_most_rows: int | None = None) -> Iterator[Foreseen]:
    """Count row by row, and tell now and then, and at the end, how far it is."""
    counted, told_at = Foreseen(), monotonic()
    try:
        for _, row in table.rows:
            if counted.rows == at_most_rows:
                break
            counted.add(foreseer.of(row))
            if monotonic() - told_at > TOLD_EVERY_SECONDS:
                yield counted
                told_at = monotonic()
        else:
            counted.is_whole = True
    except UnreadablePage as error:
        counted.broken, counted.is_whole = str(error), True
    yield counted


def as_json(counted: Foreseen) -> dict[str, Any]:
    """As the import keeps it."""
    return {
        "rows": counted.rows,
        "fates": dict(counted.fates),
        "reasons": dict(counted.reasons),
        "is_whole": counted.is_whole,
        "broken": counted.broken,
    }


def from_json(document: dict[str, Any] | None) -> Foreseen | None:
    """What :func:`as_json` kept; None where nothing was counted yet."""
    if document is None:
        return None
    return Foreseen(**{**document, "fates": Counter(document["fates"]), "reasons": Counter(document["reasons"])})
