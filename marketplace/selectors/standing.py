"""What every page shows about its member, in one statement."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.models import Membership

STANDING = """
SELECT
    (SELECT coalesce(sum(remaining), 0)::bigint
     FROM billing_lot JOIN billing_account account ON account.id = account_id
     WHERE organisation_id = %(organisation)s AND remaining > 0 AND coalesce(expires_at > core_now(), true)),
    (SELECT count(DISTINCT lead_id) FROM marketplace_claim
     WHERE membership_id = %(member)s AND state = 'held' AND during @> core_now()),
    (SELECT count(*) FROM marketplace_notification
     WHERE membership_id = %(member)s AND is_shown AND read_at IS NULL),
    EXISTS (SELECT FROM marketplace_waitlistentry WHERE organisation_id = %(organisation)s AND left_at IS NULL),
    EXISTS (SELECT FROM billing_subscription WHERE organisation_id = %(organisation)s AND status = 'past_due')
"""
"""Beside the selectors that answer each of these alone: ``billing.balance_credits``, ``live_holds`` and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The numbers of the navigation, as of the database's time."""

    balance_credits: int
    leads_held: int
    unread_notifications: int
    is_waiting: bool
    is_overdue: bool


def standing(member: Membership) -> Standing:
    """How a member stands now: their organisation's credits and queues, their own holds and notifications."""
    asked: dict[str, UUID] = {"organisation": member.organisation_id, "member": member.pk}
    with connection.cursor() as cursor:
        cursor.execute(STANDING, asked)
        balance_credits, leads_held, unread_notifications, is_waiting, is_overdue = cursor.fetchone()
    return Standing(
        balance_credits=balance_credits,
        leads_held=leads_held,
        unread_notifications=unread_notifications,
        is_waiting=is_waiting,
        is_overdue=is_overdue,
    )
