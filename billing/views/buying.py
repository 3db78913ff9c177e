"""Buying credits: choosing a pack, coming back from the provider's page, and what was paid so far."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member_required
from aiqleads.core import keyset
from aiqleads.core.refusals import Refusal
from billing import selectors, services
from billing.errors import ProviderAway
from billing.forms import PackForm
from billing.models import Payment
from billing.views import parts
from billing.views.ledger import overview

PAYMENTS_PER_PAGE: Final = 30
NO_SUCH_PAYMENT: Final = "Your organisation has no such payment."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@parts.payer_required
def buy(request: MemberRequest) -> HttpResponse:
    """Open the provider's page for the chosen pack; the same form again finds the same page."""
    if request.method != "POST":
        return redirect("billing:credits")
    form = PackForm(request.POST, ways=parts.ways_of_paying())
    if not form.is_valid():
        return overview(request, form=form, status=HTTPStatus.BAD_REQUEST)
    chosen = form.cleaned_data
    try:
        payment = services.start_checkout(
            member=request.membership,
            pack_code=chosen["pack"],
            provider=chosen["provider"],
            payment_id=chosen["payment_id"],
        )
    except Refusal as refusal:
        shown = form if isinstance(refusal, ProviderAway) else form.for_another_payment()
        return overview(request, form=shown, refusal=refusal, status=refusal.status)
    return redirect(payment.checkout_url or payment.get_absolute_url())


@never_cache
@require_safe
@member_required
def payment(request: MemberRequest, payment_id: UUID) -> HttpResponse:
    """What became of a payment, asked of the provider where that is not known for good."""
    try:
        found = selectors.access_payment(organisation_id=request.membership.organisation_id, payment_id=payment_id)
    except Payment.DoesNotExist:
        return parts.not_found(request, NO_SUCH_PAYMENT)
    is_away = False
    if not found.is_final:
        try:
            found = services.look_again(found.pk)
        except parts.NOTHING_LEARNT:
            is_away = True  # the sweep goes on asking
    context = {"payment": found, "is_away": is_away, "was_left": "cancelled" in request.GET}
    return parts.page(request, "billing/payment.html", context)


@never_cache
@require_safe
@member_required
def payment_list(request: MemberRequest) -> HttpResponse:
    """Every payment of the organisation, the newest first."""
    rows = selectors.payments_of(request.membership.organisation_id).select_related("pack", "subscription__plan")
    newest = keyset.Ordering(field="created_at", is_descending=True)
    try:
        page = keyset.page(rows, ordering=newest, cursor=request.GET.get("cursor"), size=PAYMENTS_PER_PAGE)
    except keyset.BadCursor:
        return redirect("billing:payment_list")
    return parts.page(request, "billing/payment_list.html", {"page": page})
