"""What is meant by words that no offer says: the most alike ones that offers do say.

A right word is never taken for another one: "fire" is no slip of "fibre", even if no offer says it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from rapidfuzz.distance import OSA

from ai.embedding.words import common_words
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing
from marketplace.models.wording import SHORTEST_WORD

LEAST_ALIKE: Final = 0.35
"""Of trigrams: "garge" and "garage" share 0.44 of theirs, "hawthron" and "hawthorn" 0.38."""
SHORTEST_TWICE_WRONG: Final = 8
CANDIDATES: Final = 5
MOST_ASKED: Final = 5
_WORD: Final = re.compile(rf"(?<![\w\"-])[a-z]{{{SHORTEST_WORD},}}(?![\w\"])")
_MEANT: Final = """
SELECT asked.word, max(alike.likeness),
    array_agg(alike.word ORDER BY alike.likeness DESC, alike.offers DESC, alike.word)
FROM unnest(%(words)s::text[]) AS asked (word)
CROSS JOIN LATERAL (
    SELECT known.word, known.offers, similarity(known.word, asked.word) AS likeness
    FROM marketplace_offerword AS known
    WHERE known.word %% asked.word
    ORDER BY likeness DESC, known.offers DESC, known.word LIMIT %(candidates)s
) AS alike
WHERE NOT EXISTS (
    SELECT FROM marketplace_offerword AS known
    WHERE known.lexeme = ANY (tsvector_to_array(to_tsvector('english', asked.word)))
)
GROUP BY asked.word
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgiven:
    """A search with its misspelt words put right; ``meant`` says which: ``{"garge": "garage"}``."""

    filters: ListingFilters
    meant: Mapping[str, str] = field(default_factory=dict)


def forgive(filters: ListingFilters, *, is_literal: bool = False) -> Forgiven:
    """The search that is meant where no offer says a word of it.

    :param is_literal: the words are meant as they are typed, as words in quotes always are
    """
    typed = dict.fromkeys(_WORD.findall(filters.q.lower()))
    words = [word for word in typed if word not in common_words()][:MOST_ASKED]
    if is_literal or not words:
        return Forgiven(filters=filters)
    with connection.cursor() as cursor:
        cursor.execute(_MEANT, {"words": words, "candidates": CANDIDATES})
        found = [(word, _alike(word, alike, most, filters.sort)) for word, most, alike in cursor.fetchall()]
    meant = {word: alike for word, alike in found if alike and not _is_said(word)}
    if not meant:
        return Forgiven(filters=filters)
    text = _WORD.sub(lambda found: meant.get(found.group(), found.group()), filters.q.lower())
    return Forgiven(filters=replace(filters, q=text), meant=meant)


def _alike(word: str, candidates: Sequence[str], most_alike: float, sort: Sort) -> str | None:
    """The word that is meant: what a slip of the fingers makes of it, or else the most alike one.

    Where meaning is looked for too, a word that nobody says need be no mistake: "serene" is not "screened".
    """
    slips = 2 if len(word) >= SHORTEST_TWICE_WRONG else 1
    slipped = [known for known in candidates if OSA.distance(word, known) <= slips]
    if slipped:
        return min(slipped, key=lambda known: OSA.distance(word, known))
    return candidates[0] if most_alike >= LEAST_ALIKE and sort != Sort.MATCH else None


def _is_said(word: str) -> bool:
    """Whether an offer says it that is younger, or rarer, than the words that were counted. An index knows."""
    return Listing.objects.filter(search=SearchQuery(word, config="english"), delisted_at=None).exists()
