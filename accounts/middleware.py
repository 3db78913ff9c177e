"""Puts the acting member on every request, and lets operators to their screens with two factors alone."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
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


@sync_only_middleware
class StaffShowTwoFactors:
    """Nothing under ``/admin/`` answers operators who showed no second factor; who has none gets one first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not request.path.startswith("/admin/") or not isinstance(user, User) or not user.is_staff:
            return self.get_response(request)
        if is_verified(user):
            return self.get_response(request)
        page = "check" if selectors.is_enrolled(user) else "app"
        return redirect_to_login(request.get_full_path(), reverse(f"accounts:second_factor_{page}"))


def is_verified(user: User) -> bool:
    """Whether a request's user showed a second factor in its session, which django-otp's middleware looked up."""
    return getattr(user, "otp_device", None) is not None
