"""Which privacy requests run out of time: for alerts, and for the light in the operators' queue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.models import PrivacyRequest
from aiqleads.core.alerts import Finding

AREA: Final = "privacy.due"
_RUNNING_OUT: Final = """
SELECT id, reference, kind, due, due < core_now() AS is_late FROM (
    SELECT id, reference, kind, acknowledge_by AS due, acknowledge_by - interval '3 days' AS warns_at
    FROM accounts_privacyrequest WHERE state = 'received' AND acknowledge_by < complete_by
    UNION ALL
    SELECT id, reference, kind, complete_by, CASE
        WHEN kind IN ('opt_out', 'report_harassment') OR accounts_is_by_daniels_law(asked)
        THEN accounts_before_business_days(complete_by, 2) ELSE complete_by - interval '3 days' END
    FROM accounts_privacyrequest asked WHERE state NOT IN ('completed', 'refused', 'withdrawn', 'expired')) open
WHERE warns_at <= core_now()
ORDER BY due, id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningOut:
    """A request that has to be answered within 3 days, or 2 business days where the law counts in those."""

    request_id: UUID
    reference: str
    kind: str
    due: datetime
    is_late: bool


def running_out() -> list[RunningOut]:
    """Those requests, the most urgent first; of one that nobody confirmed yet that comes first."""
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING_OUT)
        rows = cursor.fetchall()
    first = {row[0]: row for row in reversed(rows)}
    told = (
        dict(zip(("request_id", "reference", "kind", "due", "is_late"), row, strict=True)) for row in first.values()
    )
    return sorted((RunningOut(**one) for one in told), key=lambda one: (one.due, one.reference))


def findings() -> Iterator[Finding]:
    """For operators: each request that runs out of time, or has."""
    for one in running_out():
        kind = PrivacyRequest.Kind(one.kind).label.lower()
        says = "is late since" if one.is_late else "has to be answered by"
        yield Finding(
            key=f"{AREA}:{one.reference}",
            says=f"Privacy request {one.reference} ({kind}) {says} {one.due:%B %-d, %Y at %H:%M} UTC.",
            subject=PrivacyRequest(pk=one.request_id),
        )
