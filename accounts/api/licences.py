"""The licences of the member who asks."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import licences, selectors, services
from accounts.api_access import MemberView
from accounts.models import Licence
from aiqleads.core.api import documented


class NewLicenceSerializer(serializers.Serializer[Any]):
    """A licence as its agent writes it down."""

    state_code = serializers.ChoiceField(list(licences.STATES.items()))
    number = serializers.CharField(max_length=licences.LONGEST_NUMBER)
    expires_on = serializers.DateField(help_text="Its last day.")


class LicenceSerializer(serializers.Serializer[Any]):
    """A licence, and what came of its check. Homes of a state are bought while its licence is verified."""

    id = serializers.UUIDField()
    state_code = serializers.CharField()
    number = serializers.CharField()
    expires_on = serializers.DateField(help_text="Its last day.")
    state = serializers.ChoiceField(Licence.State.choices)
    why = serializers.CharField(help_text="Why it was refused; empty otherwise.")
    added_at = serializers.DateTimeField()
    checked_at = serializers.DateTimeField(allow_null=True)


class LicencesView(MemberView):
    """The states in which the member is licensed."""

    @extend_schema(responses=documented({200: LicenceSerializer(many=True)}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        """All but those that a later one replaced, by state."""
        return Response(LicenceSerializer(selectors.licences(self.membership.user), many=True).data)

    @extend_schema(
        request=NewLicenceSerializer,
        responses=documented({201: LicenceSerializer}, refusals=(400, 401, 403, 422)),
    )
    def post(self, request: Request) -> Response:
        """Write one down; it is checked before it counts. A renewal leaves the earlier one valid until then."""
        asked = NewLicenceSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        licence = services.add_licence(user=self.membership.user, **asked.validated_data)
        return Response(LicenceSerializer(licence).data, status=status.HTTP_201_CREATED)
