"""Asking PayPal: one connection pool for the SDK and for what the SDK does not reach, bounded in time.

The SDK composes the requests of orders, payments, vault, subscriptions and search; its own HTTP client is
replaced by this one, because its hosts are fixed, and because a broken connection has to be told from one that
never was. Nothing is asked twice here but after a token that ended early: whoever calls asks again with the same
key.
"""

import ipaddress
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import httpx
from apimatic_core.http.response.http_response import HttpResponse
from paypalserversdk.configuration import Configuration
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.models.o_auth_token import OAuthToken
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from billing.providers.paypal.shapes import Fault, Read, Token, parsed
from billing.providers.port import (
    KeyConflict,
    NotFound,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
)

LIVE: Final = "https://api-m.paypal.com"
TEST: Final = "https://api-m.sandbox.paypal.com"
CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 10.0
EARLIER_SECONDS: Final = 60.0
"""A token is renewed so long before it ends: the clocks may differ, and the request takes its time."""
_TOKEN_PATH: Final = "/v1/oauth2/token"  # noqa: S105 - a path
_DECLINED: Final = "PayPal declined the payment. Please choose another way of paying at PayPal, or pay by card."
_SAYS: Final[Mapping[str, str]] = {
    "INSTRUMENT_DECLINED": _DECLINED,
    "PAYER_CANNOT_PAY": _DECLINED,
    "TRANSACTION_REFUSED": _DECLINED,
    "PAYER_ACTION_REQUIRED": "PayPal asks you to confirm the payment there once more.",
    "ORDER_NOT_APPROVED": "The payment was not confirmed at PayPal.",
    "CAPTURE_FULLY_REFUNDED": "The payment was already refunded.",
    "REFUND_AMOUNT_EXCEEDED": "More would go back than was paid.",
}
_KEY_WAS_USED: Final = frozenset({"DUPLICATE_REQUEST_ID", "PAYPAL_REQUEST_ID_PREVIOUSLY_USED"})
"""How its parts say that a request id belongs to another request. Orders may answer with the first one instead."""
_IN_PROGRESS: Final = frozenset({"PREVIOUS_REQUEST_IN_PROGRESS", "RESOURCE_CONFLICT", "INTERNAL_SERVICE_ERROR"})


def is_address(url: str) -> bool:
    """Whether this is one of PayPal's own addresses, or http on this machine for the stand-in."""
    parts = urlsplit(url)
    if url in (LIVE, TEST):
        return True
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An application's at PayPal, and the id under which it listens to events."""

    client_id: str
    client_secret: str
    webhook_id: str


class Wire:
    """The way to PayPal, shared by all threads of a process."""

    http: httpx.Client
    sdk: Any
    _token: Token | None
    _token_ends: float
    """By the machine's steady clock: it only spares a question."""

    def __init__(self, credentials: Credentials, *, base_url: str = TEST) -> None:
        if not is_address(base_url):
            raise ValueError("PAYPAL_API_BASE is PayPal's own address, or the stand-in's on this machine")
        self.base_url = base_url.rstrip("/")
        self.credentials = credentials
        self._begin()
        _wires.add(self)

    @property
    def is_stand_in(self) -> bool:
        """Whether this is not PayPal."""
        return self.base_url not in (LIVE, TEST)

    @property
    def site(self) -> str:
        """Where people go: the address without the part that is for programs."""
        return self.base_url.replace("https://api-m.", "https://www.")

    def ask(
        self,
        kind: type[Read],
        method: str,
        path: str,
        *,
        key: str = "",
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Read:
        """Ask what the SDK does not reach.

        :param key: sent as ``PayPal-Request-Id``
        :param content: JSON
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key:
            headers["PayPal-Request-Id"] = key
        answer = self.send(method, self.base_url + path, headers=headers, query=query, content=content)
        return parsed(kind, answer.text)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        content: bytes | str | None = None,
    ) -> httpx.Response:
        """The answer to one request, once it is a good one.

        :raises ProviderRefused: 422, with PayPal's word
        :raises NotFound: 404
        :raises ProviderUnreachable: none came, or 409, 429 or 5xx
        :raises KeyConflict: the key was used for another request
        :raises ProviderMisunderstood: every other one
        """
        answer = self._once(method, url, headers, query, content)
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # it ended before its time: nothing was done
            self._token = None
            answer = self._once(method, url, headers, query, content)
        if not answer.is_success:
            refuse(answer)
        return answer

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None,
        content: bytes | str | None,
    ) -> httpx.Response:
        with_token = {**headers, "Authorization": f"Bearer {self._access_token()}"}
        try:
            return self.http.request(method, url, headers=with_token, params=query, content=content)
        except httpx.HTTPError as error:
            raise unreachable(error) from error

    def _access_token(self) -> str:
        with self._renewing:
            token = self._token
            if token is None or time.monotonic() >= self._token_ends:
                token = self._token = self._fetch_token()
                self._token_ends = time.monotonic() + token.expires_in - EARLIER_SECONDS
            return token.access_token

    def _fetch_token(self) -> Token:
        credentials = (self.credentials.client_id, self.credentials.client_secret)
        try:
            answer = self.http.post(
                self.base_url + _TOKEN_PATH, auth=credentials, data={"grant_type": "client_credentials"}
            )
        except httpx.HTTPError as error:
            raise ProviderUnreachable(type(error).__name__, may_have_acted=False) from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise ProviderMisunderstood("PayPal does not know PAYPAL_CLIENT_ID with PAYPAL_CLIENT_SECRET")
        if not answer.is_success:
            raise ProviderUnreachable(f"no token: {answer.status_code}", may_have_acted=False)
        return parsed(Token, answer.text)

    def _begin(self) -> None:
        """Open the connections; anew in a forked process, which must not share its parent's connections or wait
        for its threads.
        """
        self._renewing = threading.Lock()
        self._token = None
        self._token_ends = 0.0
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        self.http = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=not self.is_stand_in)
        self.sdk = PaypalServersdkClient(config=_Routed(self))

    def close(self) -> None:
        """Let the connections go."""
        self.http.close()


class OnTheWire:
    """What each part of the port works with: the way to PayPal, and what time it is."""

    def __init__(self, credentials: Credentials, *, now: Callable[[], datetime], base_url: str = TEST) -> None:
        self.wire = Wire(credentials, base_url=base_url)
        self.now = now


class _Routed(Configuration):  # type: ignore[misc]  # the SDK has no types
    """The SDK's configuration, with our address and our connections instead of its own."""

    def __init__(self, wire: Wire) -> None:
        self._wire = weakref.proxy(wire)
        never_sent = OAuthToken(access_token="set-by-the-wire", token_type="Bearer")  # noqa: S106 - a placeholder
        super().__init__(
            client_credentials_auth_credentials=ClientCredentialsAuthCredentials("-", "-", o_auth_token=never_sent)
        )

    def create_http_client(self) -> "_Connections":
        return _Connections(self._wire)

    def get_base_uri(self, server: Any = None) -> str:
        return str(self._wire.base_url)


class _Connections:
    """What the SDK sends its requests through."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def execute(self, request: Any, endpoint_configuration: Any) -> HttpResponse:
        headers = {name: str(value) for name, value in request.headers.items() if value is not None}
        answer = self._wire.send(
            str(request.http_method),
            request.query_url,
            headers=headers,
            content=request.parameters or None,
        )
        return HttpResponse(answer.status_code, answer.reason_phrase, answer.headers, answer.text, request)


def unreachable(error: httpx.HTTPError) -> ProviderUnreachable:
    """A request that got no answer, and whether it left."""
    never_left = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return ProviderUnreachable(type(error).__name__, may_have_acted=not never_left)


def refuse(answer: httpx.Response) -> NoReturn:
    """Raise what an answer that is no good one means."""
    fault = _fault(answer)
    code = fault.details[0].issue if fault.details and fault.details[0].issue else fault.name
    told = f"{answer.status_code} {code} {fault.debug_id}".strip()
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise NotFound(code or "RESOURCE_NOT_FOUND", "PayPal knows no such object.")
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise ProviderUnreachable(told, may_have_acted=False)
    if answer.is_server_error or answer.status_code == httpx.codes.CONFLICT or code in _IN_PROGRESS:
        raise ProviderUnreachable(told, may_have_acted=True)
    if code in _KEY_WAS_USED:
        raise KeyConflict(told)
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        raise ProviderRefused(code, _SAYS.get(code, "PayPal refused this. Please try again, or pay by card."))
    raise ProviderMisunderstood(told)


def _fault(answer: httpx.Response) -> Fault:
    try:
        return parsed(Fault, answer.text)
    except ProviderMisunderstood:
        return Fault()  # a page of something between us and PayPal


_wires: "weakref.WeakSet[Wire]" = weakref.WeakSet()


def _begin_anew() -> None:
    for wire in list(_wires):
        wire._begin()


os.register_at_fork(after_in_child=_begin_anew)
