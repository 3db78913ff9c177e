"""The API's doors to invoices, and to whom they are made out."""

from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError as Unusable
from django.core.validators import validate_email
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import MemberView
from aiqleads.core.api import CURSOR, documented, page_response
from billing import addresses, selectors, services
from billing.models import Invoice
from billing.views.invoices import as_file

INVOICES_PER_PAGE: Final = 30


class InvoiceSerializer(serializers.Serializer[Any]):
    """An invoice, a credit note that gives back of one, or a correction of a note. It never changes."""

    id = serializers.UUIDField()
    number = serializers.CharField(help_text="Of its year, without a gap: `2026-000123`.")
    kind = serializers.ChoiceField(Invoice.Kind.choices)
    corrects = serializers.SerializerMethodField(
        help_text="The invoice's number, of a credit note; the note's, of a correction."
    )
    issued_at = serializers.DateTimeField()
    net_cents = serializers.IntegerField(help_text="US cents, tax left out.")
    tax_cents = serializers.IntegerField()
    total_cents = serializers.IntegerField()

    def get_corrects(self, issued: Invoice) -> str | None:
        return issued.corrects.number if issued.corrects else None


class InvoicePageSerializer(serializers.Serializer[Any]):
    """A page of invoices, newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = InvoiceSerializer(many=True)


class BillingProfileSerializer(serializers.Serializer[Any]):
    """Whom invoices are made out to, and by which address tax is reckoned."""

    name = serializers.CharField(max_length=120, help_text="A firm, or a person.")
    email = serializers.CharField(
        max_length=254,
        allow_blank=True,
        default="",
        help_text="Where invoices go; empty: to the owner.",
    )
    street = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=80)
    region = serializers.CharField(
        max_length=40, allow_blank=True, default="", help_text="In the United States the state: `TX`."
    )
    postal_code = serializers.CharField(max_length=16, allow_blank=True, default="")
    country = serializers.CharField(max_length=2, default="US", help_text="As ISO 3166 writes it: `US`.")
    tax_id = serializers.CharField(max_length=40, allow_blank=True, default="", help_text="Printed as it is.")

    def validate_email(self, value: str) -> str:
        """An address, or nothing: which no schema says of a text, so it is looked at here."""
        try:
            validate_email(value or "nobody@example.com")
        except Unusable as error:
            raise serializers.ValidationError(error.messages) from error
        return value

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        said = addresses.tidy(attrs)
        if wrong := addresses.wrong_with(said):
            raise serializers.ValidationError({column: [says] for column, says in wrong.items()})
        return said


class _OwnersView(MemberView):
    def require_role(self) -> None:
        permissions.require(self.membership, permissions.Action.SEE_INVOICES)


class InvoicesView(_OwnersView):
    """What the organisation paid, as it is taxed. Owners only."""

    @extend_schema(
        parameters=[CURSOR], responses=documented({200: InvoicePageSerializer}, refusals=(400, 401, 403))
    )
    def get(self, request: Request) -> Response:
        """Invoices and credit notes, newest first."""
        page = selectors.invoice_page(
            self.membership.organisation_id, cursor=request.query_params.get("cursor"), size=INVOICES_PER_PAGE
        )
        return page_response(request, page, InvoiceSerializer(page.results, many=True).data)


class InvoicePagesView(_OwnersView):
    """One invoice, to print or to keep. Owners only."""

    is_file = True

    @extend_schema(
        responses=documented(
            {(200, "application/octet-stream"): OpenApiTypes.BINARY}, refusals=(400, 401, 403, 404)
        )
    )
    def get(self, request: Request, invoice_id: UUID) -> HttpResponse:
        """PDF of US letter size; the same bytes each time."""
        if selectors.find_invoice(self.membership.organisation_id, invoice_id) is None:
            raise Http404
        return as_file(invoice_id, media_type="application/octet-stream")


class BillingProfileView(_OwnersView):
    """Whom invoices are made out to. Owners only."""

    @extend_schema(responses=documented({200: BillingProfileSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request) -> Response:
        """The profile; 404 where nobody said."""
        profile = selectors.find_billing_profile(self.membership.organisation_id)
        if profile is None:
            raise Http404
        return Response(BillingProfileSerializer(profile).data)

    @extend_schema(
        request=BillingProfileSerializer,
        responses=documented({200: BillingProfileSerializer}, refusals=(400, 401, 403)),
    )
    def put(self, request: Request) -> Response:
        """Say it anew, for invoices from now on. What was issued stays as it is."""
        asked = BillingProfileSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        profile = services.write_billing_profile(member=self.membership, said=asked.validated_data)
        return Response(BillingProfileSerializer(profile).data)
