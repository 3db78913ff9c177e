"""Hold records against the values that a person read from the same page."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scraping.readers import PageReading, read_page


def read_saved(
    shared_data: Path, source: str, name: str, url: str | None = None
) -> tuple[PageReading, dict[str, Any]]:
    """A real page as its reader sees it, and the truth beside it."""
    path = shared_data / name
    truth = json.loads(path.with_name(f"{path.name}.expected.json").read_text())
    return read_page(source, path.read_bytes(), url), truth


@dataclass
class FieldRates:
    """Right answers and questions per field; fails with the whole table, not at the first difference."""

    right: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)

    def compare(self, name: str, got: object, wanted: object, *, item: object = "") -> None:
        self.asked[name] = self.asked.get(name, 0) + 1
        if got == wanted:
            self.right[name] = self.right.get(name, 0) + 1
        else:
            self.misses.append(f"{item} {name}: read {got!r}, the page says {wanted!r}")

    def require_all(self, names: Iterable[str]) -> None:
        """Every field was asked about, and every answer was right."""
        table = "\n".join(f"{name}: {self.right.get(name, 0)}/{asked}" for name, asked in self.asked.items())
        assert not self.misses, "\n".join([table, *self.misses[:20]])
        assert set(names) <= set(self.asked), (
            f"fields of the truth that nobody compared: {set(names) - set(self.asked)}"
        )
