"""The pages of people whose data we may hold: ask, prove who one is, look how far it is. Without an account.

Every answer to a form that can be read is the same page, whether we hold anything about its sender or not. What is
found is told on the page of a secret link alone, and who bought it only to whoever proved who they are.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms.privacy import AddressForm, DocumentForm, IdentityCodeForm, PrivacyRequestForm
from accounts.models import PrivacyRequest
from accounts.privacy import documents, selectors
from accounts.privacy.errors import DocumentRefused, IdentityRefused, LinkUnusable, RequestMoved
from accounts.services import identity, privacy
from accounts.throttles import IdentityCodeThrottle, PrivacyFormThrottle
from aiqleads.core.spoken import in_their_language

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def ask(request: HttpRequest) -> HttpResponse:
    """What we do with people's data, what they can ask, and the form."""
    wanted = request.GET.get("kind", "")
    form = PrivacyRequestForm(request.POST if request.method == "POST" else None, initial={"kind": wanted})
    if not form.is_bound:
        return _form(request, form)
    if refused := _too_often(request, PrivacyFormThrottle()):
        return refused
    if form.is_from_a_machine:
        return _on_to("accounts:privacy_sent")
    if not form.is_valid():
        form.focus_first_error()
        return _form(request, form, status=HTTPStatus.BAD_REQUEST)
    language = translation.get_language() or "en"
    privacy.take_request(asked=form.asked(language=language, has_privacy_signal=_has_signal(request)))
    return _on_to("accounts:privacy_sent")


def _has_signal(request: HttpRequest) -> bool:
    """Global Privacy Control: the browser says that its user opts out of sale."""
    return request.headers.get("Sec-GPC") == "1"


def _form(request: HttpRequest, form: PrivacyRequestForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return _page(request, "ask", {"form": form, "has_privacy_signal": _has_signal(request)}, status=status)


def _on_to(view: str, *arguments: str) -> HttpResponse:
    return redirect(f"{reverse(view, args=arguments)}?language={translation.get_language()}")


def _page(
    request: HttpRequest, name: str, told: Mapping[str, object] | None = None, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    shown = {**(told or {}), "spoken_language": translation.get_language()}
    return render(request, f"accounts/privacy/{name}.html", shown, status=status)


def _too_often(request: HttpRequest, throttle: PrivacyFormThrottle) -> HttpResponse | None:
    if throttle.allow(request):
        return None
    told = {"spoken_language": translation.get_language()}
    answer = render(request, "429.html", told, status=HTTPStatus.TOO_MANY_REQUESTS)
    answer.headers["Retry-After"] = str(int(throttle.wait() or 60) + 1)
    return answer


@require_safe
@in_their_language
def sent(request: HttpRequest) -> HttpResponse:
    """The same for everybody who sent a form."""
    return _page(request, "sent", {"outbox": _mail_folder()})


def _mail_folder() -> str:
    """Where a letter of the demo lies, which reaches nobody; "" where mail is sent."""
    is_kept = settings.DEMO and settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")
    return str(settings.EMAIL_FILE_PATH.relative_to(settings.BASE_DIR)) if is_kept else ""


def _by_link(view: View[[PrivacyRequest, str]]) -> View[[str]]:
    """Open a request by its secret link.

    No other site is told it: the whole site's policy is ``same-origin``. A stricter one would have browsers send
    forms with the origin "null", which the guard against forged forms refuses.
    """

    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        try:
            asked = privacy.find_by_link(token)
        except LinkUnusable:
            return _page(request, "link_unusable", status=LinkUnusable.status)
        return view(request, asked, token)

    return opened


@require_safe
@in_their_language
@_by_link
def request_page(request: HttpRequest, asked: PrivacyRequest, token: str) -> HttpResponse:
    """How far a request is, by when the rest comes, and what its person can do now."""
    return _request_page(request, asked, token)


def _request_page(
    request: HttpRequest,
    asked: PrivacyRequest,
    token: str,
    *,
    address_form: AddressForm | None = None,
    code_form: IdentityCodeForm | None = None,
    document_form: DocumentForm | None = None,
) -> HttpResponse:
    is_wrong = any(form and form.errors for form in (address_form, code_form, document_form))
    told = {
        "asked": asked,
        "token": token,
        "steps": selectors.privacy_steps(asked),
        "can_prove": privacy.waits_for_identity(asked),
        "address_form": address_form or AddressForm(),
        "code_form": code_form or IdentityCodeForm(),
        "document_form": document_form or DocumentForm(),
        "has_documents": asked.documents.exists(),
        "last_code": selectors.newest_identity_code(asked),
        "can_withdraw": asked.state in {"received", "acknowledged", "awaiting_identity", "verified"},
        "outbox": _mail_folder(),
    }
    return _page(request, "request", told, status=HTTPStatus.BAD_REQUEST if is_wrong else HTTPStatus.OK)


@require_POST
@in_their_language
@_by_link
def ask_for_code(request: HttpRequest, asked: PrivacyRequest, token: str) -> HttpResponse:
    """Have a code sent to an address, if we hold it. The answer is the same where we do not."""
    if not privacy.waits_for_identity(asked):
        return _on_to("accounts:privacy_request", token)
    if refused := _too_often(request, PrivacyFormThrottle()):
        return refused
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _request_page(request, asked, token, address_form=form)
    try:
        identity.ask_for_code(request_id=asked.pk, typed=form.cleaned_data["address"])
    except IdentityRefused as refusal:
        form.add_error("address", refusal.detail)
        return _request_page(request, asked, token, address_form=form)
    return _on_to("accounts:privacy_request", token)


@require_POST
@in_their_language
@_by_link
def enter_code(request: HttpRequest, asked: PrivacyRequest, token: str) -> HttpResponse:
    """Prove with the digits who one is."""
    if not privacy.waits_for_identity(asked):
        return _on_to("accounts:privacy_request", token)
    if refused := _too_often(request, IdentityCodeThrottle()):
        return refused
    form = IdentityCodeForm(request.POST)
    if form.is_valid():
        try:
            identity.try_code(request_id=asked.pk, typed=form.cleaned_data["code"])
        except IdentityRefused as refusal:
            form.add_error("code", refusal.detail)
        else:
            return _on_to("accounts:privacy_request", token)
    return _request_page(request, asked, token, code_form=form)


@require_POST
@in_their_language
@_by_link
def bring_document(request: HttpRequest, asked: PrivacyRequest, token: str) -> HttpResponse:
    """Show an operator who one is, or that one may ask for somebody else."""
    if not privacy.waits_for_identity(asked):
        return _on_to("accounts:privacy_request", token)
    if refused := _too_often(request, PrivacyFormThrottle()):
        return refused
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            examined = documents.examine(form.cleaned_data["document"])
            identity.bring_document(request_id=asked.pk, media_type=examined.media_type, body=examined.body)
        except DocumentRefused as refusal:
            form.add_error("document", refusal.detail)
        else:
            return _on_to("accounts:privacy_request", token)
    return _request_page(request, asked, token, document_form=form)


@require_POST
@in_their_language
@_by_link
def withdraw(request: HttpRequest, asked: PrivacyRequest, token: str) -> HttpResponse:
    """Take the request back."""
    with suppress(RequestMoved):  # the page says where it stands
        privacy.withdraw_request(request_id=asked.pk)
    return _on_to("accounts:privacy_request", token)


@require_safe
@in_their_language
@_by_link
def receipt(request: HttpRequest, asked: PrivacyRequest, token: str) -> HttpResponse:
    """What became of a request that is closed: a page to read and print."""
    if asked.is_open:
        return _on_to("accounts:privacy_request", token)
    return _page(request, "receipt", {"asked": asked, "token": token, "receipt": selectors.privacy_receipt(asked)})


@require_safe
@in_their_language
@_by_link
def receipt_document(request: HttpRequest, asked: PrivacyRequest, token: str) -> HttpResponse:
    """The same for programs."""
    if asked.is_open:
        return _on_to("accounts:privacy_request", token)
    answer = JsonResponse(selectors.privacy_receipt(asked).as_json(), json_dumps_params={"indent": 2})
    answer.headers["Content-Disposition"] = f'attachment; filename="receipt-{asked.reference}.json"'
    return answer
