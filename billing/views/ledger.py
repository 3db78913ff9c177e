"""The credits page: what the organisation has, every entry that made it so, and statements of months as files."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_required
from aiqleads.core import clock, keyset
from aiqleads.core.refusals import Refusal
from billing import documents, selectors
from billing.forms import PackForm
from billing.views import parts

ENTRIES_PER_PAGE: Final = 30
PAYMENTS_SHOWN: Final = 5


@never_cache
@require_safe
@member_required
def credits(request: MemberRequest) -> HttpResponse:  # noqa: A001  (the page's own word)
    return overview(request)


def overview(
    request: MemberRequest,
    *,
    form: PackForm | None = None,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The page of what there is and what there is to buy, with a form that was refused."""
    organisation_id = request.membership.organisation_id
    try:
        page = selectors.statement_page(organisation_id, cursor=request.GET.get("cursor"), size=ENTRIES_PER_PAGE)
    except keyset.BadCursor:
        return redirect("billing:credits")
    holdings = selectors.holdings(organisation_id)
    form = form or PackForm(ways=parts.ways_of_paying(), initial={"payment_id": uuid4()})
    context = {
        "form": form,
        "refusal": refusal,
        "payments": selectors.payments_of(organisation_id).select_related("subscription__plan")[:PAYMENTS_SHOWN],
        "page": page,
        "holdings": holdings,
        "balance": sum(held.credits for held in holdings),
        "owed": selectors.owed_credits(organisation_id),
        "months": selectors.months_with_entries(organisation_id, now=clock.now()),
    }
    return parts.page(request, "billing/credits.html", context, status=status)


@never_cache
@require_safe
@member_required
def statement_as_table(request: MemberRequest) -> HttpResponse:
    return _statement(request, documents.statement_csv)


@never_cache
@require_safe
@member_required
def statement_to_print(request: MemberRequest) -> HttpResponse:
    return _statement(request, documents.statement_pdf)


def _statement(request: MemberRequest, write: Callable[[selectors.Statement], HttpResponse]) -> HttpResponse:
    organisation = request.membership.organisation
    try:
        month = selectors.Month.parse(request.GET.get("month", ""))
    except selectors.NoMonth:
        messages.error(request, "Choose a month for the statement.")
        return redirect("billing:credits")
    return write(
        selectors.monthly_statement(organisation_id=organisation.pk, organisation=organisation.name, month=month)
    )
