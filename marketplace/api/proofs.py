"""The API's proof of how often a lead was sold."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from aiqleads.core import signatures
from aiqleads.core.api import NeverCached, documented
from aiqleads.core.throttles import AnonymousThrottle
from marketplace import proof_checks, selectors
from marketplace.api.leads import NO_SUCH_LEAD
from marketplace.models import Listing
from marketplace.serializers.proofs import BroughtProofSerializer, CheckedProofSerializer, ProofSerializer


class ProofView(NeverCached):
    """How often a lead was ever sold, signed, open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=documented({200: ProofSerializer}, refusals=(401, 404)))
    def get(self, request: Request, lead_id: UUID) -> Response:
        try:
            return Response(signatures.sign(selectors.sale_statement(lead_id)))
        except Listing.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_LEAD) from error


class CheckProofView(NeverCached):
    """Checking a proof, open to everybody. `/proof/keys/` has what it takes to do so without us."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (AnonymousThrottle,)

    @extend_schema(
        request=BroughtProofSerializer,
        responses=documented({200: CheckedProofSerializer}, refusals=(400, 422)),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Whether we signed it, and what we would state today of the same lead."""
        asked = BroughtProofSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(CheckedProofSerializer(proof_checks.check(asked.validated_data["proof"])).data)
