"""The API's territories."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from accounts.models import Membership
from aiqleads.core.api import documented
from marketplace import selectors, services
from marketplace.models import Territory
from marketplace.serializers.territories import TerritorySerializer

NO_SUCH_TERRITORY: Final = "Your organisation has no such territory."


class TerritoriesView(MemberView):
    """The organisation's territories, by name."""

    @extend_schema(
        operation_id="territories_list",
        responses=documented({200: TerritorySerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        owned = selectors.territories(self.membership.organisation_id)
        return Response(TerritorySerializer(owned, many=True).data)

    @extend_schema(
        request=TerritorySerializer,
        responses=documented({201: TerritorySerializer}, refusals=(400, 401, 403, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Own one more. It counts for leads that are listed from now on."""
        asked = TerritorySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        territory = _keep(services.own_territory, asked, member=self.membership)
        return Response(TerritorySerializer(territory).data, status=status.HTTP_201_CREATED)


class TerritoryView(MemberView):
    """One territory of the organisation's."""

    @extend_schema(responses=documented({200: TerritorySerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, territory_id: UUID) -> Response:
        return Response(TerritorySerializer(self._territory(territory_id)).data)

    @extend_schema(
        request=TerritorySerializer(partial=True),
        responses=documented({200: TerritorySerializer}, refusals=(400, 401, 403, 404, 422, 503)),
    )
    def patch(self, request: Request, territory_id: UUID) -> Response:
        """Change what is named. New ground counts for leads that are listed from now on."""
        asked = TerritorySerializer(self._territory(territory_id), data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        changed = _keep(services.change_territory, asked, member=self.membership, territory_id=territory_id)
        return Response(TerritorySerializer(changed).data)

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 422, 503)))
    def delete(self, request: Request, territory_id: UUID) -> Response:
        """Give it up; again is harmless."""
        services.give_up_territory(member=self.membership, territory_id=territory_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _territory(self, territory_id: UUID) -> Territory:
        try:
            return selectors.access_territory(viewer=self.membership, territory_id=territory_id)
        except Territory.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_TERRITORY) from error


def _keep(service: Any, asked: TerritorySerializer, **who: Any) -> Territory:
    """Have a service write what was asked; what was not said stays, or is the default."""
    said, known = asked.validated_data, asked.instance
    try:
        written: Territory = service(
            **who,
            name=said.get("name", known.name if known else ""),
            ground=asked.ground(said),
            holder_id=said.get("membership_id", known.membership_id if known else None),
            has_early_access=said.get("has_early_access", known.has_early_access if known else True),
        )
    except Membership.DoesNotExist as error:
        raise exceptions.ValidationError({"member": ["Your organisation has no such member."]}) from error
    return written
