"""Plans side by side, what a change would cost, and beginning, changing, ending and pausing one."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import step_up
from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from billing import selectors, services
from billing.forms import ProviderForm
from billing.models import Plan, Subscription
from billing.views import parts

NO_SUCH_PLAN: Final = "There is no such plan."
Status = Subscription.Status


@never_cache
@require_safe
@member_required
def plan_list(request: MemberRequest) -> HttpResponse:
    return _list(request)


def _list(
    request: MemberRequest,
    *,
    form: ProviderForm | None = None,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "plans": selectors.plans_for(request.membership.organisation_id),
        "has_tried": selectors.has_tried(request.membership),
        "form": form or ProviderForm(ways=parts.ways_of_paying()),
        "refusal": refusal,
    }
    return parts.page(request, "billing/plan_list.html", context, status=status)


@never_cache
@require_POST
@parts.payer_required
def begin(request: MemberRequest, code: str) -> HttpResponse:
    """Open the provider's page for a plan."""
    form = ProviderForm(request.POST, ways=parts.ways_of_paying())
    if not form.is_valid():
        return _list(request, form=form, status=HTTPStatus.BAD_REQUEST)
    try:
        begun = services.start_subscription(
            member=request.membership, plan_code=code, provider=form.cleaned_data["provider"]
        )
    except Refusal as refusal:
        return _list(request, form=form, refusal=refusal, status=refusal.status)
    return redirect(begun.checkout_url)


@never_cache
@require_safe
@member_required
def begun(request: MemberRequest, subscription_id: UUID) -> HttpResponse:
    """Where the buyer comes back from the provider's page: whether the plan has begun."""
    rows = Subscription.objects.filter(organisation=request.membership.organisation_id, pk=subscription_id)
    if not rows.exists():
        return parts.not_found(request, "Your organisation has no such plan.")
    is_away = False
    try:
        found = services.look_at_subscription(subscription_id)
    except parts.NOTHING_LEARNT:
        found, is_away = rows.select_related("plan").get(), True  # the sweep goes on asking
    if found.status in Subscription.LIVE:
        messages.success(request, f"{found.plan.name} is yours. Its credits are in your balance.")
        return redirect("billing:settings")
    context = {"begun": found, "is_away": is_away, "was_left": "cancelled" in request.GET}
    return parts.page(request, "billing/plan_begun.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@parts.payer_required
def change(request: MemberRequest, code: str) -> HttpResponse:
    """What changing to another plan costs, now and from the next period on; then do it."""
    try:
        plan = selectors.get_plan(code)
    except Refusal:
        return parts.not_found(request, NO_SUCH_PLAN)
    subscription = selectors.find_subscription(request.membership.organisation_id)
    if subscription is None or not plan.price_cents:
        return redirect("billing:plan_list")
    refusal: Refusal | None = None
    if request.method == "POST":
        if proof := step_up.ask_first(request):  # it charges the kept card
            return proof
        try:
            changed = services.change_plan(member=request.membership, plan_code=code)
        except Refusal as error:
            refusal = error
        else:
            if changed.consent_url:
                return redirect(changed.consent_url)
            if selectors.find_unpaid_upgrade(changed):
                messages.error(request, _said_unpaid(changed, subscription.next_plan))
            else:
                messages.success(request, _said(changed))
            return redirect("billing:settings")
    preview = selectors.preview_change(subscription, plan)
    context = {
        "preview": preview,
        "refusal": refusal,
        "due_now_cents": preview.due_now_cents + preview.tax_now_cents,
        "then_cents": preview.then_cents + preview.then_tax_cents,
        "method_label": selectors.method_label(subscription),
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return parts.page(request, "billing/plan_change.html", context, status=status)


def _said_unpaid(changed: Subscription, taken_back: Plan | None) -> str:
    says = f"You are on {changed.plan.name} still: the difference is not paid yet."
    if taken_back is None:
        return says
    return f"{says} Your change to {taken_back.name} is taken back: ask for it again if you want it."


def _said(changed: Subscription) -> str:
    if changed.next_plan and changed.period_end:
        return f"You change to {changed.next_plan.name} on {changed.period_end:%B %-d, %Y}."
    return f"You are on {changed.plan.name} now."


def _act(service: Callable[..., Subscription], says: str) -> Callable[..., HttpResponse]:
    """A view that has a service do one thing to the plan there is, and says so on the settings page."""

    @never_cache
    @require_POST
    @parts.payer_required
    def view(request: MemberRequest) -> HttpResponse:
        try:
            changed = service(member=request.membership)
        except Refusal as refusal:
            return settings_page(request, refusal=refusal, status=refusal.status)
        until = f"{changed.period_end:%B %-d, %Y}" if changed.period_end else "the end of the period"
        messages.success(request, says.format(plan=changed.plan.name, until=until))
        return redirect("billing:settings")

    return view


cancel = _act(
    services.cancel_plan, "{plan} ends on {until} and is not renewed. Until then everything stays as it is."
)
resume = _act(services.resume_plan, "{plan} goes on.")
pause = _act(services.pause_plan, "{plan} is paused. What is paid for lasts until {until}; nothing more is billed.")


@never_cache
@require_safe
@member_required
def billing_settings(request: MemberRequest) -> HttpResponse:
    """Who owes something has perhaps just paid it on the provider's page, so it is asked."""
    subscription = selectors.find_subscription(request.membership.organisation_id)
    if subscription and subscription.status == Status.PAST_DUE:
        with suppress(*parts.NOTHING_LEARNT):
            services.look_at_subscription(subscription.pk)
    return settings_page(request)


@never_cache
@require_POST
@parts.payer_required
@step_up.required
def portal(request: MemberRequest, provider: str) -> HttpResponse:
    """Go on to the provider's page on which the way of paying is changed."""
    try:
        url = services.open_portal(
            member=request.membership, provider=provider, return_path=reverse("billing:settings")
        )
    except Refusal as refusal:
        return settings_page(request, refusal=refusal, status=refusal.status)
    return redirect(url)


def settings_page(
    request: MemberRequest, *, status: int = HTTPStatus.OK, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    """The plan with its next bill, the way of paying, and what is bought by itself."""
    organisation_id = request.membership.organisation_id
    subscription = selectors.find_subscription(organisation_id)
    customers = selectors.customers_of(organisation_id)
    context = {
        "refusal": refusal,
        "unpaid_upgrade": selectors.find_unpaid_upgrade(subscription) if subscription else None,
        "is_paid_for": selectors.is_paid_for(subscription) if subscription else True,
        "next_cents": selectors.next_bill_cents(subscription) if subscription else 0,
        "is_taxed": bool(subscription and selectors.tax_rate_of(subscription)),
        "customers": [(customer, parts.PROVIDERS[customer.provider]) for customer in customers],
        "recharge": selectors.find_recharge(organisation_id),
        **more,
    }
    return parts.page(request, "billing/settings.html", context, status=status)
