"""How long the tables of model calls are kept."""

from datetime import timedelta
from typing import Final

from django.db.models import Q

from aiqleads.core import retention

REPLIES: Final = timedelta(days=90)


def say() -> None:
    """Say it of every table."""
    retention.rows("model replies", "ai.modelreply", "at", kept=REPLIES, since="they were given")
    retention.rows(
        "batches of questions",
        "ai.batchjob",
        "over_at",
        kept=REPLIES,
        since="they were over",
        where=Q(waiting=None),
    )
    retention.keep("accounts for money: ids, models, tokens and cents, never a word of what was asked",
                   "ai.modelcall", "ai.spend", "ai.route")  # fmt: skip
    retention.keep("goes as soon as it is answered", "ai.waitingquestion")
