"""What models are asked for. A purpose has its own route, its own budget and its own lines in the ledger."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.db import models


class Purpose(models.TextChoices):
    """Why a model is called; the words that operators read."""

    SCORE_LEAD = "score_lead", "Read adverts"
    CLEAN_LISTING = "clean_listing", "Clean listings"
    CHAT = "chat", "Assistant"
    MARKET_NOTE = "market_note", "Market notes"
    ENGAGEMENT = "engagement", "Engagement texts"
    EMBED = "embed", "Embeddings"


class Audience(StrEnum):
    """Who reads words that a model wrote, and so whose values may be put back into them."""

    OUR_RULES = "our rules"
    """Nobody: rules look for the words in the text that was asked about, and keep where they stand."""
    WHO_ASKED = "who asked"
    """Who wrote what was covered, or was shown it before."""
    OTHERS = "others"
    """Anybody. A reply that names somebody is no reply."""


AUDIENCE: Final[Mapping[Purpose, Audience]] = {
    Purpose.SCORE_LEAD: Audience.OUR_RULES,
    Purpose.CLEAN_LISTING: Audience.OUR_RULES,
    Purpose.CHAT: Audience.WHO_ASKED,
    Purpose.MARKET_NOTE: Audience.OTHERS,
    Purpose.ENGAGEMENT: Audience.OTHERS,
    Purpose.EMBED: Audience.OUR_RULES,
}
