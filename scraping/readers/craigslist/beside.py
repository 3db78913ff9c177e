"""The JSON-LD list that Craigslist puts beside the rows of a search page: what the rows do not show."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parsel import Selector

from scraping.readers.page import as_dict, as_list, script_json, text_or_none

Facts = Mapping[str, Any]
_RESULTS = "script#ld_searchpage_results"
_ITS_COMPANION = "script#ld_searchpage_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsBeside:
    """The facts of a page's homes, to be found by the position of their row."""

    by_position: Mapping[int, Facts]
    by_name: Mapping[str, Facts]
    """Only names that one element alone has."""
    row_count: int
    is_expected: bool
    """Whether pages like this one carry such a list, so that a row without facts has lost them."""

    def of_row(self, position: int, title: str | None) -> Facts:
        """The facts of one row; none where the two lists have come apart, since another home's are worse.

        With a row too few or too many every position is in doubt, and only a name that one home has is not.
        """
        facts = self.by_position.get(position, {}) if len(self.by_position) == self.row_count else {}
        name = _plain(text_or_none(facts.get("name")))
        if not facts or (name and name != _plain(title)):
            return self.by_name.get(_plain(title), {})
        return facts


def facts_beside(page: Selector, *, row_count: int) -> FactsBeside:
    """Read the list; an element's position is the row's index."""
    by_position = dict(_elements(page))
    names = [_plain(text_or_none(facts.get("name"))) for facts in by_position.values()]
    by_name = {
        name: facts for name, facts in zip(names, by_position.values(), strict=True) if names.count(name) == 1
    }
    return FactsBeside(
        by_position=by_position,
        by_name=by_name,
        row_count=row_count,
        is_expected=bool(page.css(f"{_RESULTS}, {_ITS_COMPANION}")),
    )


def _elements(page: Selector) -> Iterator[tuple[int, Facts]]:
    for document in script_json(page, _RESULTS):
        for element in map(as_dict, as_list(as_dict(document).get("itemListElement"))):
            position = text_or_none(element.get("position"))
            if position is not None and position.isdecimal():
                yield int(position), as_dict(element.get("item"))


def place_facts(facts: Facts) -> dict[str, Any]:
    """Point and address of an element: its own, or since sale sections have it so, those of its offer."""
    offered = as_dict(as_dict(facts.get("offers")).get("availableAtOrFrom"))
    address = as_dict(facts.get("address")) or as_dict(offered.get("address"))
    point = as_dict(offered.get("geo")) or facts
    street = text_or_none(address.get("streetAddress"))
    return {
        "latitude": text_or_none(point.get("latitude")),
        "longitude": text_or_none(point.get("longitude")),
        "address_lines": (street,) if street else (),
        "city": text_or_none(address.get("addressLocality")),
        "state": text_or_none(address.get("addressRegion")),
        "zip": text_or_none(address.get("postalCode")),
        "country": text_or_none(address.get("addressCountry")),
    }


def _plain(text: str | None) -> str:
    return " ".join(html.unescape(text or "").split()).casefold()
