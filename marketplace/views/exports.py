"""What an organisation bought, as a file."""

from collections.abc import AsyncIterator
from typing import Final

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import step_up
from accounts.access import MemberRequest, member_required
from accounts.models import Membership
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import errors, purchase_table, services

FILE_NAME: Final = "aiqleads-purchases.csv"


@never_cache
@require_safe
@member_required
@step_up.required
def export_purchases(request: MemberRequest) -> StreamingHttpResponse | HttpResponse:
    try:
        return table_of_purchases(request.membership)
    except (Refusal, LockTimeout) as error:
        messages.error(request, str(errors.as_refusal(error)))
        return redirect("marketplace:purchase_list")


def table_of_purchases(member: Membership) -> StreamingHttpResponse:
    """The table, sent a page at a time: what was sent is not kept, and no transaction stays open in between.

    :raises NotYourRole: viewers look at purchases one by one
    """
    first = services.export_page(member=member, cursor=None)
    answer = StreamingHttpResponse(_pages(member, first), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


async def _pages(member: Membership, first: services.ExportPage) -> AsyncIterator[str]:
    """Asynchronous, since an asynchronous server reads a plain iterator to its end before it sends anything."""
    yield purchase_table.header() + first.lines
    cursor = first.next
    while cursor:
        page = await sync_to_async(services.export_page)(member=member, cursor=cursor)
        yield page.lines
        cursor = page.next
