"""The pages of homeowners and buyers: send, confirm, withdraw. In English and Spanish, without an account.

Every answer to a form that can be read is the same page, whether its e-mail address is known here or not.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aiqleads.core.spoken import in_their_language
from leads import selectors as leads
from scraping import phone_codes, submissions
from scraping.errors import CodeRefused, LinkUnusable
from scraping.forms import CodeForm, FindAgentForm, SellForm, SubmissionForm
from scraping.models import Submission
from scraping.throttles import CodeThrottle, FormThrottle

PAGES: Final = {SellForm: "sell", FindAgentForm: "find_agent"}


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
    if form.is_from_a_machine:
        return _on_to("scraping:sent")
    if not form.is_valid():
        form.focus_first_error()
        return _form(request, form, status=HTTPStatus.BAD_REQUEST)
    submission = submissions.take_submission(
        source=form.source,
        answers=form.answers(proof=_proof(request)),
        consent_text=text,
        language=language,
        site=_site(request),
    )
    if submission.confirm_by == Submission.ConfirmBy.PHONE:
        return _on_to("scraping:code", submissions.code_token(submission))
    return _on_to("scraping:sent")


def _on_to(view: str, *arguments: str) -> HttpResponse:
    return redirect(f"{reverse(view, args=arguments)}?language={translation.get_language()}")


def _form(request: HttpRequest, form: SubmissionForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    page = PAGES[type(form)]
    return _page(request, page, {"form": form}, status=status)


def _page(
    request: HttpRequest, name: str, told: Mapping[str, object] | None = None, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    language = translation.get_language()
    return render(request, f"scraping/{name}.html", {**(told or {}), "spoken_language": language}, status=status)


def _too_often(request: HttpRequest, wait_seconds: float | None) -> HttpResponse:
    answer = render(
        request, "429.html", {"spoken_language": translation.get_language()}, status=HTTPStatus.TOO_MANY_REQUESTS
    )
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
    return _page(request, "sent", {"outbox": _mail_folder()})


def _mail_folder() -> str:
    """Where a letter of the demo lies, which reaches nobody; "" where mail is sent."""
    is_kept = settings.DEMO and settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")
    return str(settings.EMAIL_FILE_PATH.relative_to(settings.BASE_DIR)) if is_kept else ""


def _stand_in() -> str:
    """The address at which the demo shows its text messages; "" where they are sent."""
    service = urlsplit(settings.SMS_URL)
    is_here = settings.DEMO and service.scheme == "http"
    return f"http://{service.hostname}:{service.port}/" if is_here else ""


@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def enter_code(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm with the code of a text message."""
    try:
        submission = submissions.find_by_code_page(token)
    except LinkUnusable:
        return _page(request, "link_unusable", status=LinkUnusable.status)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        throttle = CodeThrottle()
        if not throttle.allow(request):
            return _too_often(request, throttle.wait())
        submission = _confirm_by_code(request, submission, form)
    return _code_page(request, submission, form, token)


def _confirm_by_code(request: HttpRequest, submission: Submission, form: CodeForm) -> Submission:
    if not form.is_valid():
        return submission
    try:
        return submissions.confirm_by_code(
            submission=submission, typed=form.cleaned_data["code"], site=_site(request)
        )
    except CodeRefused as refusal:
        form.add_error("code", refusal.detail)
        return submission


@require_POST
@in_their_language
def send_another_code(request: HttpRequest, token: str) -> HttpResponse:
    """Have another code sent; the page says where no further one is."""
    try:
        submission = submissions.find_by_code_page(token)
    except LinkUnusable:
        return _page(request, "link_unusable", status=LinkUnusable.status)
    throttle = FormThrottle()
    if not throttle.allow(request):
        return _too_often(request, throttle.wait())
    try:
        phone_codes.ask_for_another_code(submission_id=submission.pk)
    except CodeRefused as refusal:
        return _code_page(request, submission, CodeForm(), token, refusal)
    return _on_to("scraping:code", token)


def _code_page(
    request: HttpRequest, submission: Submission, form: CodeForm, token: str, refusal: CodeRefused | None = None
) -> HttpResponse:
    if submission.state != Submission.State.WAITING:
        return _page(request, "confirm", _told(submission))
    told = {
        **_told(submission),
        "form": form,
        "token": token,
        "refusal": refusal,
        "last_digits": (submission.phone or "")[-2:],
        "is_undeliverable": phone_codes.is_undeliverable(submission),
        "outbox": _stand_in(),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors or refusal else HTTPStatus.OK
    return _page(request, "code", told, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Looking confirms nothing: programs that read mail follow links. The button does."""
    try:
        submission = submissions.find_by_confirmation(token)
    except LinkUnusable:
        return _page(request, "link_unusable", status=LinkUnusable.status)
    if request.method == "POST":
        submission = submissions.confirm_submission(submission=submission, site=_site(request))
    return _page(request, "confirm", _told(submission))


@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Take a submission back, confirmed or not."""
    try:
        submission = submissions.find_by_withdrawal(token)
    except LinkUnusable:
        return _page(request, "link_unusable", status=LinkUnusable.status)
    if request.method == "POST":
        submission = submissions.withdraw_submission(submission=submission)
    return _page(request, "withdraw", _told(submission))


def _told(submission: Submission) -> dict[str, object]:
    withdraw_url = reverse("scraping:withdraw", args=[submissions.withdrawal_token(submission)])
    return {
        "submission": submission,
        "is_buyer": submission.source_id == FindAgentForm.source,
        "withdraw_url": f"{withdraw_url}?language={translation.get_language()}",
    }
