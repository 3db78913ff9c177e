"""The page that an invitation's letter links to. Only its button joins: programs that read mail follow links."""

from http import HTTPStatus
from typing import Any, Final, cast

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import plans, services
from accounts.access import VisitorRequest
from accounts.forms.organisation import JoinForm
from accounts.models import Invitation, Membership, User
from aiqleads.core.refusals import Refusal

PAGE: Final = "accounts/invitation.html"
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: VisitorRequest, token: str) -> HttpResponse:
    """Who invites whom; a button to join, or a form for those who have no log-in yet."""
    found = services.find_invitation(token)
    if found is None:
        return _page(request, {"is_over": True}, status=HTTPStatus.GONE)
    if isinstance(request.user, User):
        return _for_user(request, found, token)
    if User.objects.filter(email__iexact=found.email).exists():
        return _page(request, {"invitation": found, "has_log_in": True})
    return _for_newcomer(request, found, token)


def _for_user(request: VisitorRequest, found: Invitation, token: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, {"invitation": found})
    try:
        member = services.accept_invitation(token=token, user=cast(User, request.user))
    except Refusal as refusal:
        return _page(request, {"invitation": found, "refusal": refusal}, status=refusal.status)
    return _welcomed(request, member)


def _for_newcomer(request: VisitorRequest, found: Invitation, token: str) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _page(request, {"invitation": found, "form": form})
    if not form.is_valid():
        return _page(request, {"invitation": found, "form": form}, status=HTTPStatus.BAD_REQUEST)
    said = form.cleaned_data
    try:
        member = services.join_as_newcomer(
            token=token,
            password=said["password"],
            terms_version=plans.CURRENT_TERMS_VERSION,
            first_name=said["first_name"],
            last_name=said["last_name"],
        )
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return _page(request, {"invitation": found, "form": form}, status=refusal.status)
    login(request, member.user, backend=BACKEND)
    return _welcomed(request, member)


def _welcomed(request: VisitorRequest, member: Membership) -> HttpResponse:
    messages.success(request, f"Welcome to {member.organisation}.")
    return redirect("accounts:organisation")


def _page(request: VisitorRequest, told: dict[str, Any], *, status: int = HTTPStatus.OK) -> HttpResponse:
    answer = render(request, PAGE, told, status=status)
    answer["Referrer-Policy"] = "no-referrer"
    return answer
