"""How good is a lead? Facts in, points with reasons out. ZIP and protected terms are never looked at.

``features`` says what is looked at, ``scorecard`` gives it points; ``fitting`` and ``training``
learn a scorecard from outcomes, ``registry`` puts it in force, ``parity`` compares areas, ``simulator`` makes
outcomes up, ``claims`` tells buyers what became of leads like one.
"""

from typing import Final

from leads.evidence import Evidence, bounded_score
from leads.models import Tier
from leads.scoring.features import IN_OUR_WORDS, motivations_of
from leads.scoring.scorecard import PRIOR, Scorecard

PREMIUM_FROM: Final = 75
STANDARD_FROM: Final = 50

__all__ = ["IN_OUR_WORDS", "PRIOR", "Scorecard", "motivations_of", "quality_score", "tier"]


def quality_score(evidence: list[Evidence]) -> int:
    """0 to 100."""
    return bounded_score(evidence)


def tier(quality: int) -> Tier:
    """The shelf that a lead stands on."""
    if quality >= PREMIUM_FROM:
        return Tier.PREMIUM
    return Tier.STANDARD if quality >= STANDARD_FROM else Tier.LOW
