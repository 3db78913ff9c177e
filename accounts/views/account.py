"""The account page, and the terms with their acceptance."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import plans, selectors, services
from accounts.access import MemberRequest, VisitorRequest, is_way_back, member_required
from accounts.forms.sign_up import TermsForm
from accounts.models import User


@never_cache
@require_safe
@member_required
def account(request: MemberRequest) -> HttpResponse:
    organisation_id = request.membership.organisation_id
    context = {
        "entitlements": selectors.entitlements(organisation_id),
        "members": selectors.members(organisation_id),
        "licences": selectors.licences(request.user),
        "acceptances": selectors.terms_acceptances(request.user),
    }
    return render(request, "accounts/account.html", context)


@never_cache
def operators_log_in(request: HttpRequest) -> HttpResponse:
    """The admin's own form would log in by a password alone, so operators take everybody's door."""
    named = request.GET.get("next", "")
    return redirect_to_login(named if is_way_back(named) else reverse("admin:index"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: VisitorRequest) -> HttpResponse:
    """The terms in force. A logged-in user accepts them here; each version once."""
    user = request.user
    if request.method == "POST":
        if not isinstance(user, User):
            return redirect_to_login(reverse("accounts:terms"))
        return _accept(request, user)
    return _terms(request, TermsForm())


def _accept(request: VisitorRequest, user: User) -> HttpResponse:
    form = TermsForm(request.POST)
    if not form.is_valid():
        return _terms(request, form, status=400)
    services.accept_terms(user=user, version=form.cleaned_data["version"])
    messages.success(request, "Thank you. You can hold and buy leads now.")
    return redirect("accounts:terms")


def _terms(request: VisitorRequest, form: TermsForm, *, status: int = 200) -> HttpResponse:
    user = request.user
    acceptances = selectors.terms_acceptances(user) if isinstance(user, User) else []
    context = {
        "form": form,
        "version": plans.CURRENT_TERMS_VERSION,
        "accepted": next((one for one in acceptances if one.version == plans.CURRENT_TERMS_VERSION), None),
    }
    return render(request, "accounts/terms.html", context, status=status)
