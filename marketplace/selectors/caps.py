"""Reads of what members spent of their caps."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from accounts.models import Membership


def spent_this_month(membership_ids: Iterable[UUID]) -> dict[UUID, int]:
    """What each member spent since the first of the month (UTC), in credits, as the database counts it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, marketplace_spent_by(id, core_now()) FROM unnest(%s::uuid[]) member (id)",
            [list(membership_ids)],
        )
        return dict(cursor.fetchall())


def cap_left_credits(member: Membership) -> int | None:
    """What a member may still spend this month; None where nothing caps it."""
    capped = Membership.objects.filter(pk=member.pk).values_list("cap_credits", flat=True).first()
    if capped is None:
        return None
    return max(0, capped - spent_this_month([member.pk])[member.pk])
