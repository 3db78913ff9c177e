"""The page on which an organisation says where it works."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import errors, selectors, services
from marketplace.forms.areas import WorkAreaForm

TEMPLATE = "marketplace/work_area.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def work_area(request: MemberRequest) -> HttpResponse:
    stated = selectors.work_area(request.membership.organisation_id)
    if request.method != "POST":
        form = WorkAreaForm(initial={"zip_codes": stated} if stated else None)
        return render(request, TEMPLATE, {"form": form, "stated": stated})
    form = WorkAreaForm(request.POST)
    told: dict[str, object] = {"form": form, "stated": stated}
    if not form.is_valid():
        return render(request, TEMPLATE, told, status=HTTPStatus.BAD_REQUEST)
    try:
        services.state_work_area(buyer=request.membership, zip_prefixes=form.cleaned_data["zip_codes"])
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return render(request, TEMPLATE, {**told, "refusal": refusal}, status=refusal.status)
    messages.success(request, "Kept. It counts for what you buy from now on.")
    return redirect("marketplace:work_area")
