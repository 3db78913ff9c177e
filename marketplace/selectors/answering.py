"""What a search asks for besides its filters, and how well offers answer it: by their features, or by their words.

Each wish is one thing asked for, and so is each word that nothing is known of. An offer answers a wish as well as
the best of its features does, half where only its words say it; a word it says or does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, or_
from typing import Final
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Case, Expression, F, FloatField, Q, Value, When
from django_cte import CTE, with_cte

from leads import fair_housing
from marketplace.querysets import ListingQuerySet
from marketplace.understanding import Wishes, read_wishes

MOST_ASKED: Final = 8
MOST_RANKED: Final = 2_000
SAID: Final = 0.5
"""How well a wish is answered where the words of an offer say it and its features do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that is asked for: as typed, which labels answer it how well, and how it is looked for."""

    words: str
    answers: Mapping[str, float]

    @property
    def said(self) -> SearchQuery:
        """Whether an offer says the words."""
        return SearchQuery(self.words, config="english")

    @property
    def query(self) -> SearchQuery:
        """Whether an offer may answer it at all, as the text index knows without looking at where words stand."""
        labels = (SearchQuery(label, config="english") for label in self.answers)
        return reduce(or_, labels, self.said)

    @property
    def degree(self) -> Expression:
        """How well an offer answers it, from 0 to 1."""
        cases = [(how, Q(features__contains=[label])) for label, how in self.answers.items()]
        cases.append((SAID if self.answers else 1.0, Q(search=self.said)))
        best_first = sorted(cases, key=lambda case: -case[0])
        return Case(*(When(has, then=Value(how)) for how, has in best_first), default=Value(0.0))

    def answer_of(self, labels: Sequence[str]) -> tuple[str, float]:
        """The label that answers it best, and how well; "" and 0 where none does."""
        return next(((label, how) for label, how in self.answers.items() if label in labels), ("", 0.0))


def wishes_of(text: str) -> Wishes:
    """What is wished for in words, stripped of words for people."""
    return read_wishes(fair_housing.searchable(text))


def asked_in(text: str) -> list[Asked]:
    """What is asked for in words, each once, as they were typed one after another."""
    wishes, typed = wishes_of(text), fair_housing.searchable(text)
    asked = [Asked(words=wish.words, answers=wish.answers) for wish in wishes.wanted]
    asked += [Asked(words=word, answers={}) for word in wishes.rest]
    return sorted(asked, key=lambda one: typed.find(one.words))[:MOST_ASKED]


def meant_by(text: str) -> str:
    """A search in the words that offers are told in, to be compared with what these mean."""
    wishes = wishes_of(text)
    return ", ".join([*(next(iter(wish.answers)) for wish in wishes.wanted), *wishes.rest])


def best_answers(rows: ListingQuerySet, asked: Sequence[Asked], *, most: int) -> dict[UUID, float]:
    """Of the ``MOST_RANKED`` best leads of ``rows`` those that answer most of what is asked, and how much of it.

    Of those that answer as much, the more relevant by ``ts_rank`` of the words that nothing is known of, then the
    better lead, then the key.
    """
    unknown = [one.said for one in asked if not one.answers]
    rank = SearchRank(F("search"), reduce(or_, unknown)) if unknown else Value(0.0, output_field=FloatField())
    degree = reduce(add, (one.degree for one in asked))
    best = rows.order_by("-quality_score", "-pk").annotate(degree=degree, rank=rank)[:MOST_RANKED]
    found = CTE(best.values("pk", "degree", "rank", "quality_score"), name="found")
    in_order = with_cte(found, select=found.queryset().order_by("-degree", "-rank", "-quality_score", "-pk"))
    return {pk: answered for pk, answered in in_order.values_list("pk", "degree")[:most] if answered}
