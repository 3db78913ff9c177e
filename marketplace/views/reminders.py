"""Doing, skipping and putting off the steps of plans."""

from typing import Final
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
from marketplace.models import FollowUp
from marketplace.views.parts import not_found

SAYS: Final = {
    services.Action.DONE: "Done.",
    services.Action.SKIP: "Skipped.",
    services.Action.SNOOZE: "Put off to the next day.",
}


@never_cache
@require_POST
@member_required
def change_step(request: MemberRequest, step_id: UUID) -> HttpResponse:
    """Do what the button says, and go back to the page that it stood on."""
    if request.POST.get("action") not in services.Action.values:
        return not_found(request, "A step is done, skipped or put off.")
    action = services.Action(request.POST["action"])
    try:
        services.change_step(step_id=step_id, member=request.membership, action=action)
        messages.success(request, SAYS[action])
    except FollowUp.DoesNotExist:
        return not_found(request, "Your organisation has no such step.")
    except (Refusal, LockTimeout) as error:
        messages.error(request, errors.as_refusal(error).detail)
    return _back(request, step_id)


def _back(request: MemberRequest, step_id: UUID) -> HttpResponse:
    if request.POST.get("back") != "purchase":
        return redirect("landing")
    return redirect("marketplace:purchase_detail", FollowUp.objects.get(pk=step_id).engagement_id)
