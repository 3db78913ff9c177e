"""Whether a model treats areas alike, whoever lives there. Groups are told by shares of areas, never of anybody.

The table of shares is read here and nowhere else, as ``.importlinter`` says: judging works the same where it is not
there, which a test tries. A share of an area says little about one owner in it, so a difference that shows here is
larger in truth: the bound is the four-fifths rule, and what cannot be told counts as not passed.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from aiqleads.core import transactions
from leads.errors import UnusableAreaGroups
from leads.models import ScoringModel
from leads.models.area_groups import AreaGroup
from leads.scoring.measures import Floats

Shares = Mapping[str, Mapping[str, float]]
"""ZIP code → group → its share of the people there, 0 to 1."""

LEAST_RATIO: Final = 0.8
SELECTED_SHARE: Final = 0.25
FEWEST_CASES: Final = 300
FEWEST_OF_A_GROUP: Final = 30
_AREAS: Final = ("zip", "zip_code", "zcta", "zcta5", "geoid", "name")
_TOTALS: Final = ("total", "population")
_ZIP_DIGITS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What was found; ``groups`` are rows of the report."""

    status: ScoringModel.Parity
    says: str
    cases: int
    groups: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"status": str(self.status), "says": self.says, "cases": self.cases, "groups": list(self.groups)}


def known_shares() -> dict[str, dict[str, float]]:
    """Every area's shares, as they were imported."""
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for zip_code, group, share in AreaGroup.objects.values_list("zip_code", "group", "share"):
        shares[zip_code][group] = share
    return dict(shares)


def compare(zip_codes: Sequence[str], scores: Floats, likely: Floats, reached: Floats, shares: Shares) -> Parity:
    """How often leads of each group's areas are among the best quarter, beside the group that is so most often."""
    known = np.array([zip_code in shares for zip_code in zip_codes], dtype=bool)
    cases = int(known.sum())
    if cases < FEWEST_CASES:
        says = f"Shares are known for the areas of {cases} of {len(zip_codes)} sales; {FEWEST_CASES} are needed."
        return Parity(status=ScoringModel.Parity.UNKNOWN, says=says, cases=cases)
    selected = (scores >= np.quantile(scores, 1 - SELECTED_SHARE))[known]
    areas = [shares[zip_code] for zip_code in zip_codes if zip_code in shares]
    rows = [
        _row(name, np.array([area.get(name, 0.0) for area in areas]), selected, likely[known], reached[known])
        for name in sorted({name for area in areas for name in area})
    ]
    rows = [row for row in rows if row["cases"] >= FEWEST_OF_A_GROUP]
    if len(rows) < 2:
        says = "Fewer than two groups live in enough of the areas."
        return Parity(status=ScoringModel.Parity.UNKNOWN, says=says, cases=cases)
    most = max(row["selected"] for row in rows) or 1.0
    for row in rows:
        row["ratio"] = round(row["selected"] / most, 3)
    worst = min(rows, key=lambda row: row["ratio"])
    is_within = worst["ratio"] >= LEAST_RATIO
    says = (
        f"{worst['group']}: {worst['ratio']:.2f} of the group that is among the best quarter most often; "
        f"{LEAST_RATIO} is the least."
    )
    status = ScoringModel.Parity.WITHIN if is_within else ScoringModel.Parity.OUTSIDE
    return Parity(status=status, says=says, cases=cases, groups=tuple(rows))


def _row(name: str, weights: Floats, selected: Any, likely: Floats, reached: Floats) -> dict[str, Any]:
    total = float(weights.sum())
    shares = weights / total if total else weights
    return {
        "group": name,
        "cases": round(total, 1),
        "selected": round(float((shares * selected).sum()), 4),
        "predicted": round(float((shares * likely).sum()), 4),
        "reached": round(float((shares * reached).sum()), 4),
    }


def read_shares(path: Path) -> dict[str, dict[str, float]]:
    """A census table: a column of areas (``zip``, ``zcta``, ``geoid``, ``name``) and one for each group.

    With a column ``total`` groups are counts of people, else shares from 0 to 1. Areas are known by the last five
    digits of their name ("ZCTA5 78704", "8600000US78704"); rows of other areas and empty cells are left out.

    :raises UnusableAreaGroups: as it says
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        columns = {name.strip().lower(): name for name in rows.fieldnames or ()}
        area = next((columns[name] for name in _AREAS if name in columns), None)
        total = next((columns[name] for name in _TOTALS if name in columns), None)
        groups = [name for name in columns.values() if name not in {area, total}]
        if area is None or not groups:
            raise UnusableAreaGroups("It needs a column “zip” and one for each group.")
        return {
            zip_code: told
            for row in rows
            if (zip_code := _zip_of(row[area])) and (told := _shares_of(row, groups, total))
        }


@transactions.write
def replace_shares(*, shares: Shares) -> int:
    """Keep these shares instead of all that were known; return of how many areas.

    :raises UnusableAreaGroups: nothing is in it; nothing was changed
    """
    if not shares:
        raise UnusableAreaGroups("No area of it could be read.")
    AreaGroup.objects.all().delete()
    AreaGroup.objects.bulk_create(
        AreaGroup(zip_code=zip_code, group=group[:60], share=share)
        for zip_code, told in shares.items()
        for group, share in told.items()
    )
    return len(shares)


def _zip_of(name: str | None) -> str:
    digits = (name or "").strip()[-_ZIP_DIGITS:]
    return digits if len(digits) == _ZIP_DIGITS and digits.isdecimal() and digits.isascii() else ""


def _shares_of(row: Mapping[str, str], groups: Sequence[str], total: str | None) -> dict[str, float]:
    told = {name.strip(): number for name in groups if (number := _number(row[name])) is not None}
    if total is None:
        shares = told
    else:
        people = _number(row[total])
        shares = {name: number / people for name, number in told.items()} if people else {}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise UnusableAreaGroups(f"“{name}” is {share:g}; a share lies between 0 and 1. Is a total missing?")
    return shares


def _number(text: str | None) -> float | None:
    try:
        return float((text or "").replace(",", ""))
    except ValueError:
        return None
