"""The local reader: rules over the closed catalogue. It says less than a model, costs nothing and never fails.

Pure: the same text is read alike for ever by the same version.
"""

import re
from typing import Final

from leads.reading.catalogue import CATALOGUE, ONE_OF_A_TOPIC, VERSION, Entry, Topic
from leads.reading.folding import Folded
from leads.reading.masking import mask
from leads.reading.passages import Passage, ReadFact, short_quote, without_doubles

RECIPE: Final = f"rules-1/catalogue-{VERSION}"
_DENIED: Final = re.compile(
    r"(?:\b(?:no|not|never|without|lacks?|needs?|wants?|nor|sin|except)|n't)\s+(?:(?:a|an|any|the|is|are|be|un|una|\w+ing)\s+){0,2}$"
)
_DENIAL_ITSELF: Final = re.compile(r"^(?:no|not|needs?|sin)\b")
_REACH: Final = 40


def read_locally(text: str) -> tuple[Passage, ...]:
    """What the rules find in an advert's text, in the order in which it stands there."""
    masked = mask(text)
    found = [passage for entry in CATALOGUE.values() if (passage := _find(entry, masked.folded))]
    return without_doubles([*_one_of_each(found), *_orders(masked.orders)])


def _find(entry: Entry, folded: Folded) -> Passage | None:
    for phrase in entry.local:
        for match in phrase.found_in(folded.text):
            if match.group() and not _is_denied(folded.text, match):
                start, end = folded.span(*match.span())
                fact = ReadFact(topic=entry.topic, name=entry.name, quote=short_quote(match.group()))
                return Passage(fact=fact, start=start, end=end)
    return None


def _is_denied(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - _REACH) : match.start()]
    return not _DENIAL_ITSELF.match(match.group()) and bool(_DENIED.search(before))


def _one_of_each(found: list[Passage]) -> list[Passage]:
    """Of facts that exclude each other the first of the catalogue."""
    told: set[str] = set()
    kept = []
    for passage in found:
        topic = passage.fact.topic
        if topic not in told or topic not in ONE_OF_A_TOPIC:
            kept.append(passage)
        told.add(topic)
    return kept


def _orders(spans: tuple[tuple[int, int], ...]) -> list[Passage]:
    fact = ReadFact(topic=Topic.RED_FLAG, name="speaks to machines", quote="…")
    return [Passage(fact=fact, start=start, end=end) for start, end in spans[:1]]
