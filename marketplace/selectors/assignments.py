"""Reads of who works on what an organisation bought."""

from typing import Final
from uuid import UUID

from django.db.models import Q

from accounts import selectors as accounts
from accounts.models import Membership
from marketplace import errors
from marketplace.models import AssignmentPolicy, Handover, Purchase

ME: Final = "me"
NOBODY: Final = "nobody"


def assigned_to(viewer: Membership, whose: str) -> Q:
    """The condition that a purchase is assigned to those whom ``whose`` names.

    :param whose: ``me``, ``nobody``, the id or e-mail address of a member; "" for everybody
    :raises NotAColleague: it names nobody of the viewer's organisation
    """
    if not whose:
        return Q()
    if whose == NOBODY:
        return Q(assignment__member=None)
    member = viewer if whose == ME else accounts.find_member_called(viewer.organisation_id, whose)
    if member is None:
        raise errors.NotAColleague("Nobody of your organisation is called so.")
    return Q(assignment__member=member)


def assignment_rule(organisation_id: UUID) -> AssignmentPolicy.Rule:
    """To whom the organisation's purchases go by themselves."""
    said = AssignmentPolicy.objects.filter(organisation=organisation_id).values_list("rule", flat=True).first()
    return AssignmentPolicy.Rule(said or AssignmentPolicy.Rule.OFF)


def handovers(purchase: Purchase) -> list[Handover]:
    """Everything that changed who works on a purchase, newest first."""
    named = purchase.handovers.select_related("from_member__user", "to_member__user", "by__user")
    return list(named.order_by("-pk"))


def may_hand_over(member: Membership, purchase: Purchase) -> bool:
    """Whether a member may say who works on a purchase of their organisation, as the database allows it."""
    return member.role == Membership.Role.OWNER or (member.is_buyer and purchase.assignment.member_id == member.pk)
