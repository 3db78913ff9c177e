"""Searches in words: how many of the labelled ones are understood exactly, and what reading one costs."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.measuring import Figure, Share
from leads.normalise.place import miles_between
from marketplace.understanding import understand

LABELLED: Final = Path(__file__).parent.parent / "tests/marketplace/queries.jsonl"
MILES_FROM_THE_LABEL: Final = 3
ROUNDS: Final = 5
SHARES: Final = ("searches: understood exactly", "searches: CPU to understand one")


def shares() -> Iterator[Share | Figure]:
    """The share of the labelled searches of which every filter, place and left-over word is right."""
    queries = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    right = sum(is_right(query["q"], query["expect"]) for query in queries)
    yield Share(name=SHARES[0], beside="their labels", cases=len(queries), ours_right=right, at_least=0.9)
    began = time.process_time()
    for _ in range(ROUNDS):
        for query in queries:
            understand.__wrapped__(query["q"])
    milliseconds = (time.process_time() - began) * 1_000 / (ROUNDS * len(queries))
    yield Figure(name=SHARES[1], value=milliseconds, unit="ms", at_most=10)


def is_right(words: str, label: dict[str, Any]) -> bool:
    """Whether a search is understood as it is labelled."""
    understood, meant = understand(words), dict(label)
    got: dict[str, Any] = {**understood.facts, **({"refused": True} if understood.is_refused else {})}
    near, found = meant.pop("near", None), got.pop("near", None)
    is_there = (near is None) is (found is None)
    if near and found:
        is_there = miles_between(tuple(near), found) <= MILES_FROM_THE_LABEL
    has_words = set(understood.text.split()) == set(meant.pop("text", "").split())
    return is_there and has_words and _plain(got) == _plain(meant)


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(fact) if isinstance(fact, list | tuple) else fact for name, fact in facts.items()}
