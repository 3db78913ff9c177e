"""Pages for people who are no members, in their own language."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.vary import vary_on_headers

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def in_their_language(view: View[P]) -> View[P]:
    """Answer in the language that the page was asked in, else in the browser's, else in English."""

    @wraps(view)
    def spoken(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with translation.override(_language(request)):
            return view(request, *args, **kwargs)

    return cast("View[P]", never_cache(vary_on_headers("Accept-Language")(spoken)))


def _language(request: HttpRequest) -> str:
    known = [code for code, _ in settings.LANGUAGES]
    asked = request.GET.get("language", "")
    return asked if asked in known else translation.get_language_from_request(request)
