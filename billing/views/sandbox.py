"""The pages of the sandbox: a card form for the buyer, and a desk for what happens without them.

They are not there outside DEBUG, and act upon the sandbox's memory alone: our own
pages and inbox find out what becomes of it in our books.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from billing.models.sandbox import SandboxObject
from billing.providers.port import BillStatus, NotFound, PaymentStatus, ProviderRefused
from billing.providers.sandbox import desk, memory, pages, payments
from billing.providers.sandbox.cards import CARDS
from billing.providers.sandbox.memory import Kind

View = Callable[..., HttpResponse]
SHOWN: Final = (Kind.PAYMENT, Kind.REFUND, Kind.DISPUTE, Kind.SUBSCRIPTION)


class CardForm(forms.Form):
    """Which card the buyer takes."""

    card = forms.ChoiceField(
        choices=[(name, f"{card.label}: {card.title}") for name, card in CARDS.items()],
        widget=forms.RadioSelect,
        initial="good",
        label="How it goes",
    )


def in_debug(view: View) -> View:
    """Not there outside DEBUG, nor is a page of which the sandbox knows nothing."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (memory.Closed, NotFound) as error:
            raise Http404 from error

    return cast(View, guarded)


@require_http_methods(["GET", "HEAD", "POST"])
@in_debug
def checkout(request: HttpRequest, page_id: str) -> HttpResponse:
    """The card form of a checkout, a bill or the portal."""
    page = pages.find_page(page_id)
    form = CardForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, page, form, status=HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK)
    try:
        pages.hand_in(page_id, form.cleaned_data["card"])
    except ProviderRefused as refusal:
        return _page(request, page, form, says=refusal.says, status=HTTPStatus.PAYMENT_REQUIRED)
    page.refresh_from_db()
    if page.data.get("asks"):
        return redirect("billing:sandbox_checkout", page_id)
    return redirect(_way_back(page))


@require_POST
@in_debug
def bank(request: HttpRequest, page_id: str) -> HttpResponse:
    """What the buyer says to their bank, which asked whether it is them."""
    page = pages.find_page(page_id)
    try:
        pages.answer(page_id, is_them="yes" in request.POST)
    except ProviderRefused as refusal:
        page.refresh_from_db()
        return _page(request, page, CardForm(), says=refusal.says, status=HTTPStatus.PAYMENT_REQUIRED)
    return redirect(_way_back(page))


@require_http_methods(["GET", "HEAD", "POST"])
@in_debug
def at_the_desk(request: HttpRequest) -> HttpResponse:
    """What happened lately, and a button for all that a provider, a bank or time may do next."""
    if request.method == "POST":
        act = desk.ACTS.get(request.POST.get("act", ""))
        if act is None:
            raise Http404
        try:
            act(request.POST.get("object", ""))
            messages.success(request, "Done. Our inbox hears of it in a moment.")
        except ProviderRefused as refusal:
            messages.error(request, refusal.says)
        return redirect("billing:sandbox_desk")
    shown = {f"{kind}s": desk.lately(kind) for kind in SHOWN}
    return render(request, "billing/sandbox/desk.html", shown)


def _way_back(page: SandboxObject) -> str:
    told = page.data
    if page.kind == Kind.PORTAL:
        return str(told["return_url"])
    return str(told["done_url"]) if page.kind == Kind.CHECKOUT else reverse("billing:settings")


def _page(
    request: HttpRequest, page: SandboxObject, form: CardForm, *, says: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    context: dict[str, Any] = {
        "page": page,
        "form": form,
        "says": says,
        "is_open": _is_open(page),
        "asks": page.data.get("asks") or "",
        "leave_url": page.data.get("cancelled_url") or _way_back(page),
        "back_url": _way_back(page),
    }
    return render(request, "billing/sandbox/checkout.html", context, status=status)


def _is_open(page: SandboxObject) -> bool:
    if page.kind == Kind.BILL:
        return page.data["status"] == BillStatus.OPEN and not page.data["capture_id"]
    return page.kind == Kind.PORTAL or payments.status_of(page) == PaymentStatus.OPEN
