"""``/problems/``: what each problem of the API means and what to do about it, for people and for programs."""

import re
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from aiqleads.core.known_problems import KnownProblem, known_problems
from aiqleads.failures import not_found

LANGUAGES: Final = ["text/html", "application/json"]


@never_cache
@require_safe
def every_problem(request: HttpRequest) -> HttpResponse:
    """All of them, by status."""
    problems = list(known_problems().values())
    if _is_program(request):
        return _spoken(JsonResponse({"problems": [one.document() for one in problems]}))
    return _spoken(render(request, "problems/problem_list.html", {"problems": [_shown(one) for one in problems]}))


@never_cache
@require_safe
def one_problem(request: HttpRequest, code: str) -> HttpResponse:
    """One of them: where the ``type`` of a problem document leads."""
    problem = known_problems().get(code)
    if _is_program(request):
        return _spoken(JsonResponse(problem.document()) if problem else not_found("There is no such problem."))
    if problem is None:
        raise Http404("There is no such problem.")
    return _spoken(render(request, "problems/problem.html", {"problem": _shown(problem)}))


def _is_program(request: HttpRequest) -> bool:
    return request.get_preferred_type(LANGUAGES) == "application/json"


def _spoken(response: HttpResponse) -> HttpResponse:
    """One address, two languages: whoever keeps the answer keeps it by ``Accept``."""
    patch_vary_headers(response, ["Accept"])
    return response


def _shown(problem: KnownProblem) -> dict[str, Any]:
    readings = [{"meaning": _marked(one.meaning), "remedy": _marked(one.remedy)} for one in problem.readings]
    return {
        "code": problem.code,
        "type": problem.type,
        "status": problem.status,
        "title": problem.title,
        "readings": readings,
    }


def _marked(sentence: str) -> SafeString:
    """The sentence with what stands in backticks as code."""
    parts = re.split("`([^`]+)`", sentence)
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", part) if index % 2 else part,) for index, part in enumerate(parts)),
    )


urlpatterns = [
    path("", every_problem, name="problems"),
    path("<slug:code>", one_problem, name="problem"),
]
