"""The API's doors to take one's own data along and to close one's account."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api_access import MemberView
from aiqleads.core.api import documented


class AccountExportView(MemberView):
    """Everything that is kept of the caller. Asks for `X-Step-Up`."""

    sensitive_methods = frozenset({"GET"})
    is_file = True

    @extend_schema(
        operation_id="account_export",
        responses=documented({(200, "application/octet-stream"): OpenApiTypes.BINARY}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> HttpResponse:
        """A ZIP archive with one JSON file for each kind of thing, made at once and kept nowhere."""
        archive = services.export_account(user=self.membership.user)
        named = {"Content-Disposition": 'attachment; filename="aiqleads-account.zip"'}
        return HttpResponse(archive, content_type="application/octet-stream", headers=named)


class AccountView(MemberView):
    """The caller's account."""

    sensitive_methods = frozenset({"DELETE"})

    @extend_schema(operation_id="account_close", responses=documented({204: None}, refusals=(401, 403, 422, 503)))
    def delete(self, request: Request) -> Response:
        """Close it for good, which ends every log-in. What was bought stays with the organisation."""
        services.close_account(user=self.membership.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
