"""The API's saved searches."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import selectors, services
from marketplace.models import SavedSearch
from marketplace.selectors.searches import as_kept
from marketplace.serializers.searches import SavedSearchSerializer, SearchChangeSerializer


class SavedSearchesView(MemberView):
    """The searches that the member keeps, newest first."""

    @extend_schema(
        operation_id="saved_searches_list",
        responses=documented({200: SavedSearchSerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        return Response(SavedSearchSerializer(selectors.saved_searches(self.membership), many=True).data)

    @extend_schema(
        request=SavedSearchSerializer,
        responses=documented({201: SavedSearchSerializer}, refusals=(400, 401, 403, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Keep a search; the same filters again give it the new name and rhythm."""
        asked = SavedSearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data["search"]
        search = services.save_search(
            member=self.membership,
            name=told.get("name", ""),
            query=told["query"],
            rhythm=SavedSearch.Rhythm(told.get("rhythm", SavedSearch.Rhythm.DAILY)),
        )
        return Response(SavedSearchSerializer(as_kept(search)).data, status=status.HTTP_201_CREATED)


class SavedSearchView(MemberView):
    """One saved search."""

    @extend_schema(
        request=SearchChangeSerializer,
        responses=documented({200: SavedSearchSerializer}, refusals=(400, 401, 403, 404, 503)),
    )
    def patch(self, request: Request, search_id: UUID) -> Response:
        """Change its name or how often it tells."""
        asked = SearchChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rhythm = asked.validated_data.get("rhythm")
        try:
            search = services.change_search(
                member=self.membership,
                search_id=search_id,
                name=asked.validated_data.get("name"),
                rhythm=SavedSearch.Rhythm(rhythm) if rhythm else None,
            )
        except SavedSearch.DoesNotExist as error:
            raise exceptions.NotFound("You keep no such search.") from error
        return Response(SavedSearchSerializer(as_kept(search)).data)

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request, search_id: UUID) -> Response:
        """Forget it; again is harmless."""
        services.delete_search(member=self.membership, search_id=search_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
