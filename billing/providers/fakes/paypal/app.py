"""The stand-in's HTTP doors: the API, PayPal's pages, and the control plane.

/v1/oauth2/token            a token for any client id and secret
/v1/… /v2/… /v3/…           as api-m.paypal.com
/checkoutnow?token=         an order's page
/agreements/approve?…       a wallet's that is to be kept
/webapps/billing/…?…        a subscription's, or its change's
/myaccount/autopay          automatic payments
POST /control/{act}         see ``control``
"""

import asyncio
import hashlib
import re
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from billing.providers.fakes.hidden import HangsUp, controlled
from billing.providers.fakes.paypal import api, pages
from billing.providers.fakes.paypal.control import Control, Does
from billing.providers.fakes.paypal.demands import Refusal
from billing.providers.fakes.paypal.plans import Plans

TOKEN_SECONDS: Final = 32_400
_METHODS: Final = ["GET", "POST", "PATCH"]
_PAGES: Final = (
    "/checkoutnow",
    "/agreements/approve",
    "/webapps/billing/subscriptions",
    "/webapps/billing/subscriptions/update",
)
_NAMES: Final = ("token", "approval_session_id", "ba_token")
_WEBHOOK_ID: Final = "1STANDIN"


class PayPalFake:
    """One account at PayPal that moves no money.

    :ivar account: its objects; ``control`` acts on them as buyers, banks and staff do
    """

    def __init__(self, *, base_url: str, webhook_id: str = _WEBHOOK_ID) -> None:
        self.account = Plans(base_url=base_url)
        self.control = Control(self.account, webhook_id=webhook_id)
        self.control.tokens_end = self._end_tokens
        self.lock = threading.RLock()
        self.tokens_given = 0
        self._tokens: dict[str, datetime] = {}
        self._answered: dict[tuple[str, str, str], tuple[str, int, Any, datetime]] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/oauth2/token", self._token, methods=["POST"]),
                Route("/{version:str}/{path:path}", self._page_or_api, methods=_METHODS),
                Route("/checkoutnow", self._page, methods=["GET", "POST"]),
            ]
        )

    async def _page_or_api(self, request: Request) -> Response:
        path = request.url.path
        if path.startswith(("/v1/", "/v2/", "/v3/")):
            return await self._api(request)
        if path.startswith("/control/"):
            return await self._controlled(request)
        return await self._page(request)

    async def _token(self, request: Request) -> Response:
        body = dict(parse_qsl((await request.body()).decode()))
        is_known = request.headers.get("authorization", "").startswith("Basic ")
        if not is_known or body != {"grant_type": "client_credentials"}:
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        with self.lock:
            token = secrets.token_urlsafe(24)
            self._tokens[token] = self.account.now() + timedelta(seconds=TOKEN_SECONDS)
            self.tokens_given += 1
        told = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": "payments"}
        return JSONResponse(told)

    async def _api(self, request: Request) -> Response:
        raw = await request.body()
        status, told, does = await asyncio.to_thread(
            self.respond, request.method, request.url.path, dict(request.query_params), raw, dict(request.headers)
        )
        if does == Does.LOSES_ANSWER:
            return HangsUp()
        if does == Does.MUMBLES:
            return HTMLResponse(pages.gone("Bad gateway"))
        return Response(status_code=status) if told is None else JSONResponse(told, status_code=status)

    def respond(
        self, method: str, path: str, query: Mapping[str, str], raw: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Any, Does]:
        """One call of the API: its status, its body, and what becomes of the answer."""
        with self.lock:
            does = self.control.next()
            try:
                self._let_in(headers)
                if refusal := _BEFORE.get(does):
                    raise refusal
                status, told = self._answer(method, path, query, raw, headers)
            except Refusal as refused:
                return refused.status, refused.body, does
            except (KeyError, ValueError) as error:
                return 400, Refusal(400, "MISSING_REQUIRED_PARAMETER", str(error)).body, does
            if does == Does.BREAKS_AFTER:
                return 500, Refusal(500, "INTERNAL_SERVICE_ERROR", name="INTERNAL_SERVER_ERROR").body, does
            return status, told, does

    def _let_in(self, headers: Mapping[str, str]) -> None:
        ends = self._tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
        if ends is None or ends <= self.account.now():
            raise Refusal(401, "INVALID_TOKEN", "Token signature verification failed")

    def _end_tokens(self) -> None:
        self._tokens.clear()

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], raw: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Any]:
        does, ids, kept = api.call(method, path)
        key = headers.get("paypal-request-id", "")
        place, asked = (method, path, key), _compared(path, raw)
        if key and kept and (before := self._repeated(place, asked, kept)):
            return before
        self.account.work()
        try:
            status, told = does(self.account, api.Asked(ids, query, raw))
        except Refusal as refused:
            if refused.status != 422 or not (key and kept):
                raise
            status, told = refused.status, refused.body  # a repetition is told the same
        if status == 201 and headers.get("prefer") != "return=representation" and path.startswith(_MINIMAL):
            told = api.minimal(told)
        if key and kept:
            self._answered[place] = (asked, status, told, self.account.now())
        return status, told

    def _repeated(self, place: tuple[str, str, str], asked: str, kept: timedelta) -> tuple[int, Any] | None:
        """What was answered under a key while it is kept.

        :raises Refusal: it was another request
        """
        if place not in self._answered:
            return None
        before, status, told, when = self._answered[place]
        if when + kept <= self.account.now():
            return None
        if before != asked:
            raise Refusal(422, "DUPLICATE_REQUEST_ID", "The value of PayPal-Request-Id header was already used.")
        return (200 if status == 201 else status), told

    async def _controlled(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405)
        name = request.url.path.removeprefix("/control/")
        return await controlled(request, self.control, name=name, lock=self.lock, refusal=Refusal)

    async def _page(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        is_post = request.method == "POST"
        with self.lock:
            self.account.work()
            try:
                shown = self._shown(request, form if is_post else {})
            except Refusal as refusal:
                return HTMLResponse(pages.gone(str(refusal)), status_code=404)
        if shown.leads_to:
            return RedirectResponse(shown.leads_to, status_code=303)
        return HTMLResponse(shown.html)

    def _shown(self, request: Request, form: dict[str, str]) -> pages.Shown:
        if request.url.path == "/myaccount/autopay":
            return pages.autopay(self.account, form)
        if request.url.path not in _PAGES:
            raise Refusal(404, "NOT_FOUND", "There is no such page.")
        thing_id = next((request.query_params[name] for name in _NAMES if name in request.query_params), "")
        return pages.page(self.account, thing_id, form)


_MINIMAL: Final = ("/v2/checkout/orders", "/v2/payments/captures", "/v1/billing/")
_BEFORE: Final[dict[Does, Refusal]] = {
    Does.BREAKS: Refusal(503, "SERVICE_UNAVAILABLE", name="SERVICE_UNAVAILABLE"),
    Does.LIMITS: Refusal(429, "RATE_LIMIT_REACHED", name="RATE_LIMIT_REACHED"),
    Does.CONFLICTS: Refusal(422, "PREVIOUS_REQUEST_IN_PROGRESS", name="UNPROCESSABLE_ENTITY"),
}


def _compared(path: str, raw: bytes) -> str:
    """What a repetition must not differ in. When a subscription begins is reckoned from the moment of asking."""
    body = re.sub(rb'"start_time"\s*:\s*"[^"]*"', b"", raw) if path == "/v1/billing/subscriptions" else raw
    return hashlib.sha256(body).hexdigest()
