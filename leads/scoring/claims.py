"""What buyers may be told of leads like one: how many were reached, out of how many, and only from enough of them.

The numbers are those of a stored query (``leads_tierrecord``): nobody can write them by hand.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from aiqleads.core import transactions
from leads.models import Tier, TierRecord

FEWEST_CASES: Final = 100
"""From fewer, a share tells more than is known: 95 % of the time it would lie up to a tenth off."""
_Z_OF_95_PERCENT: Final = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Of ``cases`` sold leads of a tier, the owner of ``percent`` in a hundred was reached.

    ``low_percent`` to ``high_percent`` is where the share lies with 95 % confidence (Wilson's interval).
    """

    tier: Tier
    cases: int
    percent: int
    low_percent: int
    high_percent: int
    listed_percent: int
    measured_at: datetime


def claim_of(tier: str) -> Claim | None:
    """What may be said of leads of ``tier``; None where too few sales are told of."""
    counted = TierRecord.objects.filter(tier=tier, told__gte=FEWEST_CASES).first()
    if counted is None:
        return None
    low, high = _interval(counted.reached, counted.told)
    return Claim(
        tier=Tier(tier),
        cases=counted.told,
        percent=round(100 * counted.reached / counted.told),
        low_percent=round(100 * low),
        high_percent=round(100 * high),
        listed_percent=round(100 * counted.listed / counted.told),
        measured_at=counted.measured_at,
    )


@transactions.write
def count_anew() -> None:
    """Run the stored query again. Safe to run twice."""
    with connection.cursor() as cursor:
        cursor.execute("REFRESH MATERIALIZED VIEW leads_tierrecord")


def _interval(hits: int, cases: int) -> tuple[float, float]:
    """Wilson's score interval: it stays within 0 and 1, and is honest near both ends."""
    share, square = hits / cases, _Z_OF_95_PERCENT**2
    middle = (share + square / (2 * cases)) / (1 + square / cases)
    spread = math.sqrt(share * (1 - share) / cases + square / (4 * cases**2)) / (1 + square / cases)
    return middle - _Z_OF_95_PERCENT * spread, middle + _Z_OF_95_PERCENT * spread
