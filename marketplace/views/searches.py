"""The searches that a member keeps."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, is_way_back, member_required
from aiqleads.core.refusals import Refusal
from marketplace import selectors, services
from marketplace.filters import Sort
from marketplace.models import SavedSearch
from marketplace.views.parts import not_found, page

NO_SUCH_SEARCH = "You keep no such search."


class SearchForm(forms.Form):
    """A search to keep, or what to change about one."""

    name = forms.CharField(required=False, max_length=80)
    query = forms.CharField(required=False, max_length=30_000)
    rhythm = forms.ChoiceField(choices=SavedSearch.Rhythm, required=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def search_list(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return _save(request)
    context: dict[str, Any] = {
        "searches": selectors.saved_searches(request.membership),
        "rhythms": SavedSearch.Rhythm.choices,
    }
    return page(request, "marketplace/search_list.html", context)


def _save(request: MemberRequest) -> HttpResponse:
    form = SearchForm(request.POST)
    if not form.is_valid():
        messages.error(request, "This search is too long to keep. Drop a filter first.")
        return redirect("marketplace:search_list")
    rhythm = SavedSearch.Rhythm(form.cleaned_data["rhythm"] or SavedSearch.Rhythm.DAILY)
    try:
        services.save_search(
            member=request.membership,
            name=form.cleaned_data["name"],
            query=form.cleaned_data["query"],
            rhythm=rhythm,
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        back = f"{reverse('marketplace:lead_list')}?{form.cleaned_data['query']}"
        return redirect(back if is_way_back(back) else "marketplace:lead_list")
    messages.success(request, "Kept. You hear of new leads; say below how often.")
    return redirect("marketplace:search_list")


@never_cache
@require_safe
@member_required
def show_search(request: MemberRequest, search_id: UUID) -> HttpResponse:
    """Go to the list as the search asks for it, newest first."""
    try:
        search = selectors.access_search(viewer=request.membership, search_id=search_id)
    except SavedSearch.DoesNotExist:
        return not_found(request, NO_SUCH_SEARCH)
    return redirect(f"{reverse('marketplace:lead_list')}?{search.query}&sort={Sort.NEWEST}")


@never_cache
@require_POST
@member_required
def change_search(request: MemberRequest, search_id: UUID) -> HttpResponse:
    form = SearchForm(request.POST)
    if form.is_valid():
        rhythm = form.cleaned_data["rhythm"]
        try:
            services.change_search(
                member=request.membership,
                search_id=search_id,
                name=form.cleaned_data["name"],
                rhythm=SavedSearch.Rhythm(rhythm) if rhythm else None,
            )
        except SavedSearch.DoesNotExist:
            return not_found(request, NO_SUCH_SEARCH)
        messages.success(request, "Kept.")
    else:
        messages.error(request, "Choose one of the rhythms, and a name of at most 80 characters.")
    return redirect("marketplace:search_list")


@never_cache
@require_POST
@member_required
def delete_search(request: MemberRequest, search_id: UUID) -> HttpResponse:
    services.delete_search(member=request.membership, search_id=search_id)
    messages.success(request, "The search is gone. You hear of it no more.")
    return redirect("marketplace:search_list")
