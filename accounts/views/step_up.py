"""Proving once more who one is: the password, then a code from a letter; and back to where one came from."""

from contextlib import suppress
from typing import Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import errors, selectors, services, step_up
from accounts.access import is_way_back
from accounts.forms.step_up import CodeForm, PasswordAgainForm
from accounts.models import User
from aiqleads.core.refusals import Refusal

FIRST_STEP: Final = "step_up_begun"
"""The session's user typed their password a moment ago; with the code it is enough."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """The first step: the password. Right, it has a code sent. Whoever has a second factor shows that instead."""
    user = cast(User, request.user)
    if selectors.is_enrolled(user):
        return redirect(_with_way_back(request, "accounts:second_factor_check"))
    form = PasswordAgainForm(request.POST or None, has_password=user.has_usable_password())
    if not form.is_valid():
        return _page(request, form, "password", status=400 if form.is_bound else 200)
    try:
        if form.has_password:
            services.require_password(user=user, password=form.cleaned_data["password"])
    except Refusal as refusal:
        return _refused(request, form, "password", refusal)
    request.session[FIRST_STEP] = step_up.note_for(user)
    with suppress(errors.CodesTooOften):  # the next page offers another one, and the last may do
        services.ask_for_code(user=user)
    return redirect(_with_way_back(request, "accounts:confirm_code"))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step: the code."""
    user = cast(User, request.user)
    if not _has_begun(request, user):
        return redirect(_with_way_back(request, "accounts:confirm"))
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return _page(request, form, "code", status=400 if form.is_bound else 200)
    try:
        services.require_code(user=user, typed=form.cleaned_data["code"])
    except Refusal as refusal:
        return _refused(request, form, "code", refusal)
    del request.session[FIRST_STEP]
    step_up.mark(request)
    return redirect(_way_back(request))


@never_cache
@login_required
@require_POST
def another_code(request: HttpRequest) -> HttpResponse:
    """Another letter, where the first does not come."""
    user = cast(User, request.user)
    if not _has_begun(request, user):
        return redirect(_with_way_back(request, "accounts:confirm"))
    try:
        services.ask_for_code(user=user)
    except Refusal as refusal:
        return _refused(request, CodeForm(), "code", refusal)
    return redirect(_with_way_back(request, "accounts:confirm_code"))


def _has_begun(request: HttpRequest, user: User) -> bool:
    noted = request.session.get(FIRST_STEP)
    return bool(noted) and step_up.is_recent(noted, user)


def _way_back(request: HttpRequest) -> str:
    """The page of this site that the user came from; never another's."""
    named = request.POST.get("next") or request.GET.get("next", "")
    return named if is_way_back(named) else resolve_url("accounts:account")


def _with_way_back(request: HttpRequest, page: str) -> str:
    return f"{reverse(page)}?{urlencode({'next': _way_back(request)})}"


def _refused(request: HttpRequest, form: forms.Form, step: str, refusal: Refusal) -> HttpResponse:
    answer = _page(request, form, step, status=refusal.status, refusal=refusal)
    if "retry_after_seconds" in refusal.facts:
        answer.headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
    return answer


def _page(
    request: HttpRequest, form: forms.Form, step: str, *, status: int = 200, refusal: Refusal | None = None
) -> HttpResponse:
    shown = {"form": form, "step": step, "next": _way_back(request), "refusal": refusal}
    return render(request, "accounts/confirm.html", shown, status=status)
