"""The API's devices: telephones that the member is told on."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import selectors, services
from marketplace.models import Device
from marketplace.serializers.devices import DeviceSerializer, RegisterDeviceSerializer


class DevicesView(MemberView):
    """Where the member is told, beside the page and their mailbox."""

    @extend_schema(responses=documented({200: DeviceSerializer(many=True)}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        """The member's own devices, the newest first."""
        return Response(DeviceSerializer(selectors.devices(self.membership), many=True).data)

    @extend_schema(
        request=RegisterDeviceSerializer,
        responses=documented({201: DeviceSerializer}, refusals=(400, 401, 403, 503)),
    )
    def post(self, request: Request) -> Response:
        """Register a device; the same token again renews it, whoever registered it before."""
        asked = RegisterDeviceSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        device = services.register_device(
            member=self.membership,
            token=asked.validated_data["token"],
            platform=Device.Platform(asked.validated_data["platform"]),
            name=asked.validated_data["name"],
        )
        return Response(DeviceSerializer(device).data, status=status.HTTP_201_CREATED)


class DeviceView(MemberView):
    """One of the member's devices."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, device_id: UUID) -> Response:
        """Tell the member on it no more."""
        try:
            services.forget_device(member=self.membership, device_id=device_id)
        except Device.DoesNotExist as error:
            raise exceptions.NotFound("You have no such device.") from error
        return Response(status=status.HTTP_204_NO_CONTENT)
