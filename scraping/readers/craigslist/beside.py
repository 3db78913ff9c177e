"""The JSON-LD list that Craigslist puts beside the rows of a search page: what the rows do not show."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from parsel import Selector

from scraping.readers.page import as_dict, as_list, script_json, text_or_none

Facts = Mapping[str, Any]
_RESULTS = "script#ld_searchpage_results"
_LISTS = frozenset({"ld_searchpage_results", "ld_searchpage_data"})


class FactsBeside:
    """The facts of a page's homes, to be found by the position of their row.

    :param is_expected: pages like this one carry such a list, so that a row without facts has lost them
    """

    def __init__(self, by_position: Mapping[int, Facts], *, row_count: int, is_expected: bool) -> None:
        self.by_position = by_position
        self.row_count = row_count
        self.is_expected = is_expected

    def of_row(self, position: int, title: str | None) -> Facts:
        """The facts of one row; none where the two lists have come apart, since another home's are worse.

        With a row too few or too many every position is in doubt, and only a name that one home has is not.
        """
        facts = self.by_position.get(position, {}) if len(self.by_position) == self.row_count else {}
        name = text_or_none(facts.get("name"))
        if facts and (not name or name == title or _plain(name) in {"", _plain(title)}):
            return facts
        return self._by_name.get(_plain(title), {})

    @cached_property
    def _by_name(self) -> dict[str, Facts]:
        """Only names that one element alone has."""
        names = [_plain(text_or_none(facts.get("name"))) for facts in self.by_position.values()]
        counts = Counter(names)
        facts = zip(names, self.by_position.values(), strict=True)
        return {name: told for name, told in facts if counts[name] == 1}


def facts_beside(page: Selector, *, row_count: int) -> FactsBeside:
    """Read the list; an element's position is the row's index."""
    ids = {script.get("id") for script in page.root.iter("script")}
    return FactsBeside(dict(_elements(page)), row_count=row_count, is_expected=not ids.isdisjoint(_LISTS))


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
