"""The page of a member's programs: API keys, and log-ins of programs."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import key_text, selectors, services, step_up
from accounts.access import MemberRequest, member_required
from accounts.forms.keys import KeyForm
from accounts.models import ApiKey, ApiSession
from aiqleads.core.refusals import Refusal


@never_cache
@require_safe
@member_required
def keys(request: MemberRequest) -> HttpResponse:
    return _page(request, KeyForm())


@never_cache
@require_POST
@member_required
@step_up.required
def make_key(request: MemberRequest) -> HttpResponse:
    """Make a key. Its text stands in this answer and nowhere else: a redirect would have to keep it somewhere."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        made, text = services.create_key(member=request.membership, **form.cleaned_data)
    except Refusal as refusal:
        return _page(request, form, status=refusal.status, refusal=refusal)
    return _page(request, KeyForm(), made=made, text=text)


@require_POST
@member_required
def revoke_key(request: MemberRequest, key_id: UUID) -> HttpResponse:
    try:
        key = services.revoke_key(member=request.membership, key_id=key_id)
    except ApiKey.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, f"“{key.name}” opens nothing any more.")
    return redirect("accounts:keys")


@require_POST
@member_required
def end_session(request: MemberRequest, session_id: UUID) -> HttpResponse:
    try:
        services.end_session(user=request.user, session_id=session_id)
    except ApiSession.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, "That program is logged out.")
    return redirect("accounts:keys")


@require_POST
@member_required
def end_sessions(request: MemberRequest) -> HttpResponse:
    user_id = request.user.pk
    services.end_sessions(user_id=user_id, ending=ApiSession.Ending.REVOKED, actor_id=user_id)
    messages.success(request, "Every program is logged out. Keys still open what they are for.")
    return redirect("accounts:keys")


def _page(request: MemberRequest, form: KeyForm, *, status: int = 200, **told: Any) -> HttpResponse:
    context = {
        "form": form,
        "keys": selectors.api_keys(request.membership),
        "mark": key_text.MARK,
        "sessions": selectors.api_sessions(request.user),
        **told,
    }
    return render(request, "accounts/keys.html", context, status=status)
