"""Where a territory lies, as members name it: ZIP codes, counties with their states, a drawn area."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django import forms

from aiqleads.core.geo import Area
from leads import usps
from leads.gazetteer import county_zips, find_county

MOST_WORDS: Final = 2_000
"""ZIP codes and counties that one territory may name; the plan's limit is the smaller one."""
_COUNTY: Final = re.compile(r"(?P<name>[^,]+),\s*(?P<state>[^,]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a territory lies: ZIP codes of five digits, counties as "Travis County, TX", a drawn area."""

    zip_codes: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    area: Area | None = None

    @property
    def covered_zips(self) -> list[str]:
        """The ZIP codes, and those of the counties."""
        of_counties = (zips_of(county) for county in self.counties)
        return sorted({*self.zip_codes, *(code for zips in of_counties for code in zips)})

    @property
    def outlines(self) -> list[str]:
        """The outlines of the drawn area, as PostgreSQL writes polygons."""
        polygons = self.area.polygons if self.area else ()
        return [
            "(" + ",".join(f"({longitude!r},{latitude!r})" for longitude, latitude in outline) + ")"
            for outline, *_ in polygons
        ]


def zips_of(county: str) -> tuple[str, ...]:
    """The ZIP codes of a county that is written as ``read_counties`` writes it."""
    name, _, state = county.rpartition(", ")
    return county_zips(name, state=state)


def read_zips(words: Sequence[str]) -> tuple[str, ...]:
    """ZIP codes, each once and in order.

    :raises forms.ValidationError: one is none, or there are too many
    """
    wrong = next((word for word in words if not (len(word) == 5 and word.isascii() and word.isdigit())), None)
    if wrong is not None:
        raise forms.ValidationError(f"“{wrong[:20]}” is no ZIP code of five digits.")
    if len(words) > MOST_WORDS:
        raise forms.ValidationError(f"Enter at most {MOST_WORDS:,} ZIP codes.")
    return tuple(sorted(set(words)))


def read_counties(words: Sequence[str]) -> tuple[str, ...]:
    """Counties as "Travis County, TX", each once and in order, however they were written.

    :raises forms.ValidationError: one has no state or there is none such, or there are too many
    """
    if len(words) > MOST_WORDS:
        raise forms.ValidationError(f"Enter at most {MOST_WORDS:,} counties.")
    return tuple(sorted({_county(word) for word in words}))


def _county(words: str) -> str:
    said = _COUNTY.fullmatch(words.strip())
    if said is None:
        raise forms.ValidationError(f"“{words.strip()[:40]}” needs its state, as in “Travis County, TX”.")
    found = find_county(said["name"].strip(), state=usps.state_code(said["state"].strip()) or "??")
    if found is None:
        raise forms.ValidationError(f"There is no county “{words.strip()[:40]}”.")
    return f"{found.name}, {found.state}"


def whole(area: Area | None) -> Area | None:
    """The area, which must have no holes.

    :raises forms.ValidationError: it has one
    """
    if area and any(len(rings) > 1 for rings in area.polygons):
        raise forms.ValidationError("A territory is drawn without holes.")
    return area
