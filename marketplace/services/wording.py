"""Writes what offers say: which words, and how often. Asked by the clock."""

from typing import Final

from django.db import connection, transaction

from leads.fair_housing import PROTECTED_TERMS
from marketplace.models.wording import LONGEST_WORD, SHORTEST_WORD, OfferWord

RECENT_OFFERS: Final = 50_000
MOST_WORDS: Final = 20_000

_SAID: Final = f"""
SELECT to_tsvector('simple', concat_ws(' ', summary, street, feature_words))
FROM (SELECT summary, street, feature_words FROM marketplace_listing
      WHERE delisted_at IS NULL ORDER BY listed_at DESC, lead_id DESC LIMIT {RECENT_OFFERS}) AS recent
"""  # noqa: S608  (numbers of ours)
_COUNT: Final = """
INSERT INTO marketplace_offerword (word, lexeme, offers)
SELECT word, (tsvector_to_array(to_tsvector('english', word)))[1], ndoc
FROM ts_stat(%(said)s)
WHERE word ~ '^[a-z]+$' AND length(word) BETWEEN %(shortest)s AND %(longest)s AND word <> ALL(%(protected)s)
  AND to_tsvector('english', word) <> ''::tsvector
ORDER BY ndoc DESC, word LIMIT %(most)s
"""


@transaction.atomic
def count_words() -> int:
    """Count the words of the most recent offers anew; return how many there are.

    It reads as many offers however many there are. Words for protected people are no words to suggest.
    """
    OfferWord.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "said": _SAID,
                "shortest": SHORTEST_WORD,
                "longest": LONGEST_WORD,
                "protected": sorted(PROTECTED_TERMS),
                "most": MOST_WORDS,
            },
        )
        return int(cursor.rowcount)
