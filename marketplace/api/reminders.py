"""The API's reminders: what the member's plans have them do today."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import selectors, services
from marketplace.models import FollowUp
from marketplace.serializers.engagement import FollowUpSerializer
from marketplace.serializers.reminders import ChangeReminderSerializer, ReminderSerializer


class RemindersView(MemberView):
    """Steps that are due before the member's day ends, and those of the week before that nobody did."""

    @extend_schema(responses=documented({200: ReminderSerializer(many=True)}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        due = [one.step for one in selectors.steps_today(self.membership)]
        return Response(ReminderSerializer(due, many=True).data)


class ReminderView(MemberView):
    """One step of a plan."""

    @extend_schema(
        request=ChangeReminderSerializer,
        responses=documented({200: FollowUpSerializer}, refusals=(400, 401, 403, 404, 422, 503)),
    )
    def post(self, request: Request, step_id: UUID) -> Response:
        """Note it as done, skip it, or put it off to the owner's next day."""
        asked = ChangeReminderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        action = services.Action(asked.validated_data["action"])
        try:
            step = services.change_step(step_id=step_id, member=self.membership, action=action)
        except FollowUp.DoesNotExist as error:
            raise exceptions.NotFound("Your organisation has no such step.") from error
        return Response(FollowUpSerializer(step).data)
