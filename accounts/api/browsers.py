"""The API's doors to the caller's log-ins in browsers; those of programs are with the keys."""

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clients, selectors, services
from accounts.api_access import MemberView
from accounts.serializers_of_log_ins import BrowserSerializer
from aiqleads.core.api import documented


class BrowsersView(MemberView):
    """The browsers that are logged in as the caller."""

    @extend_schema(
        operation_id="me_browsers_list",
        responses=documented({200: BrowserSerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        rows = [
            {
                "id": one.pk,
                "client": clients.in_words(one.user_agent),
                "address": one.ip,
                "created_at": one.created_at,
            }
            for one in selectors.browsers(self.membership.user)
        ]
        return Response(BrowserSerializer(rows, many=True).data)

    @extend_schema(operation_id="me_browsers_end", responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request) -> Response:
        """Log out every browser and every program, the one that asks too."""
        services.log_out_elsewhere(user=self.membership.user, here=None)
        return Response(status=status.HTTP_204_NO_CONTENT)


class BrowserView(MemberView):
    """One browser that is logged in as the caller."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, browser_id: int) -> Response:
        """Log it out."""
        if not services.end_browser(user=self.membership.user, log_in_id=browser_id):
            raise exceptions.NotFound("No browser of yours is logged in so.")
        return Response(status=status.HTTP_204_NO_CONTENT)
