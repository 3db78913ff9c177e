"""What is learnt from: sold leads as they stood when they were bought, and whether their owners were reached.

Features are read from the facts of the score that the buyer read, so nothing that came later can be among them; the
guard ``sale_score_of_then`` sees to it. ZIP, region and source are for the report alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.db import connection

from leads.facts import LeadFacts, from_json
from leads.scoring.features import FEATURES, Feature
from leads.scoring.measures import Floats

Bands = Mapping[str, int | None]

_AT_ONCE: Final = 2_000
_EXAMPLES: Final = """
SELECT sale.sold_at, came_to.is_reached, score.facts, lead.zip_code, lead.state_code, coalesce((
    SELECT told.source_id FROM leads_observation told WHERE told.id = score.observation_ids[1]
), '')
FROM leads_sale sale
JOIN leads_saleoutcome came_to ON came_to.sale_id = sale.id
JOIN leads_score score ON score.id = sale.score_id
JOIN leads_lead lead ON lead.id = sale.lead_id
WHERE came_to.is_told AND score.facts IS NOT NULL
ORDER BY sale.sold_at, sale.id
"""
_UNTOLD: Final = """
SELECT count(*) FROM leads_sale sale JOIN leads_saleoutcome came_to ON came_to.sale_id = sale.id WHERE NOT is_told
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One sale: the bands that its lead lay in by feature, and what came of it."""

    bands: Bands
    is_reached: bool
    sold_at: datetime
    source: str = ""
    region: str = ""
    zip_code: str = ""


def bands_of(facts: LeadFacts, now: datetime, features: Sequence[Feature] = FEATURES) -> Bands:
    """Feature → band at a moment."""
    return {feature.part: feature.read(facts, now).band for feature in features}


def examples_of_sales() -> list[Example]:
    """Every sale whose outcome is told, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_EXAMPLES)
        return [_example(row) for row in _rows(cursor)]


def count_untold() -> int:
    """How many sales nobody has told anything about."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD)
        return int(cursor.fetchone()[0])


def table_of(examples: Sequence[Example], features: Sequence[Feature]) -> Floats:
    """Examples × features, the unknown as NaN."""
    rows = [[_number(example.bands[feature.part]) for feature in features] for example in examples]
    return np.array(rows, dtype=np.float64).reshape(len(examples), len(features))


def reached_of(examples: Sequence[Example]) -> Floats:
    """1 where the owner was reached."""
    return np.array([example.is_reached for example in examples], dtype=np.float64)


def _number(band: int | None) -> float:
    return float("nan") if band is None else float(band)


def _rows(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_AT_ONCE):
        yield from rows


def _example(row: Sequence[Any]) -> Example:
    sold_at, is_reached, document, zip_code, region, source = row
    facts, judged_at = from_json(document if isinstance(document, dict) else json.loads(document))
    return Example(
        bands=bands_of(facts, judged_at),
        is_reached=is_reached,
        sold_at=sold_at,
        source=source,
        region=region,
        zip_code=zip_code,
    )
