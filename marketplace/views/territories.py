"""The pages of an organisation's territories."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from billing import selectors as billing
from marketplace import errors, selectors, services
from marketplace.access import TERRITORY_MINUTES
from marketplace.forms.territories import TerritoryForm
from marketplace.models import Territory
from marketplace.views.parts import not_found, page

NO_SUCH_TERRITORY: Final = "Your organisation has no such territory."
TerritoryView = Callable[[MemberRequest, Territory], HttpResponse]


def of_ones_own(view: TerritoryView) -> Callable[..., HttpResponse]:
    """Let a view have the territory that its address names, or say that there is none."""

    @wraps(view)
    def found(request: MemberRequest, territory_id: UUID) -> HttpResponse:
        try:
            territory = selectors.access_territory(viewer=request.membership, territory_id=territory_id)
        except Territory.DoesNotExist:
            return not_found(request, NO_SUCH_TERRITORY)
        return view(request, territory)

    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def territory_list(request: MemberRequest) -> HttpResponse:
    """All of them, and a form for a new one; the places of a search may be brought along in the address."""
    if request.method != "POST":
        return _list(request, _form(request, initial=_initial_of_search(request.GET)))
    form = _form(request, request.POST)
    if not form.is_valid():
        return _list(request, form, status=HTTPStatus.BAD_REQUEST)
    try:
        territory = services.own_territory(member=request.membership, **_said(form))
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return _list(request, form, refusal=refusal, status=refusal.status)
    messages.success(request, f"“{territory}” is kept. It counts for leads listed from now on.")
    return redirect("marketplace:territory_list")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
@of_ones_own
def territory(request: MemberRequest, territory: Territory) -> HttpResponse:
    """Change one."""
    if request.method != "POST":
        return _edit(request, territory, _form(request, initial=_initial(territory)))
    form = _form(request, request.POST)
    if not form.is_valid():
        return _edit(request, territory, form, status=HTTPStatus.BAD_REQUEST)
    try:
        services.change_territory(member=request.membership, territory_id=territory.pk, **_said(form))
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return _edit(request, territory, form, refusal=refusal, status=refusal.status)
    messages.success(request, "Kept.")
    return redirect("marketplace:territory_list")


@never_cache
@require_POST
@member_required
def give_up_territory(request: MemberRequest, territory_id: UUID) -> HttpResponse:
    try:
        services.give_up_territory(member=request.membership, territory_id=territory_id)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The territory is given up. Its leads open to you as to everybody.")
    return redirect("marketplace:territory_list")


def _form(request: MemberRequest, data: Any = None, *, initial: dict[str, Any] | None = None) -> TerritoryForm:
    return TerritoryForm(data, initial=initial, organisation_id=request.membership.organisation_id)


def _said(form: TerritoryForm) -> dict[str, Any]:
    """What a valid form says, as the services take it."""
    holder = form.cleaned_data["membership"]
    return {
        "name": form.cleaned_data["name"],
        "ground": form.ground(),
        "holder_id": holder.pk if holder else None,
        "has_early_access": form.cleaned_data["has_early_access"],
    }


def _initial(territory: Territory) -> dict[str, Any]:
    return {
        "name": territory.name,
        "zip_codes": ", ".join(territory.zip_codes),
        "counties": "\n".join(territory.counties),
        "polygon": territory.area,
        "membership": territory.membership_id,
        "has_early_access": territory.has_early_access,
    }


def _initial_of_search(query: QueryDict) -> dict[str, Any]:
    """The places of the list's filters: ZIP codes, a county with its state, a drawn area."""
    county, state = query.get("county", ""), query.get("state", "")
    return {
        "zip_codes": ", ".join(query.getlist("zip")),
        "counties": f"{county}, {state}" if county else "",
        "polygon": query.get("polygon", ""),
        "has_early_access": True,
    }


def _list(
    request: MemberRequest, form: TerritoryForm, *, refusal: Refusal | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    organisation_id = request.membership.organisation_id
    context = {
        "form": form,
        "refusal": refusal,
        "territories": selectors.territories(organisation_id),
        "ground": selectors.ground_owned(organisation_id),
        "plans": billing.plans_for(organisation_id),
        "territory_minutes": TERRITORY_MINUTES,
    }
    return page(request, "marketplace/territory_list.html", context, status=status)


def _edit(
    request: MemberRequest,
    territory: Territory,
    form: TerritoryForm,
    *,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {"form": form, "territory": territory, "refusal": refusal}
    return page(request, "marketplace/territory.html", context, status=status)
