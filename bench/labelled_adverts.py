"""What the rules read from the beginnings of real adverts, beside what a person read there: precision and recall.

Rules are mended by the even rows; the odd ones are held out and reported. The adverts lie beside the checkout
and are not copied: ``labelled_adverts.toml`` holds keys of facts and hashes of texts. Where the adverts are absent,
that is said.
"""

import csv
import hashlib
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.measuring import Figure
from bench.reading import FOLDER
from leads.reading.catalogue import CATALOGUE, Topic
from leads.reading.local import read_locally

LABELS: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
LEAST_PRECISION: Final = 0.93
LEAST_RECALL: Final = 0.75
LOOKED_FOR: Final = frozenset(key for key, entry in CATALOGUE.items() if entry.topic != Topic.RED_FLAG)
FIGURES: Final = ("reading facts: precision, held-out adverts", "reading facts: recall, held-out adverts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """The beginning of an advert, and the keys of the facts that a person read in it."""

    row: int
    text: str
    tells: frozenset[str]

    @property
    def is_held_out(self) -> bool:
        return self.row % 2 == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """By key of a fact: how often it was read rightly, read where it is not, and overlooked."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def precision(self, key: str | None = None) -> float | None:
        """Of what was read, the share that stands there; None where nothing was read."""
        return self._share(self.wrong, key)

    def recall(self, key: str | None = None) -> float | None:
        """Of what stands there, the share that was read; None where nothing stands."""
        return self._share(self.missed, key)

    def _share(self, others: Counter[str], key: str | None) -> float | None:
        right, other = (counted.total() if key is None else counted[key] for counted in (self.right, others))
        return right / (right + other) if right + other else None


def labelled(folder: Path = FOLDER) -> list[Labelled]:
    """The adverts as they were when they were labelled; none where they are absent.

    :raises ValueError: an advert reads otherwise than it did
    """
    file = folder / LABELS["file"]
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", errors="replace", newline="") as opened:
        rows = list(csv.DictReader(opened))
    return [_labelled(advert, rows[advert["row"]]) for advert in LABELS["advert"]]


def _labelled(advert: dict[str, Any], row: dict[str, str]) -> Labelled:
    text = f"{row['title']}\n{row['posting_body'].strip()}"[: LABELS["read_characters"]]
    if not hashlib.sha256(text.encode()).hexdigest().startswith(advert["sha256"]):
        raise ValueError(f"Row {advert['row']} is not the advert that was labelled.")
    return Labelled(row=advert["row"], text=text, tells=frozenset(advert["tells"]))


def tally_of(adverts: Iterable[Labelled]) -> Tally:
    """Read adverts and compare."""
    tally = Tally()
    for advert in adverts:
        read = {passage.fact.key for passage in read_locally(advert.text)} & LOOKED_FOR
        tally.right.update(read & advert.tells)
        tally.wrong.update(read - advert.tells)
        tally.missed.update(advert.tells - read)
    return tally


def figures() -> Iterator[Figure]:
    adverts = labelled()
    if not adverts:
        sys.stdout.write("reading facts: no adverts beside the checkout, left out\n")
        return
    held_out = tally_of(advert for advert in adverts if advert.is_held_out)
    mended_by = tally_of(advert for advert in adverts if not advert.is_held_out)
    _print_by_fact(held_out)
    for name, share, other, at_least in (
        (FIGURES[0], held_out.precision(), mended_by.precision(), LEAST_PRECISION),
        (FIGURES[1], held_out.recall(), mended_by.recall(), LEAST_RECALL),
    ):
        yield Figure(
            name=name, value=share or 0.0, unit="", at_least=at_least, beside="mended by", other=other or 0.0
        )


def _print_by_fact(tally: Tally) -> None:
    for key in sorted({*tally.right, *tally.wrong, *tally.missed}):
        shares = " ".join(
            f"{name} {'-' if share is None else f'{share:.2f}'}"
            for name, share in (("precision", tally.precision(key)), ("recall", tally.recall(key)))
        )
        sys.stdout.write(f"  {key:32} {shares} of {tally.right[key] + tally.missed[key]}\n")
