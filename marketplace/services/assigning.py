"""Handing bought leads to the members who work on them: by hand, in turn, and back from who left.

The database says whose turn it is and who may hand over what; here a refusal becomes a sentence, and both members
hear of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final
from uuid import UUID

from django.db.models import F, Q
from django.urls import reverse

from accounts import permissions
from accounts.models import Membership
from aiqleads.core import audit, transactions
from marketplace import errors
from marketplace.models import Assignment, AssignmentPolicy, Claim, Handover, Notification, Purchase
from marketplace.services.notifying import notify

How = Handover.How

LONGEST_REASON: Final = 200


@transactions.write
def set_assignment_rule(*, by: Membership, rule: AssignmentPolicy.Rule) -> AssignmentPolicy:
    """Say to whom the organisation's purchases go from now on; the same rule again changes nothing.

    :raises NotYourRole: they own no organisation
    """
    permissions.require(by, permissions.Action.SET_ASSIGNMENT)
    policy, _ = AssignmentPolicy.objects.get_or_create(organisation_id=by.organisation_id)
    policy = AssignmentPolicy.objects.select_for_update().get(pk=policy.pk)
    if policy.rule != rule:
        audit.record(actor_id=by.user_id, action="assignment.rule", subject=policy, rule=[policy.rule, str(rule)])
        policy.rule = rule
        policy.save(update_fields=["rule"])
    return policy


@transactions.write
def assign_purchases(
    *, purchase_ids: Iterable[UUID], to: Membership, by: Membership, reason: str = ""
) -> list[Handover]:
    """Hand purchases to one member, all or none; copies that were bought together go together.

    :return: what changed hands: nothing of what ``to`` works on already
    :raises Purchase.DoesNotExist: their organisation has not bought all of them
    :raises NotYourRole | NotInCharge | NotAColleague | GivenBack: as they say
    """
    permissions.require(by, permissions.Action.HAND_OVER)
    made = [
        _hand_over(assignment.purchase_id, by=by, how=How.HAND, reason=reason, to_member=to)
        for assignment in _locked(purchase_ids, by)
        if assignment.member_id != to.pk
    ]
    _tell(made, by)
    return made


@transactions.write
def assign_in_turn(*, purchase_ids: Iterable[UUID], by: Membership, reason: str = "") -> list[Handover]:
    """Hand purchases out to those of the organisation who have the fewest open ones, all or none.

    :raises Purchase.DoesNotExist | NotYourRole | NotInCharge | GivenBack: as for ``assign_purchases``
    """
    permissions.require(by, permissions.Action.HAND_OVER)
    made = []
    bundles = groupby(_locked(purchase_ids, by), key=lambda assignment: assignment.purchase.claim.bundle)
    for _, copies in bundles:
        first, *others = [assignment.purchase_id for assignment in copies]
        given = _hand_over(first, by=by, how=How.TURN, reason=reason)
        made += [given]
        made += [_hand_over(one, by=by, how=How.HAND, reason=reason, to_member=given.to_member) for one in others]
    _tell(made, by)
    return made


@transactions.write
def take_back_assignments(*, membership_id: UUID) -> list[Handover]:
    """Leave to nobody what a member who may not buy any more has open, and tell the owners. Safe to run again."""
    member = Membership.ever.select_related("user").get(pk=membership_id)
    if member.is_buyer and member.user.is_active:
        return []
    had = Assignment.objects.filter(member=member, is_open=True).order_by("purchase_id").select_for_update()
    left = Handover.objects.bulk_create(Handover(purchase_id=one.purchase_id, how=How.LEFT) for one in had)
    for owner in _owners(member.organisation_id) if left else ():
        notify(
            membership_id=owner.pk,
            kind=Notification.Kind.ASSIGNED,
            key=f"left:{left[0].pk}",
            says=f"{_leads(len(left))} of {member.user} now {'has' if len(left) == 1 else 'have'} nobody",
            path=f"{reverse('marketplace:purchase_list')}?assigned=nobody",
        )
    return left


@transactions.write
def tell_of_turn(*, claim_id: UUID) -> None:
    """Tell the member to whom the rule gave a purchase that somebody else made. Safe to run again."""
    by_rule = Handover.objects.filter(purchase__claim=claim_id, by=None).exclude(how=How.LEFT)
    given = by_rule.exclude(to_member=F("purchase__membership")).select_related(
        "purchase__lead", "purchase__claim", "purchase__assignment"
    )
    for handover in given:
        notify(
            membership_id=handover.purchase.in_charge_id,
            kind=Notification.Kind.ASSIGNED,
            key=f"assigned:{handover.purchase.claim.bundle}",
            says=f"Yours, {handover.get_how_display()}: {handover.purchase.lead}",
            path=handover.purchase.get_absolute_url(),
        )


def _locked(purchase_ids: Iterable[UUID], by: Membership) -> list[Assignment]:
    """Lock the assignments of purchases and of the copies that were bought with them, by bundle."""
    asked = set(purchase_ids)
    bought = Purchase.objects.filter(pk__in=asked, organisation=by.organisation_id)
    bundles = list(bought.values_list("claim__bundle", flat=True))
    if len(bundles) != len(asked):
        raise Purchase.DoesNotExist
    together = Q(purchase__claim__bundle__in=bundles, purchase__claim__state=Claim.State.SOLD)
    found = Assignment.objects.filter(together | Q(purchase__in=asked)).select_related("purchase__claim")
    return list(found.order_by("purchase__claim__bundle", "purchase_id").select_for_update(of=("self",)))


def _hand_over(
    purchase_id: UUID, *, by: Membership, how: How, reason: str, to_member: Membership | None = None
) -> Handover:
    with errors.refusals():
        made = Handover.objects.create(purchase_id=purchase_id, by=by, how=how, reason=reason, to_member=to_member)
    return Handover.objects.select_related("purchase__lead", "from_member__user", "to_member__user").get(pk=made.pk)


def _tell(made: Sequence[Handover], by: Membership) -> None:
    """Tell receivers and givers, each once for all that went together; who did it knows."""
    for receiver, theirs in _grouped(made, "to_member"):
        if receiver != by:
            _tell_one(receiver, theirs, f"{by.user} assigned you")
    for giver, theirs in _grouped(made, "from_member"):
        if giver != by:
            receivers = {str(one.to_member.user) for one in theirs if one.to_member}
            _tell_one(giver, theirs, f"{by.user} gave {' and '.join(sorted(receivers))}")


def _grouped(made: Sequence[Handover], side: str) -> Iterator[tuple[Membership, list[Handover]]]:
    known = [one for one in made if getattr(one, f"{side}_id")]
    of_member = attrgetter(f"{side}_id")
    for _, theirs in groupby(sorted(known, key=of_member), key=of_member):
        together = list(theirs)
        yield getattr(together[0], side), together


def _tell_one(member: Membership, theirs: Sequence[Handover], what: str) -> None:
    first = theirs[0].purchase
    homes = {one.purchase.lead_id for one in theirs}
    is_one = len(homes) == 1
    notify(
        membership_id=member.pk,
        kind=Notification.Kind.ASSIGNED,
        key=f"assigned:{theirs[0].pk}",
        says=f"{what}: {first.lead}" if is_one else f"{what} {_leads(len(homes))}",
        body=theirs[0].reason,
        path=first.get_absolute_url() if is_one else f"{reverse('marketplace:purchase_list')}?assigned=me",
    )


def _leads(count: int) -> str:
    return "1 lead" if count == 1 else f"{count} leads"


def _owners(organisation_id: UUID) -> list[Membership]:
    owners = Membership.objects.filter(organisation=organisation_id, role=Membership.Role.OWNER)
    return list(owners.filter(user__is_active=True))
