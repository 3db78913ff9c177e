"""What models are asked for. A purpose has its own route, its own budget and its own lines in the ledger."""

from django.db import models


class Purpose(models.TextChoices):
    """Why a model is called; the words that operators read."""

    SCORE_LEAD = "score_lead", "Read adverts"
    CLEAN_LISTING = "clean_listing", "Clean listings"
    CHAT = "chat", "Assistant"
    MARKET_NOTE = "market_note", "Market notes"
    ENGAGEMENT = "engagement", "Engagement texts"
    EMBED = "embed", "Embeddings"
