"""The API's doors to plans: what is on offer, what the organisation has, and changing it."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import MemberView
from accounts.models.credentials import Scope
from aiqleads.core.api import documented
from billing import selectors, services
from billing.errors import NotSubscribed
from billing.models import Plan, Subscription
from billing.serializers_of_plans import (
    BegunSerializer,
    NewSubscriptionSerializer,
    PlanChoiceSerializer,
    PlanPreviewSerializer,
    PlanSerializer,
    SubscriptionSerializer,
)


class PlansView(MemberView):
    """The plans that can be had, the cheapest first."""

    @extend_schema(
        operation_id="plans_list", responses=documented({200: PlanSerializer(many=True)}, refusals=(401, 403))
    )
    def get(self, request: Request) -> Response:
        return Response(PlanSerializer(selectors.plans_offered(), many=True).data)


class PlanView(MemberView):
    """Asks a provider, which nobody does inside a transaction: asked for twice, it is done once by its state."""

    required_scope: ClassVar[Scope] = Scope.MANAGE
    keeps_replies: ClassVar[bool] = False

    def told(self, subscription: Subscription | None) -> Response:
        return Response(SubscriptionSerializer(_as_told(subscription)).data)


class SubscriptionView(PlanView):
    """The organisation's plan."""

    sensitive_methods = frozenset({"PATCH"})  # it charges the kept card

    def require_role(self) -> None:
        if self.request.method in self.sensitive_methods:
            permissions.require(self.membership, permissions.Action.PAY)

    @extend_schema(responses=documented({200: SubscriptionSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        return self.told(selectors.find_subscription(self.membership.organisation_id))

    @extend_schema(
        request=NewSubscriptionSerializer,
        responses=documented({201: BegunSerializer}, refusals=(400, 401, 403, 409, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Begin a plan: the buyer goes on at `checkout_url`. The same again leads to the same page."""
        asked = NewSubscriptionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        begun = services.start_subscription(
            member=self.membership,
            plan_code=asked.validated_data["plan"],
            provider=asked.validated_data["provider"],
        )
        return Response(BegunSerializer(begun).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=PlanChoiceSerializer,
        responses=documented({200: SubscriptionSerializer}, refusals=(400, 401, 402, 403, 409, 422, 503)),
    )
    def patch(self, request: Request) -> Response:
        """Change the plan: to a larger one at once, when its difference is paid; else with the next period."""
        asked = PlanChoiceSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self.told(services.change_plan(member=self.membership, plan_code=asked.validated_data["plan"]))


class SubscriptionPreviewView(MemberView):
    """What a change of plan costs."""

    @extend_schema(
        parameters=[PlanChoiceSerializer],
        responses=documented({200: PlanPreviewSerializer}, refusals=(400, 401, 403, 409, 422)),
    )
    def get(self, request: Request) -> Response:
        asked = PlanChoiceSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        subscription = selectors.find_subscription(self.membership.organisation_id)
        if subscription is None:
            raise NotSubscribed("You are on Starter: nothing is changed, a plan is begun.")
        plan = selectors.get_plan(asked.validated_data["plan"])
        return Response(PlanPreviewSerializer(selectors.preview_change(subscription, plan)).data)


_ANSWERS = documented({200: SubscriptionSerializer}, refusals=(401, 402, 403, 409, 503))


class CancelSubscriptionView(PlanView):
    @extend_schema(request=None, responses=_ANSWERS)
    def post(self, request: Request) -> Response:
        """End the plan with the period that is paid for."""
        return self.told(services.cancel_plan(member=self.membership))


class ResumeSubscriptionView(PlanView):
    @extend_schema(request=None, responses=_ANSWERS)
    def post(self, request: Request) -> Response:
        """Take a cancellation or a pause back."""
        return self.told(services.resume_plan(member=self.membership))


class PauseSubscriptionView(PlanView):
    @extend_schema(request=None, responses=_ANSWERS)
    def post(self, request: Request) -> Response:
        """Bill no further period until it is resumed."""
        return self.told(services.pause_plan(member=self.membership))


def _as_told(subscription: Subscription | None) -> dict[str, Any]:
    if subscription is None or subscription.status not in Subscription.LIVE:
        return {
            "plan": Plan.STARTER,
            "status": None,
            "provider": None,
            "period_end": None,
            "next_plan": None,
            "consent_url": None,
            "cancels_at_period_end": False,
            "is_frozen": False,
            "unpaid_bills": [],
        }
    return {
        "plan": subscription.plan.code,
        "status": subscription.status,
        "provider": subscription.provider,
        "period_end": subscription.period_end,
        "next_plan": subscription.next_plan.code if subscription.next_plan else None,
        "consent_url": subscription.consent_url or None,
        "cancels_at_period_end": subscription.cancels_at_period_end,
        "is_frozen": subscription.is_frozen,
        "unpaid_bills": selectors.open_bills(subscription),
    }
