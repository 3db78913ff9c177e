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
from django.contrib.postgres.search import SearchQuery
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
from marketplace.selectors import meaning, offers
from marketplace.selectors.offers import PAGE_SIZE
from marketplace.selectors.sampling import expected

MOST_MATCHES: Final = 240
"""Ten pages: what lies beyond is found by a filter more, or in another order."""
MOST_COMPARED: Final = 20_000
WEIGHTS: Final = (1.0, 0.5)
"""What an offer says counts twice what it is like."""
MOST_WORDS: Final = 8
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
    return fused(by_words(filters), by_meaning(filters), weights=WEIGHTS)[:MOST_MATCHES]


def by_words(filters: ListingFilters) -> list[UUID]:
    """The order by the words that offers say: who says all, then who says most of them."""
    words, rows = _queries(words_of(fair_housing.searchable(filters.q))), _left_by(filters)
    if not words:  # in letters that no offer is written in
        return []
    queries = (reduce(and_, words), reduce(or_, words))[: len(words)]
    orders = [offers.most_relevant_keys(rows.filter(search=asked), words, most=MOST_MATCHES) for asked in queries]
    return list(dict.fromkeys(pk for order in orders for pk in order))


def by_meaning(filters: ListingFilters, *, most_compared: int = MOST_COMPARED) -> list[UUID]:
    """The order by what offers mean.

    :param most_compared: of more offers only about so many, those of best quality, are compared
    """
    rows = _left_by(filters)
    if expected(filters.without("q")).found > most_compared:
        rows = _best(rows, most_compared)
    text = fair_housing.searchable(filters.q)
    return meaning.nearest_to_words(text, rows.values("pk"), limit=MOST_MATCHES, state_code=filters.state.upper())


def _left_by(filters: ListingFilters) -> ListingQuerySet:
    """The offers that the filters leave."""
    narrowed = replace(filters.without("q"), sort=Sort.RELEVANCE)
    return Listing.objects.offered().filter(offers.condition(narrowed, MOST_MATCHES))


def _best(rows: ListingQuerySet, most: int) -> ListingQuerySet:
    """About the ``most`` of best quality: comparing a vector with each of a million takes too long."""
    in_order = rows.order_by("-quality_score", "-pk").values_list("quality_score", flat=True)
    worst = in_order[most : most + 1].first()
    return rows if worst is None else rows.filter(quality_score__gt=worst)


def settled(filters: ListingFilters) -> ListingFilters:
    """The same search with its matches found: its words then narrow nothing more."""
    if filters.sort != Sort.MATCH or not fair_housing.searchable(filters.q):
        return filters
    return replace(filters.without("q"), among=tuple(best_matches(filters)), sort=Sort.NEWEST)


def pool(filters: ListingFilters) -> ListingFilters:
    """What there is to put in order: where words are matched best, they narrow nothing."""
    return filters.without("q", "sort") if filters.sort == Sort.MATCH else filters


def words_of(text: str) -> list[str]:
    """The words that are looked for one by one, each once."""
    return list(dict.fromkeys(words_in(text)))[:MOST_WORDS]


def words_in(text: str) -> list[str]:
    """Words of two letters and more, in small letters."""
    return _WORD.findall(text.lower())


def _queries(words: Sequence[str]) -> list[SearchQuery]:
    return [SearchQuery(word, config="english") for word in words]


def _matches(filters: ListingFilters, text: str, cursor: str | None, size: int) -> FoundPage:
    name, start, found = _kept(filters, cursor)
    shown, words = found[start : start + size], words_of(text)
    rows = Listing.objects.offered().filter(matches(filters.without("q")), pk__in=shown).with_holds()
    by_key = {row.pk: row for row in rows.annotate(says=_says(words))}  # type: ignore[no-redef]
    listings = [by_key[pk] for pk in shown if pk in by_key]
    return FoundPage(
        listings,
        _cursor(name, start + size, found) if start + size < len(found) else None,
        _cursor(name, max(0, start - size), found) if start else None,
        matches=_explained(listings, words, text),
        matched=len(found),
    )


def _says(words: Sequence[str]) -> Func:
    """Which of ``words`` an offer says, one after another."""
    each = [Q(search=word) for word in _queries(words)]
    return Func(*each, template="ARRAY[%(expressions)s]::boolean[]", output_field=ArrayField(BooleanField()))


def _explained(listings: Sequence[Listing], words: Sequence[str], text: str) -> dict[UUID, Match]:
    return {listing.pk: _explanation(listing, words, text) for listing in listings}


def _explanation(listing: Listing, words: Sequence[str], text: str) -> Match:
    """What of an offer answers the words: features by their labels, other words as they were typed."""
    said = [word for word, is_said in zip(words, listing.says, strict=True) if is_said]
    unsaid = [word for word in words if word not in said]
    labels = [_feature_that_says(word, listing.features) or word for word in said]
    left = [feature for feature in listing.features if feature not in labels]
    parts = [*unsaid, *([text] if len(words) > 1 else [])] if unsaid else []
    told = meaning.alike(left, parts, of=(text, *words))
    return Match(said=tuple(dict.fromkeys(labels)), meaning=told)


def _feature_that_says(word: str, features: Sequence[str]) -> str | None:
    """The first of an offer's features that is found by a word, in whatever form it is typed."""
    return next((feature for feature in features if _stem(word) in _stems(feature)), None)


@lru_cache(maxsize=256)
def _stems(label: str) -> frozenset[str]:
    """How the words begin by which a feature is found."""
    also = next((entry.also for entry in FEATURES.values() if entry.says == label), "")
    return frozenset(map(_stem, words_in(f"{label} {also}")))


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
