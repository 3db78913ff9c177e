"""The best matches of a search in words: an order by the words that offers say and one by meaning, made one.

Filters narrow as in any search; words put what is left in order. Each list of matches is kept for half an hour
under a name of its own that its cursors carry, so that a deeper page goes on where the one before it ended
whatever is listed or sold meanwhile. What is no longer offered is left out; a forgotten list is made again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from hashlib import sha256
from operator import and_, or_
from typing import Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.db.models import BooleanField, Func, Q

from aiqleads.core import keyset
from aiqleads.core.keyset import Page
from leads import fair_housing
from leads.reading.catalogue import FEATURES
from marketplace.filters import ListingFilters, Sort
from marketplace.fusion import fused
from marketplace.models import Listing
from marketplace.querysets import ListingQuerySet, matches
from marketplace.selectors import answering, meaning, offers
from marketplace.selectors.answering import Asked
from marketplace.selectors.offers import PAGE_SIZE
from marketplace.selectors.sampling import expected, remembered

MOST_MATCHES: Final = 240
"""Ten pages: what lies beyond is found by a filter more, or in another order."""
MOST_COMPARED: Final = 10_000
WEIGHTS: Final = (1.0, 0.1, 0.02)
"""How much of what is asked an offer answers comes first; what it is like, and how good a lead it is, only decides
among those that answer about as much."""
KEPT_SECONDS: Final = 1_800
STEM: Final = 5
"""By so many letters "fenced" and "fence" are one word."""
_WORD: Final = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)+|[a-z0-9]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Why an offer is among the best: words of the search that it says, and features that mean alike."""

    said: tuple[str, ...] = ()
    meaning: tuple[str, ...] = ()


NO_MATCH: Final = Match()


@dataclass(frozen=True, slots=True)
class FoundPage(Page[Listing]):
    """A page of offers; of matches also how many there are in all, and why each of the page is one."""

    matches: Mapping[UUID, Match] = field(default_factory=dict)
    matched: int | None = None


def find(filters: ListingFilters, *, cursor: str | None = None, size: int = PAGE_SIZE) -> FoundPage:
    """One page of offers in any order.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    text = fair_housing.searchable(filters.q)
    if filters.sort == Sort.MATCH and text:
        return _matches(filters, text, cursor, size)
    as_listed = replace(filters, sort=Sort.NEWEST) if filters.sort == Sort.MATCH else filters
    page = offers.search(as_listed, cursor=cursor, size=size)
    return FoundPage(page.results, page.next, page.previous)


def best_matches(filters: ListingFilters) -> list[UUID]:
    """At most ``MOST_MATCHES`` offers that answer the words best, of those that the filters leave."""
    answers = by_words(filters)
    return fused(answers, by_meaning(filters), list(answers), weights=WEIGHTS)[:MOST_MATCHES]


def by_words(filters: ListingFilters) -> dict[UUID, float]:
    """Offers by how much of what is asked they answer, in what they say and offer; who answers most first."""
    asked, rows = answering.asked_in(filters.q), _left_by(filters)
    if not asked:  # in letters that no offer is written in
        return {}
    found: dict[UUID, float] = {}
    for join in (and_, or_)[: len(asked)]:
        if len(found) < MOST_MATCHES:
            answers = rows.filter(search=reduce(join, (one.query for one in asked)))
            found = {**answering.best_answers(answers, asked, most=MOST_MATCHES), **found}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def by_meaning(filters: ListingFilters, *, most_compared: int = MOST_COMPARED) -> list[UUID]:
    """The order by what offers mean.

    :param most_compared: of more offers only about so many, those of best quality, are compared
    """
    rows = _left_by(filters)
    if expected(filters.without("q")).found > most_compared:
        rows = _best(rows, filters.without("q"), most_compared)
    return meaning.nearest_to_words(
        answering.meant_by(filters.q), rows.values("pk"), limit=MOST_MATCHES, state_code=filters.state.upper()
    )


def _left_by(filters: ListingFilters) -> ListingQuerySet:
    """The offers that the filters leave, without what is not wanted."""
    narrowed = replace(filters.without("q"), sort=Sort.RELEVANCE)
    unwanted = (Q(features__contains=[label]) for label in answering.wishes_of(filters.q).unwanted)
    return Listing.objects.offered().filter(
        offers.condition(narrowed, MOST_MATCHES), *(~without for without in unwanted)
    )


def _best(rows: ListingQuerySet, filters: ListingFilters, most: int) -> ListingQuerySet:
    """About the ``most`` of best quality: comparing a vector with each of a million takes too long.

    From which quality on they are is remembered for half a minute: it takes longer than all else to find.
    """
    in_order = rows.order_by("-quality_score", "-pk").values_list("quality_score", flat=True)
    worst = remembered(
        "worst",
        (most, filters),
        in_order[most : most + 1].first,
        is_large=lambda found: found is not None,
    )
    return rows if worst is None else rows.filter(quality_score__gt=worst)


def settled(filters: ListingFilters) -> ListingFilters:
    """The same search with its matches found: its words then narrow nothing more."""
    if filters.sort != Sort.MATCH or not fair_housing.searchable(filters.q):
        return filters
    return replace(filters.without("q"), among=tuple(best_matches(filters)), sort=Sort.NEWEST)


def pool(filters: ListingFilters) -> ListingFilters:
    """What there is to put in order: where words are matched best, they narrow nothing."""
    return filters.without("q", "sort") if filters.sort == Sort.MATCH else filters


def _matches(filters: ListingFilters, text: str, cursor: str | None, size: int) -> FoundPage:
    name, start, found = _kept(filters, cursor)
    shown, asked = found[start : start + size], answering.asked_in(text)
    rows = Listing.objects.offered().filter(matches(filters.without("q")), pk__in=shown).with_holds()
    by_key = {row.pk: row for row in rows.annotate(says=_says(asked))}  # type: ignore[no-redef]
    listings = [by_key[pk] for pk in shown if pk in by_key]
    return FoundPage(
        listings,
        _cursor(name, start + size, found) if start + size < len(found) else None,
        _cursor(name, max(0, start - size), found) if start else None,
        matches={listing.pk: _explanation(listing, asked) for listing in listings},
        matched=len(found),
    )


def _says(asked: Sequence[Asked]) -> Func:
    """Which of the things asked for an offer says in so many words, one after another."""
    each = [Q(search=one.said) for one in asked]
    return Func(*each, template="ARRAY[%(expressions)s]::boolean[]", output_field=ArrayField(BooleanField()))


def _explanation(listing: Listing, asked: Sequence[Asked]) -> Match:
    """What of an offer answers the search: features by their labels, other words as they were typed.

    What answers a wish wholly is told as matched, what is only like it as meaning.
    """
    said, like, unknown = [], [], []
    for one, is_said in zip(asked, listing.says, strict=True):
        label, how = one.answer_of(listing.features)
        if how == 1:
            said.append(label)
        elif is_said:
            said.append(_feature_that_says(one.words, listing.features) or one.words)
        elif label:
            like.append(label)
        elif not one.answers:
            unknown.append(one.words)
    left = [feature for feature in listing.features if feature not in {*said, *like}]
    like += meaning.alike(left, unknown, of=tuple(one.words for one in asked if not one.answers))
    return Match(said=tuple(dict.fromkeys(said)), meaning=tuple(dict.fromkeys(like))[: meaning.MOST_TOLD])


def _feature_that_says(words: str, features: Sequence[str]) -> str | None:
    """The first of an offer's features that is found by a word, in whatever form it is typed."""
    return next((feature for feature in features if _stem(words) in _stems(feature)), None)


@lru_cache(maxsize=256)
def _stems(label: str) -> frozenset[str]:
    """How the words begin by which a feature is found."""
    also = next((entry.also for entry in FEATURES.values() if entry.says == label), "")
    return frozenset(map(_stem, _WORD.findall(f"{label} {also}".lower())))


def _stem(word: str) -> str:
    return word.removesuffix("s")[:STEM]


def _kept(filters: ListingFilters, cursor: str | None) -> tuple[str, int, list[UUID]]:
    """The name of the list of matches, where the page starts in it, and the list."""
    if cursor is None:
        return _keep(filters, 0)
    name, start, after = _read(cursor)
    if kept := cache.get(f"matches:{name}"):
        return name, start, [UUID(bytes=kept[at : at + 16]) for at in range(0, len(kept), 16)]
    name, start, found = _keep(filters, start)
    return name, found.index(after) + 1 if after in found else start, found


def _keep(filters: ListingFilters, start: int) -> tuple[str, int, list[UUID]]:
    found = best_matches(filters)
    packed = b"".join(pk.bytes for pk in found)
    name = sha256(packed).hexdigest()[:16]
    cache.set(f"matches:{name}", packed, KEPT_SECONDS)
    return name, start, found


def _cursor(name: str, start: int, found: Sequence[UUID]) -> str:
    return keyset.written((0, f"{name}:{found[start - 1] if start else ''}", start))


def _read(cursor: str) -> tuple[str, int, UUID | None]:
    _, (where, start) = keyset.read(cursor)
    name, mark, after = str(where).partition(":")
    if not mark or not isinstance(start, int) or start < 0:
        raise keyset.BadCursor(cursor)
    try:
        return name, start, UUID(after) if after else None
    except ValueError as error:
        raise keyset.BadCursor(cursor) from error
