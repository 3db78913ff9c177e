"""What each role of an organisation may do: the one table, asked by services whichever door was used.

The database holds the same of what costs money or cannot be undone (holding, buying, returning, marking, handing
over). What operators may do stands in ``staff``.
"""

from collections.abc import Mapping
from typing import Final

from django.db import models

from accounts import errors
from accounts.models import Membership

Role = Membership.Role


class Action(models.TextChoices):
    """Something that a member asks for; the label completes "may …"."""

    LOOK = "look", "look at the market"
    KEEP_OWN = "keep_own", "keep searches, watchlist, alerts and telephones of their own"
    LEAVE = "leave", "leave the organisation"
    SEE_SHARED = "see_shared", "see purchases that are shared with them"

    HOLD = "hold", "hold leads and wait for them"
    BUY = "buy", "buy leads"
    SEE_PURCHASES = "see_purchases", "see everything that the organisation bought"
    SHARE = "share", "share purchases with colleagues"
    WORK = "work", "mark outcomes and work through plans"
    RETURN = "return", "return leads"
    EXPORT = "export", "take purchases out as a table"
    REPLAY = "replay", "send a delivery again"
    SET_GROUND = "set_ground", "say where the organisation works"
    ORDER = "order", "write standing orders"
    COMPARE_CRM = "compare_crm", "compare the organisation's CRM"
    HAND_OVER = "hand_over", "hand over leads that they work on"

    SET_ASSIGNMENT = "set_assignment", "say who gets new leads"
    SET_DELIVERY = "set_delivery", "say where leads are sent"
    PAY = "pay", "put money in and change the plan"
    SEE_INVOICES = "see_invoices", "see invoices and say whom they are made out to"
    INVITE = "invite", "invite people and see invitations"
    REMOVE_MEMBER = "remove_member", "remove members"
    CHANGE_ROLE = "change_role", "change roles"
    SET_CAP = "set_cap", "say what each member may spend"
    TRANSFER = "transfer", "hand the organisation to another owner"
    RENAME = "rename", "rename the organisation"


VIEWERS: Final = frozenset({Action.LOOK, Action.KEEP_OWN, Action.LEAVE, Action.SEE_SHARED})
BUYERS: Final = VIEWERS | {
    Action.HOLD,
    Action.BUY,
    Action.SEE_PURCHASES,
    Action.SHARE,
    Action.WORK,
    Action.RETURN,
    Action.EXPORT,
    Action.REPLAY,
    Action.SET_GROUND,
    Action.ORDER,
    Action.COMPARE_CRM,
    Action.HAND_OVER,
}
MAY: Final[Mapping[str, frozenset[Action]]] = {
    Role.OWNER: frozenset(Action),
    Role.BUYER: BUYERS,
    Role.VIEWER: VIEWERS,
}


def allows(membership: Membership, action: Action) -> bool:
    """Whether the role of ``membership`` is enough for ``action``."""
    return action in MAY[membership.role]


def require(membership: Membership, action: Action) -> None:
    """Let pass who may.

    :raises NotYourRole: naming the action and the roles that may
    """
    if allows(membership, action):
        return
    may = [role for role in Role if action in MAY[role]]
    names = " and ".join(f"{role.label.lower()}s" for role in may)
    raise errors.NotYourRole(
        f"You cannot {action.label}: that is for {names} of your organisation.",
        action=str(action),
        may=[str(role) for role in may],
    )
