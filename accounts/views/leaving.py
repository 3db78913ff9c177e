"""One's own data: taking it along, and closing the account. Both ask first who one is."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import services, step_up
from accounts.access import MemberRequest, member_required
from accounts.forms.leaving import LeaveForm
from aiqleads.core.refusals import Refusal


@never_cache
@require_safe
@member_required
def own_data(request: MemberRequest) -> HttpResponse:
    return _page(request, LeaveForm(user=request.user))


@never_cache
@require_POST
@member_required
@step_up.required
def export(request: MemberRequest) -> HttpResponse:
    """The archive, made at once and kept nowhere."""
    answer = HttpResponse(services.export_account(user=request.user), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="aiqleads-account.zip"'
    return answer


@never_cache
@require_POST
@member_required
@step_up.required
def close(request: MemberRequest) -> HttpResponse:
    form = LeaveForm(request.POST, user=request.user)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        services.close_account(user=request.user)
    except Refusal as refusal:
        return _page(request, form, status=refusal.status, refusal=refusal)
    logout(request)
    messages.success(request, "Your account is closed. What your organisation bought stays with it.")
    return redirect("landing")


def _page(
    request: MemberRequest, form: LeaveForm, *, status: int = 200, refusal: Refusal | None = None
) -> HttpResponse:
    return render(request, "accounts/own_data.html", {"form": form, "refusal": refusal}, status=status)
