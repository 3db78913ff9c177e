"""The words that offers are described with, so that a misspelt one finds what was meant."""

from typing import Final

from django.contrib.postgres.indexes import GinIndex
from django.db import models

SHORTEST_WORD: Final = 4
LONGEST_WORD: Final = 40


class OfferWord(models.Model):
    """A word of the public views and how many recent offers say it; counted anew by the clock."""

    word = models.CharField(max_length=40, primary_key=True)
    lexeme = models.CharField(max_length=40, help_text="The word as the search keeps it: garages, garage → garag.")
    offers = models.PositiveIntegerField()

    class Meta:
        verbose_name = "word of offers"
        verbose_name_plural = "words of offers"
        indexes = [
            GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="offer_word_like"),
            models.Index(fields=["lexeme"], name="offer_word_lexeme"),
        ]

    def __str__(self) -> str:
        return self.word
