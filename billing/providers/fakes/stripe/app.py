"""The stand-in's HTTP doors: the API, the hosted pages, and the control plane.

/v1/…                       as api.stripe.com, with any key that begins with ``sk_test_``
/pay/{session}              Checkout, with a button for each way a payment can end
/bill/{invoice}             a bill's own page
/portal/{customer}          the Billing Portal
POST /control/{act}         see ``control``
"""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from billing.providers.fakes.hidden import HangsUp, controlled
from billing.providers.fakes.stripe import api, pages
from billing.providers.fakes.stripe.control import Control, Does
from billing.providers.fakes.stripe.objects import DAY, Refusal
from billing.providers.fakes.stripe.plans import Plans
from billing.providers.fakes.stripe.shapes import Misshapen, answer

API_VERSION: Final = "2026-08-26.dahlia"
_KEPT_SECONDS: Final = DAY


class StripeFake:
    """One account at Stripe that moves no money.

    :ivar account: its objects; ``control`` acts on them as buyers, banks and staff do
    """

    def __init__(self, *, base_url: str, secret: str = "whsec_stand_in") -> None:  # noqa: S107 - signs nothing real
        self.account = Plans(base_url=base_url)
        self.control = Control(self.account, secret=secret)
        self.lock = threading.RLock()
        self._answered: dict[str, tuple[str, int, dict[str, Any], int]] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/{path:path}", self._api, methods=["GET", "POST", "DELETE"]),
                Route("/control/{act}", self._controlled, methods=["POST"]),
                Route("/pay/{id}", self._page, methods=["GET", "POST"], name="pay"),
                Route("/bill/{id}", self._page, methods=["GET", "POST"], name="bill"),
                Route("/portal/{id}", self._page, methods=["GET", "POST"], name="portal"),
            ]
        )

    async def _api(self, request: Request) -> Response:
        body = await request.body()
        text = body.decode() if request.method == "POST" else request.url.query
        status, told, does = await asyncio.to_thread(
            self.respond, request.method, request.path_params["path"], text, dict(request.headers)
        )
        if does == Does.LOSES_ANSWER:
            return HangsUp()
        return JSONResponse(told, status_code=status, headers={"request-id": f"req_{status}"})

    def respond(
        self, method: str, path: str, text: str, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any], Does]:
        """One call of the API: its status, its body, and what becomes of the answer."""
        with self.lock:
            does = self.control.next()
            if does in _FAILURES:
                return (*_FAILURES[does], does)
            key = headers.get("idempotency-key", "") if method == "POST" else ""
            asked = f"{method} {path} {text}"
            try:
                _let_in(headers)
                if key in self._answered and (kept := self._repeated(key, asked)):
                    return (*kept, does)
                status, told, is_kept = self._act(method, path, text, does)
            except Refusal as refusal:
                return refusal.status, refusal.body, does
            if key and is_kept:
                self._answered[key] = (asked, status, told, self.account.now())
            return status, told, does

    def _repeated(self, key: str, asked: str) -> tuple[int, dict[str, Any]] | None:
        """What was answered under a key within its day.

        :raises Refusal: it was another request
        """
        before, status, told, at = self._answered[key]
        if at + _KEPT_SECONDS <= self.account.now():
            return None
        if before != asked:
            raise Refusal(
                400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters."
            )
        return status, told

    def _act(self, method: str, path: str, text: str, does: Does) -> tuple[int, dict[str, Any], bool]:
        """A status, a body, and whether a repetition gets the same."""
        self.account.work()
        if does == Does.BREAKS_FOR_GOOD:
            return 500, {"error": {"type": "api_error", "message": "An error occurred."}}, True
        try:
            told = answer(api.call(self.account, method, path, nested(text)))
        except Misshapen as error:
            raise Refusal(400, "invalid_request_error", error.says, param=error.place) from error
        except Refusal as refusal:
            return refusal.status, refusal.body, refusal.status == 402
        return 200, told, True

    async def _controlled(self, request: Request) -> Response:
        name = request.path_params["act"]
        return await controlled(request, self.control, name=name, lock=self.lock, refusal=Refusal)

    async def _page(self, request: Request) -> Response:
        name, thing_id = request.scope["route"].name, request.path_params["id"]
        form = (
            dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            if request.method == "POST"
            else {}
        )
        with self.lock:
            self.account.work()
            try:
                shown = pages.page(self.account, name, thing_id, form, dict(request.query_params))
            except Refusal as refusal:
                return HTMLResponse(pages.gone(str(refusal)), status_code=404)
        if shown.leads_to:
            return RedirectResponse(shown.leads_to, status_code=303)
        return HTMLResponse(shown.html)


_FAILURES: Final[dict[Does, tuple[int, dict[str, Any]]]] = {
    Does.BREAKS: (503, {"error": {"type": "api_error", "message": "Service unavailable."}}),
    Does.LIMITS: (429, {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many."}}),
    Does.CONFLICTS: (
        409,
        {"error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "In use."}},
    ),
    Does.MUMBLES: (200, {"object": "nothing of ours"}),
}


def _let_in(headers: Mapping[str, str]) -> None:
    """
    :raises Refusal: no key, or another version than the one that this speaks
    """
    if not headers.get("authorization", "").startswith("Bearer sk_test_"):
        raise Refusal(401, "invalid_request_error", "Invalid API Key provided.")
    if headers.get("stripe-version") != API_VERSION:
        raise Refusal(400, "invalid_request_error", f"This stand-in speaks {API_VERSION} alone.")


def nested(text: str) -> dict[str, Any]:
    """A form's fields as Stripe reads them: ``a[b][0]=c`` is ``{"a": {"b": ["c"]}}``."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = name.replace("]", "").split("[")
        at = tree
        for part, following in zip([head, *rest], rest, strict=False):
            at = at.setdefault(part, {})
            del following
        at[rest[-1] if rest else head] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    return list(inner.values()) if inner and all(name.isdigit() for name in inner) else inner
