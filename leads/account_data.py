"""What this app keeps of those who log in: for their own export."""

from accounts.account_data import Rows
from accounts.models import User
from leads.models import SourceDelegation


class DelegationHolder:
    """Which sources an operator looks after."""

    name = "leads"

    def export(self, user: User) -> Rows:
        given = SourceDelegation.objects.filter(user=user).order_by("delegated_at", "pk")
        return {"sources_given_to_me": list(given.values("content_object_id", "delegated_at"))}

    def forget(self, user: User) -> None:
        """Operators close no account themselves; what was given to somebody ends with them being one."""
        SourceDelegation.objects.filter(user=user).delete()
