"""What a source's words for a listing's state mean: its own rows, then everybody's, then the table that ships.

A word that nobody has explained waits: its listing says nothing new, an alert names it, and it is read again once
an operator has explained it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import cast

from django.db.models import F

from aiqleads.core import alerts
from leads.models import Source
from leads.records import ListingRecord
from scraping.models import StatusRule
from scraping.readers.reso.statuses import Meaning, shipped_meaning, squash

ALERT_AREA = "feed.status"


class StatusTable:
    """One source's table as it is at the start of a run, and the words that were met and not found in it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rules: Mapping[str, Meaning] = _rules_of(source)
        self._unknown: Counter[str] = Counter()

    def meaning_of(self, says: str) -> Meaning | None:
        """What ``says`` means; None for a word that nobody explained."""
        return self._rules.get(squash(says)) or shipped_meaning(says)

    def must_wait(self, record: ListingRecord) -> bool:
        """Whether the record's state is a word that nobody explained; the word is noted."""
        waits = record.status is None and record.rejected is None and bool(record.category)
        if waits:
            self._unknown[str(record.category)] += 1
        return waits

    def tell(self) -> None:
        """Open an alert for each unexplained word. Call it once, when the run has read what it could."""
        for says, count in self._unknown.items():
            listings = "one listing waits" if count == 1 else f"{count} listings wait"
            told = (
                f"{self._source.name} calls a listing “{says[:60]}”, and no rule says what that means: {listings}."
            )
            alerts.open_alert(key=_alert_key(self._source, says), says=told, subject=self._source)

    def settle(self) -> bool:
        """Close the alerts of words that were explained since; return whether there were any."""
        known = alerts.open_alerts().filter(key__startswith=f"{ALERT_AREA}:{self._source.pk}:")
        words = [(key, key.rsplit(":", 1)[1]) for key in known.values_list("key", flat=True)]
        explained = [key for key, word in words if word in self._rules or shipped_meaning(word)]
        for key in explained:
            alerts.close_alert(key=key)
        return bool(explained)


def _rules_of(source: Source) -> dict[str, Meaning]:
    """Word → meaning; the source's own rows come last, so that they win."""
    rules = StatusRule.objects.filter(source=None) | StatusRule.objects.filter(source=source)
    rows = rules.order_by(F("source").asc(nulls_first=True)).values_list("word", "meaning")
    return {word: cast("Meaning", meaning) for word, meaning in rows}


def _alert_key(source: Source, says: str) -> str:
    return f"{ALERT_AREA}:{source.pk}:{squash(says)[:60]}"
