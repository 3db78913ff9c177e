"""The API's webhooks: kept, changed, tested, and what was delivered to each. For owners alone."""

from typing import Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import CURSOR, documented, page_response
from marketplace import selectors, services
from marketplace.models import Receiver
from marketplace.serializers.deliveries import (
    DeliveryLogPageSerializer,
    DeliveryLogSerializer,
    NewWebhookSerializer,
    ReplayedSerializer,
    WebhookChangeSerializer,
    WebhookSerializer,
    WebhookWishSerializer,
)

CHANGES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Where leads are sent is changed by whoever proved of late who they are."""


class OwnerView(MemberView):
    """A view for the owners of an organisation: 403 for its other members."""

    def require_role(self) -> None:
        services.require_owner(self.membership)

    def find_webhook(self, receiver_id: UUID) -> Receiver:
        """The webhook of the caller's organisation, or 404."""
        try:
            return selectors.access_webhook(viewer=self.membership, receiver_id=receiver_id)
        except Receiver.DoesNotExist as error:
            raise exceptions.NotFound("Your organisation has no such webhook.") from error


class WebhooksView(OwnerView):
    """The webhooks of the organisation, the oldest first."""

    sensitive_methods = CHANGES

    @extend_schema(
        operation_id="webhooks_list",
        responses=documented({200: WebhookSerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        return Response(WebhookSerializer(selectors.webhooks(self.membership), many=True).data)

    @extend_schema(
        request=WebhookWishSerializer,
        responses=documented({201: NewWebhookSerializer}, refusals=(400, 401, 403, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Keep a webhook. The answer holds its secret, which is never told again."""
        asked = WebhookWishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        receiver = services.add_webhook(member=self.membership, **asked.validated_data)
        return Response(NewWebhookSerializer(receiver).data, status=status.HTTP_201_CREATED)


class WebhookView(OwnerView):
    """One webhook."""

    sensitive_methods = CHANGES

    @extend_schema(responses=documented({200: WebhookSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, receiver_id: UUID) -> Response:
        return Response(WebhookSerializer(self.find_webhook(receiver_id)).data)

    @extend_schema(
        request=WebhookChangeSerializer,
        responses=documented({200: WebhookSerializer}, refusals=(400, 401, 403, 404, 422, 503)),
    )
    def patch(self, request: Request, receiver_id: UUID) -> Response:
        """Change its address or events, or switch it off, which gives up what waits for it, and on again."""
        self.find_webhook(receiver_id)
        asked = WebhookChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        receiver = services.change_webhook(member=self.membership, receiver_id=receiver_id, **asked.validated_data)
        return Response(WebhookSerializer(receiver).data)

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, receiver_id: UUID) -> Response:
        """Remove it and forget its secret. What was delivered to it stays in the purchases' logs."""
        self.find_webhook(receiver_id)
        services.remove_receiver(member=self.membership, receiver_id=receiver_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookSecretView(OwnerView):
    """A new secret for a webhook."""

    sensitive_methods = CHANGES

    @extend_schema(request=None, responses=documented({200: NewWebhookSerializer}, refusals=(401, 403, 404, 503)))
    def post(self, request: Request, receiver_id: UUID) -> Response:
        """Change the secret. For a day every message is signed with both, the new one first."""
        self.find_webhook(receiver_id)
        receiver = services.rotate_secret(member=self.membership, receiver_id=receiver_id)
        return Response(NewWebhookSerializer(receiver).data)


class WebhookTestView(OwnerView):
    """A test of a webhook."""

    @extend_schema(
        request=None, responses=documented({202: DeliveryLogSerializer}, refusals=(401, 403, 404, 422, 429, 503))
    )
    def post(self, request: Request, receiver_id: UUID) -> Response:
        """Send `webhook.test`, once. Its answer stands in the deliveries a moment later."""
        self.find_webhook(receiver_id)
        delivery = services.test_webhook(member=self.membership, receiver_id=receiver_id)
        return Response(DeliveryLogSerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


class WebhookReplayView(OwnerView):
    """Everything that a webhook did not take, once more."""

    @extend_schema(
        request=None, responses=documented({202: ReplayedSerializer}, refusals=(401, 403, 404, 409, 503))
    )
    def post(self, request: Request, receiver_id: UUID) -> Response:
        """Send again what was given up within 30 days, each under its own id."""
        self.find_webhook(receiver_id)
        again = services.replay_given_up(receiver_id=receiver_id, buyer=self.membership)
        return Response(ReplayedSerializer({"deliveries": again}).data, status=status.HTTP_202_ACCEPTED)


class WebhookDeliveriesView(OwnerView):
    """What was delivered to a webhook, newest first, with every try."""

    @extend_schema(
        operation_id="webhooks_deliveries_list",
        parameters=[CURSOR],
        responses=documented({200: DeliveryLogPageSerializer}, refusals=(400, 401, 403, 404)),
    )
    def get(self, request: Request, receiver_id: UUID) -> Response:
        receiver = self.find_webhook(receiver_id)
        page = selectors.delivery_page(receiver, cursor=request.query_params.get("cursor"))
        return page_response(request, page, DeliveryLogSerializer(page.results, many=True).data)
