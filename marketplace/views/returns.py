"""Giving a purchase back: the form with what is promised, the answer, and the appeal."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import errors, selectors, services
from marketplace.forms.returns import AppealForm, ReturnForm
from marketplace.models import Purchase, Return
from marketplace.views.parts import not_found
from marketplace.views.purchases import NO_SUCH_PURCHASE

TOLD = {
    Return.State.ACCEPTED: "Accepted: the credits are back in your balance.",
    Return.State.REQUESTED: "We have your return. A person looks at it, and we write to you.",
    Return.State.APPEALED: "We have your appeal. A person looks at it, and we write to you.",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def give_back(request: MemberRequest, purchase_id: UUID) -> HttpResponse:
    """The form with what is promised, and what becomes of it."""
    form = ReturnForm(request.POST, request.FILES) if request.method == "POST" else ReturnForm()
    return _serve(request, purchase_id, form, "return")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def appeal(request: MemberRequest, purchase_id: UUID) -> HttpResponse:
    """A second look at a refused return."""
    form = AppealForm(request.POST) if request.method == "POST" else AppealForm()
    return _serve(request, purchase_id, form, "appeal")


def _serve(request: MemberRequest, purchase_id: UUID, form: ReturnForm | AppealForm, template: str) -> HttpResponse:
    try:
        purchase = selectors.access_purchase(viewer=request.membership, purchase_id=purchase_id)
    except Purchase.DoesNotExist:
        return not_found(request, NO_SUCH_PURCHASE)
    if isinstance(form, AppealForm) and not hasattr(purchase, "return_request"):
        return not_found(request, "Nobody asked to return this purchase.")
    told: dict[str, object] = {
        "purchase": purchase,
        "form": form,
        "terms": selectors.return_terms(at=purchase.bought_at),
    }
    told["window_ends"] = selectors.return_window_ends(purchase)
    told["copies"] = selectors.bought_together(purchase)
    page = f"marketplace/purchase_{template}.html"
    if not form.is_bound:
        return render(request, page, told)
    if not form.is_valid():
        return render(request, page, told, status=HTTPStatus.BAD_REQUEST)
    try:
        asked = _write(request, purchase_id, form)
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return render(request, page, {**told, "refusal": refusal}, status=refusal.status)
    messages.success(request, TOLD[Return.State(asked.state)])
    return redirect("marketplace:purchase_detail", purchase_id)


def _write(request: MemberRequest, purchase_id: UUID, form: ReturnForm | AppealForm) -> Return:
    said = form.cleaned_data
    if isinstance(form, ReturnForm):
        return services.request_return(purchase_id=purchase_id, buyer=request.membership, **said)
    return services.appeal_return(purchase_id=purchase_id, buyer=request.membership, **said)
