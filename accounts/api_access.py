"""Who may use the API: members of an organisation, by the token of one of them."""

from typing import Any

from rest_framework import exceptions
from rest_framework.request import Request

from accounts import selectors
from accounts.models import Membership, User
from aiqleads.core.api import NeverCached


class NoMembership(exceptions.PermissionDenied):
    """The log-in is real but belongs to no organisation."""

    default_code = "no_membership"
    default_detail = "This log-in belongs to no organisation, so it has no cart and no credits."


def find_member(request: Request) -> Membership | None:
    """The member who asks, or None for the public and for operators."""
    return selectors.find_membership(request.user) if isinstance(request.user, User) else None


class MemberView(NeverCached):
    """A view for members alone: 401 without a token, 403 without an organisation."""

    membership: Membership

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        membership = find_member(request)
        if membership is None:
            raise NoMembership
        self.membership = membership
