"""Searches in words: how well full text alone, vectors alone and both together answer the labelled ones.

All three are asked among what the filters leave that the words were understood as; only the order differs. The
offers are synthetic, in the cities that the searches name; who is right is told by ``bench/labelled.py``.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import mean, quantiles
from typing import Final
from uuid import UUID

from bench import labelled
from bench.labelled import Half
from bench.measuring import Figure
from leads import vectors
from marketplace import selectors, synthetic
from marketplace.filters import ListingFilters
from marketplace.models import Listing
from marketplace.selectors import matching
from marketplace.understanding import understand

OFFERS: Final = 2_000
SEED: Final = 1
MOST_MORE_MS: Final = 30.0
NDCG: Final = f"found: nDCG@{labelled.AT_FIRST} of 0"
HALVES: Final = {Half.CHOSEN: "it was chosen by", Half.TOLD: "held back"}
RANKERS: Final = {
    "full text": matching.by_words,
    "vectors": matching.by_meaning,
    "both": matching.best_matches,
}
FIGURES: Final = (
    *(f"{NDCG} {half}, {how}" for half in HALVES.values() for how in (*RANKERS, "both less full text, at least")),
    "found: p95 of a page of matches",
)

Ranked = Callable[[ListingFilters], Sequence[UUID]]


def prepare(count: int = OFFERS) -> None:
    """Put so many offers on the marketplace, each with its vector."""
    synthetic.load(count=count, seed=SEED, cities=labelled.CITIES)
    while vectors.write_due():
        pass


def figures() -> Iterator[Figure]:
    found = {how: qualities(ranked) for how, ranked in RANKERS.items()}
    for half, name in HALVES.items():
        yield from _of_half(half, name, found)
    alone, together = (_p95_ms(how) for how in (_page_by_words, selectors.find))
    yield Figure(
        name="found: p95 of a page of matches", value=together, unit="ms", beside="words alone", other=alone,
        at_most=alone + MOST_MORE_MS,
    )  # fmt: skip


def _of_half(half: Half, name: str, found: Mapping[str, Mapping[str, float]]) -> Iterator[Figure]:
    """Each ranker's mean, and by how much both together are surely better than words alone."""
    searches = [one.words for one in labelled.searches() if one.half == half and one.words in found["both"]]
    text, near, both = ([of[words] for words in searches] for of in found.values())
    begins = f"{NDCG.removesuffix('0')}{len(searches)} {name}"
    yield Figure(name=f"{begins}, full text", value=mean(text), unit="")
    yield Figure(name=f"{begins}, vectors", value=mean(near), unit="")
    better = max(mean(text), mean(near))
    yield Figure(
        name=f"{begins}, both", value=mean(both), unit="", beside="the better alone", other=better, at_least=better
    )
    more = labelled.paired([ours - theirs for ours, theirs in zip(both, text, strict=True)])
    yield Figure(
        name=f"{begins}, both less full text, at least", value=more.least, unit="", at_least=0,
        beside="in the mean", other=more.mean,
    )  # fmt: skip


def quality(ranked: Ranked) -> float:
    """The mean nDCG@10 of the labelled searches."""
    return mean(qualities(ranked).values())


def qualities(ranked: Ranked) -> dict[str, float]:
    """The nDCG@10 of each labelled search that any offer answers."""
    offers = list(Listing.objects.offered().select_related("lead"))
    told = {}
    for search in labelled.searches():
        grades = {offer.pk: search.grade(offer) for offer in offers}
        if any(grades.values()):
            filters = asked(search.words)
            found = ranked(filters) if filters.q else [row.pk for row in selectors.find(filters).results]
            told[search.words] = labelled.ndcg([grades[pk] for pk in found], of=grades.values())
    return told


def asked(words: str) -> ListingFilters:
    """A search as the page understands it, its misspelt words put right."""
    filters = understand(words).filters().sorted_unless_told(is_literal=False)
    return selectors.forgive(filters).filters


def _page_by_words(filters: ListingFilters) -> object:
    keys = matching.by_words(filters)[: selectors.PAGE_SIZE]
    return list(Listing.objects.offered().filter(pk__in=keys).with_holds())


def _p95_ms(ask: Callable[[ListingFilters], object]) -> float:
    searches = [filters for search in labelled.searches() if (filters := asked(search.words)).q]
    taken = []
    for filters in [*searches, *searches]:
        began = time.perf_counter()
        ask(filters)
        taken.append((time.perf_counter() - began) * 1_000)
    return quantiles(taken[len(searches) :], n=20)[-1]
