"""Second factors: getting, showing and taking away an app, recovery codes and passkeys."""

from typing import cast

import django_otp
import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clients, login_stages, one_time, passkeys, selectors, services, step_up
from accounts.access import is_way_back
from accounts.forms.step_up import OtpForm
from accounts.models import User
from accounts.models.second_factors import SecondFactor
from accounts.services.second_factors import Enrolment
from aiqleads.core.refusals import Refusal


@never_cache
@require_safe
@login_required
def second_factor_list(request: HttpRequest) -> HttpResponse:
    """What the user proves themselves with, and what they could."""
    factors = selectors.second_factors(cast(User, request.user))
    here = clients.in_words(request.headers.get("User-Agent", ""))
    shown = {"factors": factors, "here": here, **_for_keys(request)}
    return render(request, "accounts/second_factors.html", shown)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The second step of a log-in; and for whoever is logged in without it, the step that was left out."""
    user = request.user if isinstance(request.user, User) else login_stages.pending_user(request)
    if user is None:
        return redirect("account_login")
    if not selectors.is_enrolled(user):
        return redirect("accounts:second_factors")
    form = OtpForm(request.POST or None)
    if not form.is_valid():
        return _check_page(request, user, form, status=400 if form.is_bound else 200)
    try:
        device = services.require_otp(user=user, typed=form.cleaned_data["otp"])
    except Refusal as refusal:
        return _check_page(request, user, form, status=refusal.status, refusal=refusal)
    return let_in(request, device)


def let_in(request: HttpRequest, device: SecondFactor) -> HttpResponse:
    """Go on with a user who showed ``device``: logged in, verified, and fresh for what is sensitive."""
    if isinstance(request.user, User):
        django_otp.login(request, device)
        answer: HttpResponse = redirect(way_back(request))
    else:
        answer = login_stages.finish(request, device)
    if isinstance(request.user, User):
        step_up.mark(request)
    return answer


@never_cache
@login_required
@step_up.required
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest) -> HttpResponse:
    """Enrol an authenticator app: its picture, then its first digits, then the recovery codes, once."""
    user = cast(User, request.user)
    try:
        waiting = services.begin_enrolment(user=user)
    except Refusal as refusal:
        messages.warning(request, refusal.detail)
        return redirect("accounts:second_factors")
    form = OtpForm(request.POST or None)
    if not form.is_valid():
        return _app_page(request, waiting, form, status=400 if form.is_bound else 200)
    try:
        device, fresh_codes = services.confirm_enrolment(user=user, typed=form.cleaned_data["otp"])
    except Refusal as refusal:
        return _app_page(request, waiting, form, status=refusal.status, refusal=refusal)
    django_otp.login(request, device)
    step_up.mark(request)
    messages.success(request, "From now on your log-in asks for a code of the app.")
    return codes_page(request, fresh_codes) if fresh_codes else redirect(way_back(request))


@login_required
@step_up.required
@require_POST
def remove_app(request: HttpRequest) -> HttpResponse:
    services.remove_authenticator(user=cast(User, request.user))
    messages.success(request, "The app is removed.")
    return redirect("accounts:second_factors")


@never_cache
@login_required
@step_up.required
@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown once; the old ones open nothing any more."""
    user = cast(User, request.user)
    if not selectors.is_enrolled(user):
        return redirect("accounts:second_factors")
    return codes_page(request, services.replace_recovery_codes(user=user))


def _for_keys(request: HttpRequest) -> dict[str, str]:
    """Whether passkeys work on this page, or the same page where they do; neither where the site has no name."""
    site = passkeys.site()
    if site is None:
        return {}
    is_there = request.build_absolute_uri("/") == f"{site.origin}/"
    return {"passkeys": "here"} if is_there else {"passkeys_at": f"{site.origin}{request.path}"}


def way_back(request: HttpRequest) -> str:
    """Where the user came from; never another's site."""
    named = request.POST.get("next") or request.GET.get("next", "")
    return named if is_way_back(named) else resolve_url("accounts:second_factors")


def _check_page(
    request: HttpRequest, user: User, form: OtpForm, *, status: int = 200, refusal: Refusal | None = None
) -> HttpResponse:
    shown = {
        "form": form,
        "factors": selectors.second_factors(user),
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "refusal": refusal,
        **_for_keys(request),
    }
    return _told_to_wait(render(request, "accounts/second_factor_check.html", shown, status=status), refusal)


def _app_page(
    request: HttpRequest,
    waiting: Enrolment,
    form: OtpForm,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
) -> HttpResponse:
    shown = {
        "form": form,
        "picture": _picture(waiting.address),
        "address": waiting.address,
        "seed": one_time.in_groups(waiting.seed),
        "next": way_back(request),
        "refusal": refusal,
    }
    return _told_to_wait(render(request, "accounts/second_factor_app.html", shown, status=status), refusal)


def codes_page(request: HttpRequest, fresh_codes: list[str]) -> HttpResponse:
    """Recovery codes, shown once."""
    return render(request, "accounts/recovery_codes.html", {"codes": fresh_codes, "next": way_back(request)})


def _picture(address: str) -> SafeString:
    """A QR code of black squares on white, in SVG without styles."""
    drawn = segno.make(address, error="m").svg_inline(
        scale=5, border=4, light="white", title="QR code", omitsize=True
    )
    return mark_safe(drawn)  # noqa: S308  (squares that segno drew; the address is none of its text)


def _told_to_wait(answer: HttpResponse, refusal: Refusal | None) -> HttpResponse:
    if refusal and "retry_after_seconds" in refusal.facts:
        answer.headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
    return answer
