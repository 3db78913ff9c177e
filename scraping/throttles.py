"""How often one address may send a form, and one supplier their leads. Counted in the cache, as the API's are."""

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest
from rest_framework.request import Request

from aiqleads.core.throttles import CountedThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView


class FormThrottle(CountedThrottle):
    """Forms without an account, by address."""

    scope = "form"

    def get_cache_key(self, request: Request, view: "APIView | None") -> str:
        return self.get_ident(request)

    def allow(self, request: HttpRequest) -> bool:
        """Whether this form may be taken; counts it."""
        return bool(self.allow_request(cast("Request", request), cast("APIView", None)))


class CodeThrottle(FormThrottle):
    """Codes that are typed, by address. Each code counts its own wrong tries besides, in the database."""

    scope = "code"


class SupplierThrottle(CountedThrottle):
    """Suppliers, by key."""

    scope = "supplier"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return str(request.auth.pk)
