"""The API's proof of how often a lead was sold."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from aiqleads.core import signatures
from aiqleads.core.api import NeverCached, documented
from marketplace import selectors
from marketplace.api.leads import NO_SUCH_LEAD
from marketplace.models import Listing
from marketplace.serializers.proofs import ProofSerializer


class ProofView(NeverCached):
    """How often a lead was ever sold, signed, open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=documented({200: ProofSerializer}, refusals=(401, 404)))
    def get(self, request: Request, lead_id: UUID) -> Response:
        try:
            return Response(signatures.sign(selectors.sale_statement(lead_id)))
        except Listing.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_LEAD) from error
