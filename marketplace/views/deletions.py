"""A buyer's word that they deleted what an owner had deleted."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import errors, services
from marketplace.models import DeletionNotice
from marketplace.views.parts import not_found
from marketplace.views.purchases import NO_SUCH_PURCHASE


@never_cache
@require_POST
@member_required
def confirm(request: MemberRequest, purchase_id: UUID) -> HttpResponse:
    """Note it, and go back to the purchase."""
    try:
        services.confirm_deletion(purchase_id=purchase_id, buyer=request.membership)
        messages.success(request, "Thank you. We noted that it is deleted.")
    except DeletionNotice.DoesNotExist:
        return not_found(request, NO_SUCH_PURCHASE)
    except (Refusal, LockTimeout) as error:
        messages.error(request, errors.as_refusal(error).detail)
    return redirect("marketplace:purchase_detail", purchase_id)
