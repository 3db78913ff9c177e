"""Who may see a page, and what everybody else is told."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.middleware import AgentRequest
from accounts.models import Membership, User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class VisitorRequest(HttpRequest):
    """A request of anybody; ``membership`` is None for the public and for operators."""

    htmx: HtmxDetails
    membership: Membership | None


class MemberRequest(AgentRequest):
    """A request of a logged-in member, with what htmx says about it."""

    htmx: HtmxDetails


def is_way_back(url: str) -> bool:
    """Whether ``url``, as a form or an address brought it, is the path of a page of this site."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)


def member_required(view: View) -> View:
    """Send the public to log in and come back; refuse a log-in that belongs to no organisation (403)."""

    @wraps(view)
    def guarded(request: VisitorRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _log_in_first(request)
        if request.membership is None:
            raise PermissionDenied("This log-in belongs to no organisation, so it has no cart and no credits.")
        return view(request, *args, **kwargs)

    return cast(View, guarded)


def _log_in_first(request: VisitorRequest) -> HttpResponse:
    if request.htmx:
        here = request.htmx.current_url_abs_path or resolve_url("landing")
        return HttpResponseClientRedirect(redirect_to_login(here).url)
    back = request.get_full_path() if request.method == "GET" else request.POST.get("next", "")
    return redirect_to_login(back or resolve_url("landing"))
