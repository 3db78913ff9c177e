"""The licences of the member who asks: what stands, what waits, and adding one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors, services
from accounts.access import MemberRequest, member_required
from accounts.forms.licences import LicenceForm
from aiqleads.core.refusals import Refusal


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def licences(request: MemberRequest) -> HttpResponse:
    typed = request.POST if request.method == "POST" else None
    form = LicenceForm(typed, initial={"state_code": request.GET.get("state", "")})
    if not form.is_valid():
        return _page(request, form, status=400 if form.is_bound else 200)
    try:
        licence = services.add_licence(user=request.user, **form.licence)
    except Refusal as refusal:
        form.add_refusal(refusal.field, refusal.detail)
        return _page(request, form, status=refusal.status)
    messages.success(request, f"Your {licence.state_name} licence is being checked. We tell you what came of it.")
    return redirect("accounts:licences")


def _page(request: MemberRequest, form: LicenceForm, *, status: int = 200) -> HttpResponse:
    shown = {"form": form, "licences": selectors.licences(request.user)}
    return render(request, "accounts/licences.html", shown, status=status)
