"""Text twins: leads of different sources of which the public text says about the same, put before an operator.

The text only brings two leads together: it is made of their rooms and places, so it proves nothing that
``leads.identity`` does not weigh by itself. Nothing is merged here.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.db import connection

from aiqleads.core import events, transactions
from leads import doubts
from leads.events import LeadChanged
from leads.evidence import Evidence
from leads.grouping import Doubt
from leads.models import DoubtfulPair
from leads.weighing import weigh

ALIKE_FROM: Final = 0.9
MOST_EACH: Final = 5

_TWINS: Final = """
SELECT own.lead_id, twin.lead_id, twin.similarity
FROM leads_leadvector own JOIN leads_lead home ON home.id = own.lead_id
CROSS JOIN LATERAL (
    SELECT other.lead_id, -(other.vector <#> own.vector) AS similarity
    FROM leads_lead near JOIN leads_leadvector other ON other.lead_id = near.id AND other.recipe_id = own.recipe_id
    WHERE near.zip_code = home.zip_code AND near.id <> home.id AND near.kind <> 'buyer_enquiry'
        AND -(other.vector <#> own.vector) >= %(alike)s
        AND NOT EXISTS (
            SELECT FROM leads_observation mine
            JOIN leads_observation theirs ON theirs.lead_id = near.id AND theirs.source_id = mine.source_id
            WHERE mine.lead_id = home.id
        )
    ORDER BY other.vector <#> own.vector, other.lead_id LIMIT %(most)s
) twin
WHERE own.lead_id = ANY(%(leads)s) AND own.recipe_id = %(recipe)s
    AND home.zip_code <> '' AND home.kind <> 'buyer_enquiry'
"""


def suggest(*, lead_ids: Collection[UUID], recipe_id: int) -> int:
    """Put leads beside those that their texts resemble, where they may be one home; return how many pairs are new.

    Joins the caller's transaction. What is known of a pair stays, decided or not.
    """
    transactions.require_transaction()
    similarity = _alike(lead_ids, recipe_id)
    new = similarity.keys() - _known(similarity)
    found = [_told(doubt, similarity[doubt.lead_ids]) for doubt in weigh(sorted(new, key=sorted))]
    doubts.note(found)
    changed = sorted({lead_id for doubt in found for lead_id in doubt.lead_ids})
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in changed))
    return len(found)


def _alike(lead_ids: Collection[UUID], recipe_id: int) -> dict[frozenset[UUID], float]:
    asked: dict[str, Any] = {"leads": list(lead_ids), "recipe": recipe_id, "alike": ALIKE_FROM, "most": MOST_EACH}
    with connection.cursor() as cursor:
        cursor.execute(_TWINS, asked)
        return {frozenset((one, other)): similarity for one, other, similarity in cursor.fetchall()}


def _known(pairs: Collection[frozenset[UUID]]) -> set[frozenset[UUID]]:
    ids = {lead_id for pair in pairs for lead_id in pair}
    known = DoubtfulPair.objects.filter(first__in=ids, second__in=ids).values_list("first_id", "second_id")
    return {frozenset(pair) for pair in known}


def _told(doubt: Doubt, similarity: float) -> Doubt:
    """The doubt with what brought it up, which adds no points."""
    says = f"What the public may know of them reads alike ({similarity:.0%})."
    evidence = (*doubt.comparison.evidence, Evidence(part="reads alike", points=0, field="", says=says))
    return replace(doubt, comparison=replace(doubt.comparison, evidence=evidence))
