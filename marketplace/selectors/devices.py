"""Reads of the telephones that members are told on."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership
from aiqleads.core import push
from marketplace.models import Device


def devices(member: Membership) -> QuerySet[Device]:
    """The member's own devices, the newest first."""
    return Device.objects.filter(membership=member).order_by("-registered_at", "-pk")


def pushed_to(membership_ids: Collection[UUID]) -> set[UUID]:
    """Those of the members to whom anything can be pushed: a service is configured, and they have a device."""
    theirs = Device.objects.filter(membership__in=membership_ids) if push.is_available() else Device.objects.none()
    return set(theirs.values_list("membership_id", flat=True))
