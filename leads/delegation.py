"""Sources that are given to operators who are no curators of all: who looks after which, and changing that."""

from collections.abc import Collection
from typing import Final

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Permission
from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user

from accounts import staff
from accounts.errors import NotForOperators
from accounts.models import User
from aiqleads.core import audit, transactions
from leads.models import Source, SourceDelegation

DELEGATED: Final = "leads.change_source"
"""What guardian is asked about one source. As a role's permission it opens all of them."""


def sources_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Source]:
    """The sources that were given to an operator one by one; none of a role's."""
    if not isinstance(user, User) or not (user.is_active and user.is_staff):
        return Source.objects.none()
    given: QuerySet[Source] = get_objects_for_user(
        user, DELEGATED, Source, use_groups=False, with_superuser=False, accept_global_perms=False
    )
    return given


@transactions.write
def delegate_source(*, slug: str, user_ids: Collection[int], actor_id: int) -> list[User]:
    """Have these operators look after a source from now on, and no others. The same again changes nothing.

    :return: those who do now
    :raises NotForOperators: ``actor_id`` decides about no operators or gives it to themselves, or somebody is none
    """
    if not staff.is_administrator(actor_id):
        raise NotForOperators("Only an administrator decides about operators.")
    source = Source.objects.select_for_update().get(pk=slug)
    before = {one.user_id: one for one in source.delegations.all()}
    wanted = set(user_ids)
    if actor_id in wanted - before.keys():
        raise NotForOperators("Nobody changes their own work. Ask another administrator.")
    users = list(User.objects.filter(pk__in=wanted, is_staff=True, is_active=True).order_by("email"))
    if len(users) != len(wanted):
        raise NotForOperators("A source is given to operators who may log in.")
    source.delegations.exclude(user__in=wanted).delete()
    change = Permission.objects.get_by_natural_key("change_source", "leads", "source")
    for user in users:
        if user.pk not in before:
            SourceDelegation.objects.create(
                user=user, content_object=source, permission=change, delegated_by_id=actor_id
            )
    if wanted != before.keys():
        audit.record(
            actor_id=actor_id, action="source.delegated", subject=source, to=[sorted(before), sorted(wanted)]
        )
    return users
