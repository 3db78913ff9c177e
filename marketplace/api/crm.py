"""The API's comparison of a CRM's contacts with what is on offer."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from aiqleads.core.bodies import LongJSONParser
from marketplace import selectors, services
from marketplace.crm_rows import read_items
from marketplace.serializers.crm import CrmPushSerializer, CrmUploadSerializer


class CrmMatchesView(MemberView):
    """Which leads the organisation has in its own CRM already."""

    parser_classes = (LongJSONParser,)

    @extend_schema(
        operation_id="crm_matches_list",
        responses=documented({200: CrmUploadSerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        """The last ten uploads, newest first."""
        return Response(CrmUploadSerializer(selectors.crm_uploads(self.membership), many=True).data)

    @extend_schema(
        request=CrmPushSerializer,
        responses=documented({201: CrmUploadSerializer}, refusals=(400, 401, 403, 413, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Compare up to 20,000 contacts, once a day; nothing of them is kept but which leads they matched."""
        asked = CrmPushSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        contacts = read_items(asked.validated_data["contacts"])
        upload = services.compare_crm(member=self.membership, contacts=contacts)
        return Response(CrmUploadSerializer(upload).data, status=status.HTTP_201_CREATED)
