"""Passkeys: what a browser asks its keys, and what comes of their answers.

The pages work without: where scripts or names are missing, the app's digits and the recovery codes stay.
"""

from typing import Any, cast

import django_otp
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import clients, errors, login_stages, passkeys, selectors, services, step_up
from accounts.models import User
from accounts.services.passkeys import CHALLENGE, Purpose, note_for
from accounts.views.second_factors import codes_page, let_in, way_back
from aiqleads.core.refusals import Refusal


@never_cache
@login_required
@step_up.required
@require_POST
def begin_adding(request: HttpRequest) -> HttpResponse:
    """What the browser hands to a device that is to make a key."""
    from accounts import ceremonies  # noqa: PLC0415  (its cryptography is nothing that every process needs)

    user = cast(User, request.user)
    try:
        question = ceremonies.ask_to_make(user, selectors.second_factors(user).passkeys)
    except Refusal as refusal:
        return _refused(refusal)
    request.session[CHALLENGE] = note_for(Purpose.MAKE, question.challenge)
    return JsonResponse(question.options)


@never_cache
@login_required
@step_up.required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Keep the key that was made; with somebody's first one come the recovery codes."""
    from accounts import ceremonies  # noqa: PLC0415

    name = request.POST.get("name", "").strip() or clients.in_words(request.headers.get("User-Agent", ""))
    try:
        challenge = _challenge(request, Purpose.MAKE)
        key = ceremonies.made(passkeys.answer_in(request.POST.get("answer", "")), challenge=challenge)
        device, fresh_codes = services.add_passkey(user=cast(User, request.user), name=name, key=key)
    except Refusal as refusal:
        messages.error(request, refusal.detail)
        return redirect("accounts:second_factors")
    django_otp.login(request, device)
    step_up.mark(request)
    messages.success(request, "From now on your log-in asks for your passkey.")
    return codes_page(request, fresh_codes) if fresh_codes else redirect(way_back(request))


@login_required
@step_up.required
@require_POST
def remove(request: HttpRequest, passkey_id: int) -> HttpResponse:
    services.remove_passkey(user=cast(User, request.user), passkey_id=passkey_id)
    messages.success(request, "The passkey is removed here. Take it out of your device as well.")
    return redirect("accounts:second_factors")


@never_cache
@require_POST
def begin_check(request: HttpRequest) -> HttpResponse:
    """What the browser hands to a key that is to sign, for whoever logs in or proves who they are."""
    from accounts import ceremonies  # noqa: PLC0415

    user = _who(request)
    known = selectors.second_factors(user).passkeys if user else []
    try:
        if not known:
            raise errors.PasskeyRefused("Nobody waits for a passkey here. Log in again.")
        question = ceremonies.ask_to_sign(known)
    except Refusal as refusal:
        return _refused(refusal)
    request.session[CHALLENGE] = note_for(Purpose.SIGN, question.challenge)
    return JsonResponse(question.options)


@never_cache
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Let in whose key signed, and tell the script where to go."""
    user = _who(request)
    try:
        if user is None:
            raise errors.PasskeyRefused("Nobody waits for a passkey here. Log in again.")
        challenge = _challenge(request, Purpose.SIGN)
        answer = passkeys.answer_in(request.POST.get("answer", ""))
        device = services.require_passkey(user=user, answer=answer, challenge=challenge)
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse({"go_to": let_in(request, device)["Location"]})


def _who(request: HttpRequest) -> User | None:
    """Who is logged in, or typed a right password a moment ago."""
    return request.user if isinstance(request.user, User) else login_stages.pending_user(request)


def _challenge(request: HttpRequest, purpose: Purpose) -> str:
    """What this browser was asked; gone from its session, whatever becomes of the answer."""
    request.session.pop(CHALLENGE, None)
    return services.take_challenge(session_key=request.session.session_key, purpose=purpose)


def _refused(refusal: Refusal) -> HttpResponse:
    told: dict[str, Any] = {"detail": refusal.detail}
    return JsonResponse(told, status=refusal.status)
