"""Puts the acting member on every request."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_only_middleware

from accounts import selectors
from accounts.models import Membership, User


class AgentRequest(HttpRequest):
    """A request of a logged-in member of an organisation."""

    user: User
    membership: Membership


@sync_only_middleware
class MembershipMiddleware:
    """Sets ``request.membership``: the member's row, or None for everybody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership = _find(request.user)  # type: ignore[attr-defined]
        return self.get_response(request)


def _find(user: User | AnonymousUser) -> Membership | None:
    return selectors.find_membership(user) if isinstance(user, User) else None
