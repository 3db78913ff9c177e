"""Where somebody is logged in, and ending it: here, there, everywhere."""

from typing import cast

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import clients, selectors, services
from accounts.models import User


@never_cache
@require_safe
@login_required
def session_list(request: HttpRequest) -> HttpResponse:
    """Every browser that is logged in; programs stand with the keys."""
    user = cast(User, request.user)
    log_ins = [
        {
            "id": one.pk,
            "client": clients.in_words(one.user_agent),
            "address": one.ip,
            "since": one.created_at,
            "is_here": one.session_key == request.session.session_key,
        }
        for one in selectors.browsers(user)
    ]
    return render(request, "accounts/sessions.html", {"log_ins": log_ins})


@login_required
@require_POST
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    if services.end_browser(user=cast(User, request.user), log_in_id=session_id):
        messages.success(request, "That browser is logged out.")
    return redirect("accounts:sessions")


@login_required
@require_POST
def end_elsewhere(request: HttpRequest) -> HttpResponse:
    """Log out every browser but this one, and every program; with ``everywhere`` this one too."""
    user = cast(User, request.user)
    services.log_out_elsewhere(user=user, here=request.session.session_key)
    if "everywhere" in request.POST:
        get_adapter().logout(request)
        return redirect("landing")
    messages.success(request, "You are logged out everywhere else.")
    return redirect("accounts:sessions")
