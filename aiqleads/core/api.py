"""What every part of the REST API shares: cursor pages, documented problems, unknown addresses."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.utils.cache import add_never_cache_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aiqleads.core import problems, sparse
from aiqleads.core.answers import finish
from aiqleads.core.deprecation import leave_of
from aiqleads.core.keyset import Page
from aiqleads.core.throttles import AnonymousThrottle

RELATIONS: Final = {"next": "next", "previous": "prev"}
"""What a page's neighbours are called in ``Link``."""
CURSOR: Final = OpenApiParameter("cursor", OpenApiTypes.STR, description="As given in `next` or `previous`.")


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details. A refusal may add facts of its own, such as `until` or `needed_credits`."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="The stable word for programs.")
    detail = serializers.CharField(help_text="A sentence for people.")
    until = serializers.DateTimeField(required=False, allow_null=True)
    needed_credits = serializers.IntegerField(required=False)
    balance_credits = serializers.IntegerField(required=False)
    how = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="How to prove who you are: `otp`, `code`."
    )
    retry_after_seconds = serializers.IntegerField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """``errors`` is a property of every serializer, so this member cannot be declared as an attribute."""
        per_field = serializers.DictField(required=False, help_text="Per field, on invalid input.")
        return {**super().get_fields(), "errors": per_field}


def documented(answers: Mapping[Any, Any], *, refusals: tuple[int, ...] = ()) -> dict[Any, Any]:
    """The responses of an operation for the schema: its answers, ``refusals`` and those that anybody can get.

    :param answers: by status, or by status and media type
    """
    statuses = sorted({*refusals, 429})
    return {**answers, **{(code, problems.CONTENT_TYPE): ProblemSerializer for code in statuses}}


def page_response(request: Request, page: Page[Any], rows: Any) -> Response:
    """``{"next", "previous", "results"}`` with absolute addresses; ``rows`` are the page's, serialised.

    The addresses stand in ``Link`` as well (RFC 8288), for programs that follow any site's pages.
    """
    told = {"next": _address(request, page.next), "previous": _address(request, page.previous)}
    links = ", ".join(f'<{told[name]}>; rel="{rel}"' for name, rel in RELATIONS.items() if told[name])
    return Response({**told, "results": rows}, headers={"Link": links} if links else None)


def _address(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


FIELDS: Final = "fields"


class NeverCached(APIView):
    """A view whose answers depend on who asks: nothing between the two may keep them.

    :cvar is_compressed: False where an answer holds what is secret
    :cvar is_file: True where GET answers with a file, of which no fields can be chosen
    """

    is_compressed: ClassVar[bool] = True
    is_file: ClassVar[bool] = False

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        is_told = (
            isinstance(response, Response) and response.status_code == 200 and request.method in {"GET", "HEAD"}
        )
        if is_told:
            response = _sparse(request, response)
        answer = super().finalize_response(request, response, *args, **kwargs)
        if is_told:
            plain, may_compress = request._request, self.is_compressed
            answer.add_post_render_callback(lambda told: finish(plain, told, may_compress=may_compress))
        counted = getattr(request, "counted", None)
        if counted:
            for name, told in counted.headers().items():
                answer.headers[name] = told
        add_never_cache_headers(answer)
        if leave := leave_of(getattr(self, (request.method or "").lower(), None)):
            leave.put_on(answer)
        return answer


def _sparse(request: Request, response: Response) -> Response:
    """Of the answer what ``?fields=`` names, or a problem that names what it does not have."""
    try:
        tree = sparse.tree_of(request.query_params.get(FIELDS, ""))
        if tree:
            response.data = sparse.pruned(response.data, tree)
    except sparse.UnknownFields as unknown:
        says = [f'This answer has no "{name}".' for name in unknown.args[0]]
        detail = "Some fields cannot be used; see errors."
        return problems.problem(status=400, code="invalid", detail=detail, errors={FIELDS: says})
    return response


class UnknownAddress(APIView):
    """Everything under the API that nothing answers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (AnonymousThrottle,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound("There is nothing at this address.")
