"""Logging in with another site: going there, coming back, and which of them log somebody in."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors, services, step_up
from accounts.access import is_way_back
from accounts.models import User
from accounts.throttles import OtherSiteThrottle
from aiqleads.core.refusals import Refusal

if TYPE_CHECKING:
    from accounts.social.provider import OpenIdProvider

BROUGHT_BACK: Final = ("code", "state", "error")


@never_cache
@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go and log in there."""
    provider = _provider(request, provider_id)
    if isinstance(request.user, User):
        return redirect("accounts:log_ins")
    if refused := _too_often(request):
        return refused
    return _leave(request, provider, "login")


@never_cache
@login_required
@step_up.required
@require_POST
def connect(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go there, and log in with it from then on."""
    return _leave(request, _provider(request, provider_id), "connect", data=cast(User, request.user).pk)


@csrf_exempt  # a site that posts brings no token of ours: what it brings is looked at by the GET that it is sent to
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Come back. A post from elsewhere comes without our cookie, so it is sent round once more."""
    provider = _provider(request, provider_id)
    if request.method == "POST":
        return redirect(f"{request.path}?{urlencode(_brought(request.POST))}")
    from accounts.social.provider import Callback, OpenIdAdapter  # noqa: PLC0415  (brings an HTTP client along)

    answer: HttpResponse = Callback.adapter_view(OpenIdAdapter(request, provider.sub_id))(request)
    return answer


@never_cache
@require_safe
@login_required
def log_in_list(request: HttpRequest) -> HttpResponse:
    """Which sites log the user in, and which could."""
    user = cast(User, request.user)
    known = selectors.social_log_ins(user)
    taken = {one.provider for one in known}
    shown = {
        "log_ins": known,
        "others": [one for one in selectors.social_sites() if one.id not in taken],
        "has_password": user.has_usable_password(),
    }
    return render(request, "accounts/log_ins.html", shown)


@login_required
@step_up.required
@require_POST
def disconnect(request: HttpRequest, log_in_id: int) -> HttpResponse:
    try:
        if services.disconnect_log_in(user=cast(User, request.user), log_in_id=log_in_id):
            messages.success(request, "It logs you in no more.")
    except Refusal as refusal:
        messages.error(request, refusal.detail)
    return redirect("accounts:log_ins")


def _too_often(request: HttpRequest) -> HttpResponse | None:
    throttle = OtherSiteThrottle()
    if throttle.allow(request):
        return None
    answer = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    answer.headers["Retry-After"] = str(int(throttle.wait() or 60) + 1)
    return answer


def _provider(request: HttpRequest, provider_id: str) -> "OpenIdProvider":
    try:
        return cast("OpenIdProvider", get_adapter(request).get_provider(request, provider=provider_id))
    except SocialApp.DoesNotExist as error:
        raise Http404 from error


def _leave(request: HttpRequest, provider: "OpenIdProvider", process: str, *, data: Any = None) -> HttpResponse:
    from accounts.social.provider import UNREACHABLE  # noqa: PLC0415

    named = request.POST.get("next", "")
    next_url = named if is_way_back(named) else None
    try:
        return provider.redirect(request, process, next_url, data)
    except UNREACHABLE:
        messages.error(request, f"{provider.name} does not answer just now. Try again, or use another way.")
        page = reverse("accounts:log_ins" if data else "account_login")
        return redirect(f"{page}?{urlencode({'next': next_url})}" if next_url else page)


def _brought(posted: Mapping[str, str]) -> dict[str, str]:
    return {name: posted[name] for name in BROUGHT_BACK if name in posted}
