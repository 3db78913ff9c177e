"""A RESO Web API of a listing service: Property records with Data Dictionary names, for bearers of a token."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from scraping.demo.sites.mls_records import EVENT_FIELDS, FIELDS, metadata, records_of
from scraping.demo.sites.odata import LARGEST_TOP, BadQuery, Collection, read_query, selected
from scraping.demo.sites.shelf import FOOTER, Shelf

DISALLOWED = ("/members/",)
_HEADERS = {"OData-Version": "4.0"}
_MEDIA_TYPE = "application/json;odata.metadata=minimal"
_SERVICE = "listing service"

Endpoint = Callable[[Request], Awaitable[Response]]


class Stock(Protocol):
    """Where the records come from."""

    def listings(self, origin: str) -> Collection:
        """The Property records; their pictures stand at ``origin``."""

    def events(self) -> Collection | None:
        """The EntityEvent records; None where the service offers none."""


@dataclass
class Habits:
    """What kind of a service this is; tests change it while it runs.

    :param next_links: ``skip``, a mark of the server's own (``mark``), or ``none``
    :param is_relative: whether next links are
    :param client: id and secret that are changed for a token at ``/oauth/token``; None where tokens are handed out
    :param token_uses: how many requests a changed token is good for
    :param links_media: whether pictures are a resource of their own, to be expanded
    :param refusals: what the next requests are answered with: status, headers and body, or None for the usual
    """

    access_token: str
    next_links: str = "skip"
    is_relative: bool = False
    largest_top: int = LARGEST_TOP
    client: tuple[str, str] | None = None
    token_uses: int = 1_000_000
    refusals: deque[tuple[int, dict[str, str], str] | None] = field(default_factory=deque)
    links_media: bool = False
    tokens: dict[str, int] = field(default_factory=dict)

    def lets_in(self, header: str) -> bool:
        """Whether a request with this ``Authorization`` is answered; a changed token is used up by it."""
        given = header.removeprefix("Bearer ")
        if self.client is None:
            return compare_digest(header.encode(), f"Bearer {self.access_token}".encode())
        left = self.tokens.get(given, 0)
        self.tokens[given] = left - 1
        return left > 0

    def change_for_token(self, client_id: str, client_secret: str) -> str | None:
        """A new token; None for credentials that nobody knows."""
        if (client_id, client_secret) != self.client:
            return None
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = self.token_uses
        return token


class ShelfStock:
    """The bundled world's adverts as records, made once."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._made: dict[str, Collection] = {}

    def listings(self, origin: str) -> Collection:
        if origin not in self._made:
            self._made[origin] = Collection(records_of(self._shelf, origin))
        return self._made[origin]

    def events(self) -> Collection | None:
        return None


def routes(shelf: Shelf, *, access_token: str) -> list[BaseRoute]:
    """The bundled service's addresses; everything below ``/odata/`` asks for ``access_token``."""
    common = shelf.common_routes(disallowed=DISALLOWED, picture_width=800)
    return [*common, *service_routes(ShelfStock(shelf), Habits(access_token=access_token))]


def service_routes(stock: Stock, habits: Habits) -> list[BaseRoute]:
    """The addresses of a service over ``stock``."""
    service = _Service(stock, habits)

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def check(request: Request) -> Response:
            if habits.refusals and (refusal := habits.refusals.popleft()):
                status, headers, body = refusal
                return Response(body, status_code=status, headers=headers)
            if not habits.lets_in(request.headers.get("authorization", "")):
                return _error(401, "Unauthorized", "A valid bearer token is required.")
            return await endpoint(request)

        return check

    return [
        Route("/", service.show_front),
        Route("/oauth/token", service.give_token, methods=["POST"]),
        Route("/odata/", guarded(service.show_root)),
        Route("/odata/$metadata", guarded(service.show_metadata)),
        Route("/odata/Property", guarded(service.list_properties)),
        Route("/odata/EntityEvent", guarded(service.list_events)),
        Route("/odata/Property('{key}')", guarded(service.show_property)),
    ]


class _Service:
    """The endpoints of the Web API over one stock."""

    def __init__(self, stock: Stock, habits: Habits) -> None:
        self._stock = stock
        self._habits = habits

    async def show_front(self, _request: Request) -> Response:
        return HTMLResponse(
            "<!doctype html><title>Tri-Metro Listing Service</title><h1>Tri-Metro Listing Service</h1>"
            '<p>Web API: <a href="/odata/$metadata">/odata/</a></p><p><a href="/members/">Members</a></p>'
            f"<p>{FOOTER}</p>"
        )

    async def give_token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        token = self._habits.change_for_token(form.get("client_id", ""), form.get("client_secret", ""))
        if token is None or form.get("grant_type") != "client_credentials":
            return JSONResponse(
                {"error": "invalid_client", "error_description": "Nobody we know."}, status_code=401
            )
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    async def show_root(self, request: Request) -> Response:
        sets = [{"name": "Property", "kind": "EntitySet", "url": "Property"}]
        return _json({"@odata.context": f"{_root(request)}$metadata", "value": sets})

    async def show_metadata(self, _request: Request) -> Response:
        described = metadata(has_events=self._stock.events() is not None, links_media=self._habits.links_media)
        return Response(described, media_type="application/xml", headers=_HEADERS)

    async def list_properties(self, request: Request) -> Response:
        return self._list(request, "Property", self._stock.listings(_origin(request)), FIELDS)

    async def list_events(self, request: Request) -> Response:
        events = self._stock.events()
        if events is None:
            return _error(404, "NotFound", "This service offers no events.")
        return self._list(request, "EntityEvent", events, frozenset(EVENT_FIELDS))

    def _list(self, request: Request, name: str, collection: Collection, fields: frozenset[str]) -> Response:
        options = dict(request.query_params)
        try:
            query = read_query(_unmarked(options), fields=fields, largest_top=self._habits.largest_top)
            found = collection.find(query)
        except BadQuery as fault:
            return _error(400, "BadRequest", str(fault), target=fault.target)
        page: dict[str, object] = {"@odata.context": f"{_root(request)}$metadata#{name}"}
        if found.total is not None:
            page["@odata.count"] = found.total
        page["value"] = [selected(record, query) for record in found.records]
        if found.records and found.has_more and self._habits.next_links != "none":
            onward = self._onward(options, query.skip + len(found.records))
            page["@odata.nextLink"] = f"{'' if self._habits.is_relative else _root(request)}{name}?{onward}"
        return _json(page)

    def _onward(self, options: dict[str, str], reached: int) -> str:
        option = "$skip" if self._habits.next_links == "skip" else "$skiptoken"
        kept = {name: value for name, value in options.items() if name not in {"$skip", "$skiptoken"}}
        return urlencode({**kept, option: str(reached)}, safe="$")

    async def show_property(self, request: Request) -> Response:
        key = request.path_params["key"]
        only = {"$filter": f"ListingKey eq '{key.replace(chr(39), 2 * chr(39))}'"}
        for record in self._stock.listings(_origin(request)).find(read_query(only, fields=FIELDS)).records:
            return _json({"@odata.context": f"{_root(request)}$metadata#Property/$entity", **record})
        return _error(404, "NotFound", f"There is no Property with the key {key!r}.")


def _unmarked(options: dict[str, str]) -> dict[str, str]:
    """The server's own mark is how many records lie behind; nobody else needs to know."""
    mark = options.get("$skiptoken")
    return {**options, "$skip": mark} if mark is not None else options


def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _root(request: Request) -> str:
    return f"{request.base_url}odata/"


def _json(content: object, *, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        content, status_code=status_code, media_type=_MEDIA_TYPE, headers={**_HEADERS, **(headers or {})}
    )


def _error(status_code: int, code: str, message: str, *, target: str | None = None) -> Response:
    error: dict[str, object] = {"code": code, "message": message, "target": target, "details": []}
    headers = {"WWW-Authenticate": f'Bearer realm="{_SERVICE}"'} if status_code == 401 else None
    return _json({"error": error}, status_code=status_code, headers=headers)
