"""Handing bought leads to colleagues, and saying to whom new ones go by themselves."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as accounts
from accounts.access import MemberRequest, member_required
from accounts.models import Membership
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import errors, selectors, services
from marketplace.forms.assigning import IN_TURN, AssignForm, RuleForm, read_purchases
from marketplace.models import Handover, Purchase
from marketplace.views.parts import not_found
from marketplace.views.purchases import NO_SUCH_PURCHASE

ASSIGN, RULE = "marketplace/purchase_assign.html", "marketplace/assignment_rule.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def assign(request: MemberRequest) -> HttpResponse:
    """Some purchases, and to whom they shall go."""
    asked = request.POST if request.method == "POST" else request.GET
    try:
        purchase_ids = read_purchases(asked.getlist("purchase"))
    except forms.ValidationError as refusal:
        messages.error(request, refusal.message)
        return redirect("marketplace:purchase_list")
    bought = list(selectors.purchases(request.membership).filter(pk__in=purchase_ids))
    if len(bought) != len(purchase_ids):
        return not_found(request, NO_SUCH_PURCHASE)
    colleagues = accounts.buyers(request.membership.organisation_id)
    form = AssignForm(request.POST if request.method == "POST" else None, colleagues=colleagues)
    told: dict[str, object] = {"form": form, "purchases": bought}
    if not form.is_bound:
        return render(request, ASSIGN, told)
    if not form.is_valid():
        return render(request, ASSIGN, told, status=HTTPStatus.BAD_REQUEST)
    return _assigned(request, bought, form, colleagues, told)


def _assigned(
    request: MemberRequest,
    bought: Sequence[Purchase],
    form: AssignForm,
    colleagues: Sequence[Membership],
    told: dict[str, object],
) -> HttpResponse:
    try:
        made = _write(request.membership, [one.pk for one in bought], form.cleaned_data, colleagues)
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return render(request, ASSIGN, {**told, "refusal": refusal}, status=refusal.status)
    messages.success(request, _told(made))
    if len(bought) == 1:
        return redirect("marketplace:purchase_detail", bought[0].pk)
    return redirect("marketplace:purchase_list")


def _write(
    by: Membership, purchase_ids: list[UUID], said: dict[str, str], colleagues: Sequence[Membership]
) -> list[Handover]:
    if said["member"] == IN_TURN:
        return services.assign_in_turn(purchase_ids=purchase_ids, by=by, reason=said["reason"])
    to = next(one for one in colleagues if str(one.pk) == said["member"])
    return services.assign_purchases(purchase_ids=purchase_ids, to=to, by=by, reason=said["reason"])


def _told(made: Sequence[Handover]) -> str:
    receivers = sorted({str(one.to_member.user) for one in made if one.to_member})
    if not receivers:
        return "They had it already."
    return f"Given to {' and '.join(receivers)}, who will hear of it."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def assignment_rule(request: MemberRequest) -> HttpResponse:
    """To whom the organisation's new purchases go by themselves."""
    rule = selectors.assignment_rule(request.membership.organisation_id)
    form = RuleForm(request.POST if request.method == "POST" else None, initial={"rule": rule})
    told: dict[str, object] = {"form": form, "rule": rule}
    told["colleagues"] = accounts.buyers(request.membership.organisation_id)
    if not form.is_bound:
        return render(request, RULE, told)
    if not form.is_valid():
        return render(request, RULE, told, status=HTTPStatus.BAD_REQUEST)
    try:
        services.set_assignment_rule(by=request.membership, rule=form.cleaned_data["rule"])
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return render(request, RULE, {**told, "refusal": refusal}, status=refusal.status)
    messages.success(request, "Kept. It counts for what is bought from now on.")
    return redirect("marketplace:assignment_rule")
