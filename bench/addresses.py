"""Addresses told apart: ours beside ``usaddress`` alone, on labelled sets that nobody on this project wrote.

Right is an address whose every part is right: house number, street, unit, box, town, state and ZIP, each with its
words in order. Which of the street's words is called its type or its direction is left out, since the sets
disagree about it; the last row asks for that too. Where an OpenStreetMap tag says what its line does not (another
ZIP, a unit as house number), that tag is not asked for.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import usaddress
from django.conf import settings
from lxml import etree

from bench.measuring import Comparison, Share
from leads.address import street_key, zip5
from leads.labelling import Labelled, label_words
from leads.zip_directory import place_key

FOLDER: Final[Path] = settings.BASE_DIR.parent / "shared" / "data" / "addresses"
SETS: Final = ("example_training", "labeled", "multi_word_state_addresses", "us50_messiest_manual_label")
LAST_SET: Final = "us50_train_tagged"
PEER: Final = "usaddress alone"
PARTS: Final = {
    "Address": "number",
    "Occupancy": "unit",
    "Subaddress": "unit",
    "USPSBox": "box",
    "Place": "town",
    "State": "state",
    "Zip": "zip",
    "Country": "country",
    "Recipient": "name",
    "Building": "name",
    "Landmark": "name",
    "NotAddress": "",
}
"""How a label begins → the part it belongs to; everything else is the street's."""

Truth = TypeVar("Truth")

SHARES: Final = tuple(
    f"addresses: {name}" for name in (*SETS, LAST_SET, "OpenStreetMap", "all sets", "every word's label")
)
COMPARISONS: Final = ("tell 0 addresses apart",)


def shares(folder: Path = FOLDER) -> Iterator[Share]:
    """One row per set, one for all of them (which must be won), and one for the labels word by word."""
    if not folder.is_dir():
        sys.stdout.write("addresses: no labelled sets beside the checkout, left out\n")
        return
    sets = {name: list(_labelled_lines(folder, name)) for name in (*SETS, LAST_SET)}
    won = [_share(f"addresses: {name}", cases, _parts_right) for name, cases in sets.items()]
    won.append(_share("addresses: OpenStreetMap", list(_tagged_lines(folder)), _tags_right))
    yield from won
    yield _total(won)
    everything = [case for cases in sets.values() for case in cases]
    yield _share("addresses: every word's label", everything, _labels_right)


def comparisons(folder: Path = FOLDER) -> Iterator[Comparison]:
    if not folder.is_dir():
        return
    lines = [line for line, _ in _labelled_lines(folder, "labeled")]
    yield Comparison(
        name=f"tell {len(lines):,} addresses apart",
        beside=PEER,
        ours=lambda _: [label_words(line) for line in lines],
        other=lambda _: [usaddress.parse(line) for line in lines],
        rounds=5,
        at_most_ratio=3,
    )


def _total(won: Iterable[Share]) -> Share:
    rows = list(won)
    return Share(
        name="addresses: all sets",
        beside=PEER,
        cases=sum(row.cases for row in rows),
        ours_right=sum(row.ours_right for row in rows),
        other_right=sum(row.other_right or 0 for row in rows),
        is_goal=True,
    )


def _share(name: str, cases: list[tuple[str, Truth]], is_right: Callable[[Labelled, Truth], bool]) -> Share:
    return Share(
        name=name,
        beside=PEER,
        cases=len(cases),
        ours_right=sum(is_right(label_words(line), truth) for line, truth in cases),
        other_right=sum(is_right(usaddress.parse(line), truth) for line, truth in cases),
    )


def _labelled_lines(folder: Path, name: str) -> Iterator[tuple[str, Labelled]]:
    for address in etree.parse(folder / f"usaddress_{name}.xml").getroot().iter("AddressString"):
        words = [(word, str(item.tag)) for item in address for word in (item.text or "").split()]
        yield " ".join("".join(address.itertext()).split()), words


def _tagged_lines(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The lines of OpenStreetMap, each with what its tags say of it and the line holds too."""
    for node in etree.parse(folder / "usaddress_osm_data_full_addr.xml").getroot().iter("node", "way"):
        tags = {tag.get("k"): tag.get("v") for tag in node.iter("tag")}
        line = tags.get("addr:full")
        said = {
            "number": _plain(tags.get("addr:housenumber", "")),
            "street": street_key(tags.get("addr:street", "")),
            "town": place_key(tags.get("addr:city")),
            "zip": zip5(tags.get("addr:postcode")) or "",
        }
        asked = {part: value for part, value in said.items() if value and line and _stands_in(line, part, value)}
        if line and asked:
            yield line, asked


def _stands_in(line: str, part: str, value: str) -> bool:
    if part == "number":
        is_unit = re.search(rf"(?:unit|suite|apt|#|space|room|ste)\W*{re.escape(value)}\b", line, re.IGNORECASE)
        return not is_unit and value in map(_plain, line.split())
    whole = {"street": street_key(line), "town": place_key(line), "zip": line}[part]
    return value in whole


def _parts_right(labelled: Labelled, truth: Labelled) -> bool:
    return _parts(labelled) == _parts(truth)


def _labels_right(labelled: Labelled, truth: Labelled) -> bool:
    return _words(labelled) == _words(truth)


def _tags_right(labelled: Labelled, truth: dict[str, str]) -> bool:
    parts: dict[str, list[str]] = {}
    for word, label in labelled:
        parts.setdefault(_part(label), []).append(word.strip(" ,;"))
    told = {part: " ".join(words) for part, words in parts.items()}
    spelled = {
        "number": _plain(told.get("number", "")),
        "street": street_key(told.get("street", "")),
        "town": place_key(told.get("town")),
        "zip": zip5(told.get("zip")) or "",
    }
    return all(spelled[part] == value for part, value in truth.items())


def _parts(labelled: Labelled) -> dict[str, list[str]]:
    """Part → its words, a repeated word once."""
    parts: dict[str, list[str]] = {}
    for word, label in _words(labelled):
        words = parts.setdefault(_part(label), [])
        if word not in words:
            words.append(word)
    parts.pop("", None)
    return {part: ["".join(words)] for part, words in parts.items()}


def _words(labelled: Labelled) -> Labelled:
    return [(_plain(word), label) for word, label in labelled if _plain(word)]


@cache
def _part(label: str) -> str:
    return next((part for start, part in PARTS.items() if label.startswith(start)), "street")


def _plain(word: str) -> str:
    return re.sub(r"[^\w/&]", "", word).lower()
