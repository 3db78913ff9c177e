"""Invoices as pages: the list, each as a file, and whom they are made out to."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import model_to_dict
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import permissions
from accounts.access import MemberRequest, member_required
from accounts.errors import NotYourRole
from aiqleads.core import keyset
from billing import selectors, services
from billing.documents import invoice_pdf
from billing.forms import BillingProfileForm
from billing.models import Invoice
from billing.views import parts

INVOICES_PER_PAGE = 30


@never_cache
@require_safe
@member_required
def invoices(request: MemberRequest) -> HttpResponse:
    _require(request)
    organisation_id = request.membership.organisation_id
    try:
        page = selectors.invoice_page(organisation_id, cursor=request.GET.get("cursor"), size=INVOICES_PER_PAGE)
    except keyset.BadCursor:
        return redirect("billing:invoices")
    shown = {"page": page, "profile": selectors.find_billing_profile(organisation_id)}
    return parts.page(request, "billing/invoices.html", shown)


@never_cache
@require_safe
@member_required
def invoice_to_print(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    _require(request)
    if selectors.find_invoice(request.membership.organisation_id, invoice_id) is None:
        raise Http404
    return as_file(invoice_id, media_type="application/pdf")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def billing_profile(request: MemberRequest) -> HttpResponse:
    _require(request)
    typed = request.POST if request.method == "POST" else None
    profile = selectors.find_billing_profile(request.membership.organisation_id)
    form = BillingProfileForm(typed, initial=model_to_dict(profile) if profile else {"country": "US"})
    if not form.is_valid():
        return render(request, "billing/billing_profile.html", {"form": form}, status=400 if form.is_bound else 200)
    services.write_billing_profile(member=request.membership, said=form.cleaned_data)
    messages.success(request, "Your next invoices are made out so. Those that were issued stay as they are.")
    return redirect("billing:invoices")


def as_file(invoice_id: UUID, *, media_type: str) -> HttpResponse:
    """An invoice's page as a file to keep; drawn for this once where the task has not come to it yet."""
    issued = Invoice.objects.get(pk=invoice_id)
    answer = HttpResponse(bytes(issued.pdf or invoice_pdf(issued)), content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="aiqleads-{issued.number}.pdf"'
    return answer


def _require(request: MemberRequest) -> None:
    """:raises PermissionDenied: the member does not look after the organisation's money"""
    try:
        permissions.require(request.membership, permissions.Action.SEE_INVOICES)
    except NotYourRole as refusal:
        raise PermissionDenied(refusal.detail) from refusal
