"""Whether somebody proved within ``FRESH_FOR`` who they are, as what is sensitive asks for.

A page's session notes when its user did; a program brings a token of ``POST /api/v1/auth/step-up/`` in the header
``X-Step-Up``. Both name the user and end with a new password. A personal API key never counts: whoever holds one
may not be its user.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts import selectors
from accounts.access import is_way_back
from accounts.credentials import Kind
from accounts.models import User
from aiqleads.core import clock
from aiqleads.core.refusals import Refusal

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

FRESH_FOR: Final = timedelta(minutes=15)
SESSION_KEY: Final = "stepped_up"
HEADER: Final = "X-Step-Up"
_SALT: Final = "accounts.step_up"


class StepUpNeeded(Refusal):
    """What was asked is sensitive, and the caller did not prove within 15 minutes who they are."""

    status = HTTPStatus.FORBIDDEN
    code = "step_up_required"
    remedy = "Confirm by one of the ways in `how`, then send the request again."


def is_fresh(request: HttpRequest | Request) -> bool:
    """Whether the request's user proved within ``FRESH_FOR`` who they are."""
    user = request.user
    if not isinstance(user, User):
        return False
    if isinstance(request, Request):
        return _is_by_program(request, user)
    noted = request.session.get(SESSION_KEY) if hasattr(request, "session") else None
    return bool(noted) and is_recent(noted, user)


def mark(request: HttpRequest) -> None:
    """Note in the session that its user proved just now who they are."""
    request.session[SESSION_KEY] = note_for(cast(User, request.user))


def token_for(user: User) -> str:
    """What a program brings in ``X-Step-Up`` for the next ``FRESH_FOR``."""
    return signing.dumps(note_for(user), salt=_SALT)


def note_for(user: User) -> list[Any]:
    """That ``user`` proved it just now, as a session keeps it."""
    return [user.pk, clock.now().timestamp(), _fingerprint(user)]


def _fingerprint(user: User) -> str:
    """Another one after each change of the password."""
    return user.get_session_auth_hash()[:16]


def is_recent(noted: Any, user: User) -> bool:
    """Whether a note of ``note_for`` is of ``user``, of their password as it is, and younger than ``FRESH_FOR``."""
    user_id, seconds, fingerprint = noted
    if user_id != user.pk or fingerprint != _fingerprint(user):
        return False
    return timedelta(0) <= clock.now() - datetime.fromtimestamp(seconds, tz=UTC) < FRESH_FOR


def _is_by_program(request: Request, user: User) -> bool:
    if getattr(request.auth, "kind", None) != Kind.TOKEN:
        return False
    try:
        noted = signing.loads(request.headers.get(HEADER, ""), salt=_SALT)
    except signing.BadSignature:
        return False
    return is_recent(noted, user)


def ways(user: User) -> list[str]:
    """How ``user`` can prove it: ``"otp"`` by their second factor, ``"code"`` by password and a code from a letter.

    Whoever has a second factor has no other way.
    """
    return ["otp"] if selectors.is_enrolled(user) else ["code"]


def required(view: View) -> View:
    """Have a page's user prove who they are first; then they come back to it, and nothing was done meanwhile."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return ask_first(request) or view(request, *args, **kwargs)

    return cast(View, guarded)


def ask_first(request: HttpRequest) -> HttpResponse | None:
    """Where to send the user to prove who they are, or None when they did of late.

    What was posted is not posted again: they come back to the page it was posted from.
    """
    if is_fresh(request):
        return None
    back = _back(request)
    if not isinstance(request.user, User):
        return redirect_to_login(back)
    address = f"{reverse('accounts:confirm')}?{urlencode({'next': back})}"
    return HttpResponseClientRedirect(address) if getattr(request, "htmx", False) else redirect(address)


def _back(request: HttpRequest) -> str:
    if htmx := getattr(request, "htmx", None):
        return htmx.current_url_abs_path or resolve_url("landing")
    if request.method in SAFE_METHODS:
        return request.get_full_path()
    named = request.POST.get("next", "")
    if is_way_back(named):
        return named
    return _referring_page(request) or request.get_full_path()


def _referring_page(request: HttpRequest) -> str:
    """The path of the page of ours that the form stood on; "" where the browser does not tell."""
    ours = request.build_absolute_uri("/")
    told = request.headers.get("Referer", "")
    path = told.removeprefix(ours[:-1]) if told.startswith(ours) else ""
    return path if is_way_back(path) else ""


class StepUpRequired(BasePermission):
    """For views of the API: 403 ``step_up_required`` with ``how``, unless ``X-Step-Up`` is fresh."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, User) or is_fresh(request):
            return True  # who is nobody is refused by others, with 401
        raise StepUpNeeded(
            f"Prove once more who you are: POST auth/step-up/, then bring its token in {HEADER}.",
            how=ways(request.user),
        )


class StepUpToChange(StepUpRequired):
    """The same where something is changed; reading is free."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)
