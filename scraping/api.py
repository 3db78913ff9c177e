"""The API's door for suppliers: ``POST intake/`` under a key of their own."""

from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api_access import as_response, idempotency_key_of, reply_of, told
from aiqleads.core import idempotency
from aiqleads.core.api import NeverCached, documented
from aiqleads.core.bodies import LongJSONParser
from aiqleads.core.refusals import Refusal
from scraping import suppliers
from scraping.models import SupplierKey
from scraping.serializers import IntakeLeadSerializer, IntakeReplySerializer, IntakeSerializer
from scraping.throttles import SupplierThrottle

SCHEME: Final = "Supplier"


class InvalidLeads(Refusal):
    """What was sent is no set of leads; ``errors`` says why, field by field."""

    code = "invalid_leads"
    remedy = "Mend what `errors` names, field by field, and send the leads again."


class SupplierAuthentication(BaseAuthentication):
    """``Authorization: Supplier <key>``."""

    def authenticate(self, request: Request) -> tuple[Any, SupplierKey] | None:
        scheme, _, plain = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        key = suppliers.find_key(plain.strip())
        if key is None:
            raise exceptions.AuthenticationFailed("This supplier key opens nothing.")
        return request._request.user, key

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class SupplierScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema shows it."""

    target_class = SupplierAuthentication
    name = "supplierKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Supplier <key>`; operators issue keys, each for one source.",
        }


class HasSupplierKey(BasePermission):
    """Lets in who came with a key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, SupplierKey)


class IntakeView(NeverCached):
    """Leads from suppliers."""

    authentication_classes = (SupplierAuthentication,)
    permission_classes = (HasSupplierKey,)
    throttle_classes = (SupplierThrottle,)
    parser_classes = (LongJSONParser,)
    keeps_replies = True

    @extend_schema(
        request=IntakeSerializer,
        responses=documented({200: IntakeReplySerializer}, refusals=(400, 401, 413, 422)),
        description=(
            f"One lead alone, or up to {suppliers.MAX_LEADS} under `leads`. `id` is your own: the same again "
            "changes nothing, another text under it replaces what was there. With `test` everything is checked and "
            "nothing stored. Each lead has its own outcome and reason; where none can be used the answer is 422, "
            "with `errors` by field."
        ),
    )
    def post(self, request: Request) -> Response:
        key, used = cast("SupplierKey", request.auth), idempotency_key_of(request)
        if used is None:
            return _taken_in(key, request.data)
        reply = idempotency.once(
            actor=f"supplier:{key.pk}",
            key=used,
            asked=f"POST intake {told(request.data)}",
            answer=partial(reply_of, partial(_taken_in, key, request.data)),
        )
        return as_response(reply)


def _taken_in(key: SupplierKey, body: Any) -> Response:
    """What becomes of the leads in ``body``.

    :raises InvalidLeads: none can be used
    """
    is_test, sent = _opened(body)
    leads = [IntakeLeadSerializer(data=item) for item in sent]
    usable = [lead for lead in leads if lead.is_valid()]
    if not usable:
        raise InvalidLeads("No lead can be used; see errors. Nothing was stored.", errors=_errors(leads))
    received = iter(suppliers.receive(key=key, listings=[lead.listing() for lead in usable], is_test=is_test))
    results = [next(received) if lead in usable else _refused(lead) for lead in leads]
    reply = IntakeReplySerializer({"test": is_test, "results": results})
    return Response(reply.data, status=HTTPStatus.OK)


def _opened(body: Any) -> tuple[bool, list[Any]]:
    """Whether it is a test, and the leads that were sent: one alone, a list, or a list under ``leads``.

    :raises InvalidLeads: there is none, there are too many, or ``test`` is neither true nor false
    """
    envelope = body if isinstance(body, dict) else {"leads": body}
    is_test = envelope.get("test", False)
    sent = envelope.get("leads", [{key: value for key, value in envelope.items() if key != "test"}])
    if not isinstance(is_test, bool):
        raise InvalidLeads("Nothing was stored.", errors={"test": ["Must be true or false."]})
    if not isinstance(sent, list) or not 1 <= len(sent) <= suppliers.MAX_LEADS:
        says = f"A list of 1 to {suppliers.MAX_LEADS} leads."
        raise InvalidLeads("Nothing was stored.", errors={"leads": [says]})
    return is_test, sent


def _errors(leads: list[IntakeLeadSerializer]) -> Any:
    return leads[0].errors if len(leads) == 1 else {"leads": [lead.errors for lead in leads]}


def _refused(lead: IntakeLeadSerializer) -> suppliers.Received:
    sent = lead.initial_data if isinstance(lead.initial_data, dict) else {}
    own_id = sent.get("id")
    return suppliers.Received(
        id=own_id[:100] if isinstance(own_id, str) else "",
        outcome="rejected",
        reason="; ".join(_in_words(lead.errors)),
        warnings=(),
    )


def _in_words(errors: Any, field: str = "") -> Iterator[str]:
    """Every error with the field that it is about: ``consent.given_at: This field is required.``"""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _in_words(inner, name if not field or name == "non_field_errors" else f"{field}.{name}")
    else:
        yield from (f"{field}: {told}" for told in errors if not isinstance(told, dict))
