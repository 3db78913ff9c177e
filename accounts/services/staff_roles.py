"""Public writes about what operators may do."""

from collections.abc import Collection

from django.contrib.auth.models import Group

from accounts import errors, staff
from accounts.models import User
from accounts.services.people import locked_user, somebody_in_charge
from aiqleads.core import audit, transactions


@transactions.write
def give_staff_roles(*, user_id: int, roles: Collection[staff.StaffRole], actor_id: int) -> User:
    """Say what an operator may do from now on: these roles and no others. The same again changes nothing.

    :raises NotForOperators: ``actor_id`` is no administrator, or it is themselves, or ``user_id`` is no operator
    """
    user = locked_user(user_id, actor_id)
    if not user.is_staff:
        raise errors.NotForOperators("A member of an organisation has no staff role. Make a log-in of its own.")
    if user.pk == actor_id:
        raise errors.NotForOperators("Nobody changes their own roles. Ask another administrator.")
    before = in_words(user.groups.values_list("name", flat=True))
    with somebody_in_charge():
        user.groups.set(Group.objects.filter(name__in=roles))
    if (after := in_words(roles)) != before:
        audit.record(actor_id=actor_id, action="staff_roles.changed", subject=user, roles=[before, after])
    return user


def in_words(roles: Collection[str]) -> str:
    """``"curator, finance"``; "" for none."""
    return ", ".join(sorted(str(role) for role in roles))
