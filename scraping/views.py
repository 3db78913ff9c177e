"""The pages of homeowners and buyers: send, confirm, withdraw. In English and Spanish, without an account.

Every answer to a form that can be read is the same page, whether its e-mail address is known here or not.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, Final, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from leads import selectors as leads
from scraping import submissions
from scraping.errors import LinkUnusable
from scraping.forms import FindAgentForm, SellForm, SubmissionForm
from scraping.models import Submission
from scraping.throttles import FormThrottle

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
PAGES: Final = {SellForm: "sell", FindAgentForm: "find_agent"}


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


@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def sell(request: HttpRequest) -> HttpResponse:
    """A homeowner submits their own home."""
    return _ask(request, SellForm)


@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def find_agent(request: HttpRequest) -> HttpResponse:
    """Somebody who looks for a home asks for an agent."""
    return _ask(request, FindAgentForm)


def _ask(request: HttpRequest, form_class: type[SubmissionForm]) -> HttpResponse:
    language = translation.get_language() or "en"
    text = leads.consent_text(purpose=form_class.purpose, language=language)
    form = form_class(request.POST if request.method == "POST" else None, text=text)
    if not form.is_bound:
        return _form(request, form)
    throttle = FormThrottle()
    if not throttle.allow(request):
        return _too_often(request, throttle.wait())
    if not form.is_from_a_machine:
        if not form.is_valid():
            return _form(request, form, status=HTTPStatus.BAD_REQUEST)
        submissions.take_submission(
            source=form.source,
            answers=form.answers(proof=_proof(request)),
            consent_text=text,
            language=language,
            site=_site(request),
        )
    return redirect(f"{reverse('scraping:sent')}?language={language}")


def _form(request: HttpRequest, form: SubmissionForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    page = PAGES[type(form)]
    return render(request, f"scraping/{page}.html", {"form": form, "page": f"scraping:{page}"}, status=status)


def _too_often(request: HttpRequest, wait_seconds: float | None) -> HttpResponse:
    answer = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    answer.headers["Retry-After"] = str(int(wait_seconds or 60) + 1)
    return answer


def _proof(request: HttpRequest) -> dict[str, str]:
    return {
        "ip_address": request.META.get("REMOTE_ADDR", ""),
        "url": request.build_absolute_uri(request.path),
        "user_agent": request.headers.get("User-Agent", "")[:300],
    }


def _site(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


@require_safe
@in_their_language
def sent(request: HttpRequest) -> HttpResponse:
    """The same for everybody who sent a form."""
    return render(request, "scraping/sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Looking confirms nothing: programs that read mail follow links. The button does."""
    try:
        submission = submissions.find_by_confirmation(token)
    except LinkUnusable:
        return render(request, "scraping/link_unusable.html", status=LinkUnusable.status)
    if request.method == "POST":
        submission = submissions.confirm_submission(submission=submission, site=_site(request))
    return render(request, "scraping/confirm.html", _told(submission))


@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Take a submission back, confirmed or not."""
    try:
        submission = submissions.find_by_withdrawal(token)
    except LinkUnusable:
        return render(request, "scraping/link_unusable.html", status=LinkUnusable.status)
    if request.method == "POST":
        submission = submissions.withdraw_submission(submission=submission)
    return render(request, "scraping/withdraw.html", _told(submission))


def _told(submission: Submission) -> dict[str, object]:
    return {
        "submission": submission,
        "is_buyer": submission.source_id == FindAgentForm.source,
        "withdraw_url": reverse("scraping:withdraw", args=[submissions.withdrawal_token(submission)]),
    }
