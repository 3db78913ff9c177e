"""Sharing a bought lead with a colleague who does not see all purchases, and taking it back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts import permissions
from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import errors, selectors, services
from marketplace.forms.sharing import ShareForm
from marketplace.models import Purchase
from marketplace.views.parts import not_found
from marketplace.views.purchases import NO_SUCH_PURCHASE


@require_POST
@member_required
def share(request: MemberRequest, purchase_id: UUID) -> HttpResponse:
    """Let the chosen colleague read it."""
    try:
        permissions.require(request.membership, permissions.Action.SHARE)
        purchase = selectors.access_purchase(viewer=request.membership, purchase_id=purchase_id)
        form = ShareForm(request.POST, colleagues=selectors.may_be_shared_with(purchase, request.membership))
        if not form.is_valid():
            messages.error(request, "Choose a colleague who does not see it yet.")
        else:
            to = form.colleagues[form.cleaned_data["member"]]
            services.share_purchase(purchase_id=purchase_id, to=to, by=request.membership)
            messages.success(request, f"{to.user} may read it now, and hears of it.")
    except Purchase.DoesNotExist:
        return not_found(request, NO_SUCH_PURCHASE)
    except (Refusal, LockTimeout) as error:
        messages.error(request, errors.as_refusal(error).detail)
    return redirect("marketplace:purchase_detail", purchase_id)


@require_POST
@member_required
def unshare(request: MemberRequest, purchase_id: UUID, member_id: UUID) -> HttpResponse:
    """Let a colleague read it no more."""
    try:
        services.unshare_purchase(purchase_id=purchase_id, member_id=member_id, by=request.membership)
    except Purchase.DoesNotExist:
        return not_found(request, NO_SUCH_PURCHASE)
    except (Refusal, LockTimeout) as error:
        messages.error(request, errors.as_refusal(error).detail)
    else:
        messages.success(request, "They read it no more.")
    return redirect("marketplace:purchase_detail", purchase_id)
