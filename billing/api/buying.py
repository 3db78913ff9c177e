"""The API's doors to buying credits: what is sold, the provider's page, what became of it, automatic top-ups."""

from typing import Final
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import MemberView
from accounts.models.credentials import Scope
from aiqleads.core.api import documented
from billing import recharge_terms, selectors, services
from billing.models import AutoRecharge, Payment
from billing.providers import choosing
from billing.serializers import (
    AgreeToRechargeSerializer,
    BuyPackSerializer,
    KeepMethodSerializer,
    MethodPageSerializer,
    PacksSerializer,
    PaymentSerializer,
    RechargeSerializer,
)
from billing.views.parts import NOTHING_LEARNT

OFF: Final = {"is_on": False}


class PacksView(MemberView):
    """What credits are sold in, and who takes the money."""

    @extend_schema(responses=documented({200: PacksSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        told = {"packs": selectors.packs_on_offer(), "providers": choosing.offered()}
        return Response(PacksSerializer(told).data)


class BuyPackView(MemberView):
    """The provider's page for a pack."""

    required_scope = Scope.BUY
    needs_idempotency_key = True
    hands_key_on = True

    @extend_schema(
        request=BuyPackSerializer,
        responses=documented({201: PaymentSerializer}, refusals=(400, 401, 403, 409, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Open a page for the buyer to pay on: send them to `checkout_url`. The same key again is the same page.

        Credits are there once the payment is `paid`, whether the buyer comes back or not.
        """
        asked = BuyPackSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        payment = services.start_checkout(
            member=self.membership,
            pack_code=asked.validated_data["pack"],
            provider=asked.validated_data["provider"],
            payment_id=self.key_as_id(request),
        )
        return Response(PaymentSerializer(payment).data, status=status.HTTP_201_CREATED)


class PaymentView(MemberView):
    """One payment."""

    @extend_schema(responses=documented({200: PaymentSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, payment_id: UUID) -> Response:
        """What became of it, asked of the provider while that is not final. One that is away changes nothing."""
        try:
            payment = selectors.access_payment(
                organisation_id=self.membership.organisation_id, payment_id=payment_id
            )
        except Payment.DoesNotExist as error:
            raise Http404 from error
        if not payment.is_final:
            payment = _looked_at(payment)
        return Response(PaymentSerializer(payment).data)


def _looked_at(payment: Payment) -> Payment:
    try:
        return services.look_again(payment.pk)
    except NOTHING_LEARNT:
        return payment


class KeepMethodView(MemberView):
    """A way of paying that a provider keeps, for charges without the buyer."""

    hands_key_on = True

    @extend_schema(
        request=KeepMethodSerializer,
        responses=documented({201: MethodPageSerializer}, refusals=(400, 401, 403, 409, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Open the provider's page on which an owner leaves one: send them to `checkout_url`. Nothing is paid."""
        asked = KeepMethodSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        setup = services.start_setup(
            member=self.membership,
            provider=asked.validated_data["provider"],
            setup_id=self.key_as_id(request),
        )
        return Response(MethodPageSerializer(setup).data, status=status.HTTP_201_CREATED)


class RechargeView(MemberView):
    """Credits that are bought automatically when few are left."""

    sensitive_methods = frozenset({"PUT"})  # it lets the kept card be charged

    def require_role(self) -> None:
        if self.request.method in self.sensitive_methods:
            permissions.require(self.membership, permissions.Action.PAY)

    @extend_schema(responses=documented({200: RechargeSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        """Whether it is on, and on which terms."""
        return self._told()

    @extend_schema(
        request=AgreeToRechargeSerializer,
        responses=documented({200: RechargeSerializer}, refusals=(400, 401, 403, 409, 422, 503)),
    )
    def put(self, request: Request) -> Response:
        """Turn it on, on these terms: what an owner was shown and said yes to is kept with who and when."""
        asked = AgreeToRechargeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        services.agree_to_recharge(member=self.membership, pack_code=said.pop("pack"), **said)
        return self._told()

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request) -> Response:
        """Turn it off at once; again is harmless."""
        services.turn_recharge_off(member=self.membership)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _told(self) -> Response:
        recharge = selectors.find_recharge(self.membership.organisation_id) or AutoRecharge(is_on=False)
        return Response(RechargeSerializer(recharge, context={"version": recharge_terms.VERSION}).data)
