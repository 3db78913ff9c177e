"""The API's notifications, and how a member wants to hear of what."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ListSerializer

from accounts.api_access import MemberView
from aiqleads.core.api import CURSOR, documented, page_response
from marketplace import selectors, services
from marketplace.models import Notification, NotificationChoice
from marketplace.serializers.notifications import (
    NotificationChoiceSerializer,
    NotificationPageSerializer,
    NotificationSerializer,
    ReadReplySerializer,
    ReadSerializer,
)

MOST_CHOICES: Final = 100


class NotificationListView(MemberView):
    """What the member was told, newest first."""

    @extend_schema(
        operation_id="notifications_list",
        parameters=[CURSOR],
        responses=documented({200: NotificationPageSerializer}, refusals=(400, 401, 403)),
    )
    def get(self, request: Request) -> Response:
        page = selectors.notification_page(self.membership, cursor=request.query_params.get("cursor"))
        return page_response(request, page, NotificationSerializer(page.results, many=True).data)


class NotificationsReadView(MemberView):
    """That notifications were read."""

    @extend_schema(
        request=ReadSerializer, responses=documented({200: ReadReplySerializer}, refusals=(400, 401, 403, 503))
    )
    def post(self, request: Request) -> Response:
        """Mark the named notifications as read, or all; answers with how many are unread."""
        asked = ReadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.mark_read(membership=self.membership, notification_ids=asked.validated_data.get("ids"))
        unread = selectors.unread_notifications(self.membership)
        return Response(ReadReplySerializer({"unread": unread}).data)


class NotificationChoicesView(MemberView):
    """By which channels the member hears of which kinds."""

    @extend_schema(responses=documented({200: NotificationChoiceSerializer(many=True)}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        return Response(_choices(self.membership.pk))

    @extend_schema(
        request=NotificationChoiceSerializer(many=True),
        responses=documented({200: NotificationChoiceSerializer(many=True)}, refusals=(400, 401, 403, 503)),
    )
    def patch(self, request: Request) -> Response:
        """Change the named choices; the others stay."""
        asked: ListSerializer[Any] = ListSerializer(
            child=NotificationChoiceSerializer(), data=request.data, max_length=MOST_CHOICES
        )
        asked.is_valid(raise_exception=True)
        choices = {
            (Notification.Kind(one["kind"]), NotificationChoice.Channel(one["channel"])): bool(one["is_wanted"])
            for one in asked.validated_data
        }
        services.choose_notifications(membership_id=self.membership.pk, choices=choices)
        return Response(_choices(self.membership.pk))


def _choices(membership_id: UUID) -> Any:
    chosen = selectors.notification_choices(membership_id)
    rows = [
        {"kind": kind, "channel": channel, "is_wanted": is_wanted} for (kind, channel), is_wanted in chosen.items()
    ]
    return NotificationChoiceSerializer(rows, many=True).data
