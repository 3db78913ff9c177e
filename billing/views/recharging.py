"""Credits that buy themselves: what somebody agrees to, in words; leaving the card for it; turning it off."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import step_up
from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from billing import recharge_terms, selectors, services
from billing.forms import AgreementForm, MethodForm, RechargeForm
from billing.models import MethodSetup
from billing.recharge_terms import Terms
from billing.views import parts

NO_SUCH_PAGE: Final = "Your organisation has left no way of paying there."
BELOW_CREDITS: Final = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@parts.payer_required
def recharge(request: MemberRequest) -> HttpResponse:
    """Choose what is bought and when; read what that means; agree to it."""
    if request.method != "POST":
        return _page(request, _chosen(request))
    return step_up.ask_first(request) or _agree(request)


def _agree(request: MemberRequest) -> HttpResponse:
    form, agreement = RechargeForm(request.POST), AgreementForm(request.POST)
    if not form.is_valid() or not agreement.is_valid():
        return _page(request, form, agreement=agreement, status=HTTPStatus.BAD_REQUEST)
    chosen, agreed = form.cleaned_data, agreement.cleaned_data
    method = selectors.find_kept_method(request.membership.organisation_id)
    try:
        services.agree_to_recharge(
            member=request.membership,
            provider=method.provider if method else "",
            pack_code=chosen["pack"],
            below_credits=chosen["below_credits"],
            most_a_day=chosen["most_a_day"],
            price_cents=agreed["price_cents"],
            version=agreed["version"],
        )
    except Refusal as refusal:
        return _page(request, form, refusal=refusal, status=refusal.status)
    messages.success(request, "It is on. You hear of each purchase, and can turn it off at any moment.")
    return redirect("billing:settings")


def _chosen(request: MemberRequest) -> RechargeForm:
    """The form as its own address says, else as it was agreed to last."""
    if "pack" in request.GET:
        return RechargeForm(request.GET)
    known = selectors.find_recharge(request.membership.organisation_id)
    if known is None:
        return RechargeForm(initial={"below_credits": BELOW_CREDITS, "most_a_day": 1})
    names = ("below_credits", "most_a_day")
    return RechargeForm(initial={"pack": known.pack_code, **{name: getattr(known, name) for name in names}})


def _page(
    request: MemberRequest,
    form: RechargeForm,
    *,
    agreement: AgreementForm | None = None,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    method = selectors.find_kept_method(request.membership.organisation_id)
    context: dict[str, Any] = {
        "form": form,
        "agreement": agreement,
        "refusal": refusal,
        "method": method,
        "method_form": MethodForm(ways=parts.ways_of_paying(), initial={"setup_id": uuid4()}),
        "version": recharge_terms.VERSION,
    }
    if method and form.is_bound and form.is_valid():
        terms = _terms(form)
        context |= {"terms": terms, "text": terms.in_words(paid_by=method.method_label or "your way of paying")}
    return parts.page(request, "billing/recharge.html", context, status=status)


def _terms(form: RechargeForm) -> Terms:
    pack = form.chosen_pack
    return Terms(
        pack_code=pack.code,
        pack_name=pack.name,
        price_cents=pack.price_cents,
        below_credits=form.cleaned_data["below_credits"],
        most_a_day=form.cleaned_data["most_a_day"],
    )


@never_cache
@require_POST
@parts.payer_required
def recharge_off(request: MemberRequest) -> HttpResponse:
    try:
        services.turn_recharge_off(member=request.membership)
    except Refusal as refusal:
        return _page(request, _chosen(request), refusal=refusal, status=refusal.status)
    messages.success(request, "It is off. Nothing is bought by itself any more.")
    return redirect("billing:settings")


@never_cache
@require_POST
@parts.payer_required
@step_up.required
def keep_method(request: MemberRequest) -> HttpResponse:
    """Open the provider's page on which a way of paying is left."""
    form = MethodForm(request.POST, ways=parts.ways_of_paying())
    if not form.is_valid():
        return _page(request, _chosen(request), status=HTTPStatus.BAD_REQUEST)
    try:
        setup = services.start_setup(
            member=request.membership,
            provider=form.cleaned_data["provider"],
            setup_id=form.cleaned_data["setup_id"],
        )
    except Refusal as refusal:
        return _page(request, _chosen(request), refusal=refusal, status=refusal.status)
    return redirect(setup.checkout_url)


@never_cache
@require_safe
@member_required
def method(request: MemberRequest, setup_id: UUID) -> HttpResponse:
    """Where the owner comes back from that page."""
    if not MethodSetup.objects.filter(organisation=request.membership.organisation_id, pk=setup_id).exists():
        return parts.not_found(request, NO_SUCH_PAGE)
    try:
        kept = services.look_at_setup(setup_id)
    except parts.NOTHING_LEARNT:
        kept = None
    if kept:
        messages.success(request, f"{kept.method_label or 'Your way of paying'} is kept.")
    else:
        messages.warning(request, "No way of paying was left there.")
    return redirect("billing:recharge")
