"""Searches in words: how well full text alone, vectors alone and all together answer the labelled ones.

All are asked among what the filters leave that the words were understood as; only the order differs. The
offers are synthetic, in the cities that the searches name; who is right is told by ``bench/labelled.py``.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from statistics import mean, quantiles
from typing import Final
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import BooleanField, ExpressionWrapper, F, IntegerField, Q, Value
from django.db.models.functions import Cast

from bench import labelled
from bench.labelled import Half
from bench.measuring import Figure
from leads import vectors
from marketplace import selectors, synthetic
from marketplace.filters import ListingFilters
from marketplace.models import Listing
from marketplace.selectors import matching, meaning
from marketplace.understanding import understand

OFFERS: Final = 2_000
SEED: Final = 1
MOST_MORE_MS: Final = 30.0
MOST_FOUND: Final = 240
_WORD: Final = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)+|[a-z0-9]{2,}")
NDCG: Final = f"found: nDCG@{labelled.AT_FIRST} of 0"
HALVES: Final = {Half.CHOSEN: "it was chosen by", Half.TOLD: "held back", Half.LATER: "written afterwards"}
RIVALS: Final = ("full text", "vectors", "wishes and words")
FIGURES: Final = (
    *(f"{NDCG} {half}, {how}" for half in HALVES.values() for how in (*RIVALS, "all together")),
    *(f"{NDCG} {half}, more than {rival}, at least" for half in HALVES.values() for rival in RIVALS),
    "found: p95 of a page of matches",
)

Ranked = Callable[[ListingFilters], Iterable[UUID]]


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
    """Each ranker's mean, and how much more all together are surely worth than each alone."""
    searches = [one.words for one in labelled.searches() if one.half == half and one.words in found["vectors"]]
    told = {how: [of[words] for words in searches] for how, of in found.items()}
    begins, ours = f"{NDCG.removesuffix('0')}{len(searches)} {name}", told["all together"]
    better = max(mean(told[rival]) for rival in ("full text", "vectors"))
    for how, qualities_found in told.items():
        least = better if how == "all together" else None
        yield Figure(name=f"{begins}, {how}", value=mean(qualities_found), unit="", at_least=least)
    for rival in RIVALS:
        more = labelled.paired([one - other for one, other in zip(ours, told[rival], strict=True)])
        yield Figure(
            name=f"{begins}, more than {rival}, at least", value=more.least, unit="", beside="in the mean",
            other=more.mean, at_least=None if rival == "wishes and words" else 0,
        )  # fmt: skip


def full_text(filters: ListingFilters) -> list[UUID]:
    """What PostgreSQL's full text search alone finds: who says all words, then who says most of them.

    Of those that say as many, the more relevant by ``ts_rank``, then the better lead.
    """
    words = list(dict.fromkeys(_WORD.findall(filters.q)))
    if not words:
        return []
    says = [SearchQuery(word, config="english") for word in words]
    said = sum((Cast(ExpressionWrapper(Q(search=one), BooleanField()), IntegerField()) for one in says), Value(0))
    rows = Listing.objects.offered().matching(filters.without("q")).filter(search=reduce(or_, says))
    in_order = rows.annotate(said=said, rank=SearchRank(F("search"), reduce(or_, says)))
    return list(
        in_order.order_by("-said", "-rank", "-quality_score", "-pk").values_list("pk", flat=True)[:MOST_FOUND]
    )


def vectors_alone(filters: ListingFilters) -> list[UUID]:
    """What is nearest to the words as they were typed."""
    among = Listing.objects.offered().matching(filters.without("q")).values("pk")
    return meaning.nearest_to_words(filters.q, among, limit=MOST_FOUND, state_code=filters.state)


RANKERS: Final[Mapping[str, Ranked]] = {
    "full text": full_text,
    "vectors": vectors_alone,
    "wishes and words": matching.by_words,
    "all together": matching.best_matches,
}


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
    keys = list(matching.by_words(filters))[: selectors.PAGE_SIZE]
    return list(Listing.objects.offered().filter(pk__in=keys).with_holds())


def _p95_ms(ask: Callable[[ListingFilters], object]) -> float:
    searches = [filters for search in labelled.searches() if (filters := asked(search.words)).q]
    taken = []
    for filters in [*searches, *searches]:
        began = time.perf_counter()
        ask(filters)
        taken.append((time.perf_counter() - began) * 1_000)
    return quantiles(taken[len(searches) :], n=20)[-1]
