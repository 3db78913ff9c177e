"""Where an organisation has its deliveries sent: letters, webhooks, the CRM. For its owners."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import step_up
from accounts.access import MemberRequest, member_required
from accounts.models import Membership
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import errors, selectors, services
from marketplace.forms.receivers import FollowUpBossForm, WebhookForm
from marketplace.messages import receiver_path
from marketplace.models import Delivery, Receiver
from marketplace.views.parts import not_found, page

View = TypeVar("View", bound=Callable[..., HttpResponse])

SETTINGS: Final = "marketplace:delivery_settings"
NO_SUCH_WEBHOOK: Final = "Your organisation has no such webhook."


def owner_required(view: View) -> View:
    """Members as ``member_required`` lets in, of them the owners; before a change they prove who they are."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.membership.role != Membership.Role.OWNER:
            raise PermissionDenied("Only an owner of your organisation decides where its leads are sent.")
        if request.method == "POST" and (asked := step_up.ask_first(request)):
            return asked
        try:
            return view(request, *args, **kwargs)
        except Receiver.DoesNotExist:
            return not_found(request, NO_SUCH_WEBHOOK)

    return cast(View, never_cache(member_required(guarded)))


@owner_required
@require_http_methods(["GET", "HEAD", "POST"])
def delivery_settings(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        return _settings(request, {})
    is_mailed = request.POST.get("is_mailed") == "yes"
    services.choose_letters(member=request.membership, is_mailed=is_mailed)
    messages.success(request, "Kept." if is_mailed else "Kept. Bought leads are not mailed any more.")
    return redirect(SETTINGS)


def _settings(request: MemberRequest, told: dict[str, Any], *, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {
        "webhooks": selectors.webhooks(request.membership),
        "follow_up_boss": selectors.follow_up_boss(request.membership),
        "is_mailed": selectors.is_mailed(request.membership.organisation_id),
        "form": WebhookForm(),
        "key_form": FollowUpBossForm(),
        **told,
    }
    return page(request, "marketplace/delivery_settings.html", context, status=status)


@owner_required
@require_POST
def add_webhook(request: MemberRequest) -> HttpResponse:
    """The answer shows the secret, so it is a page and no redirection; the address is taken once."""
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _settings(request, {"form": form}, status=HTTPStatus.BAD_REQUEST)
    try:
        receiver = services.add_webhook(member=request.membership, **form.cleaned_data)
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return _settings(request, {"form": form, "refusal": refusal}, status=refusal.status)
    return _webhook(request, receiver, {"secret": receiver.secret}, status=HTTPStatus.CREATED)


@owner_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: MemberRequest, receiver_id: UUID) -> HttpResponse:
    receiver = selectors.access_webhook(viewer=request.membership, receiver_id=receiver_id)
    if request.method != "POST":
        return _webhook(request, receiver, {})
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _webhook(request, receiver, {"form": form}, status=HTTPStatus.BAD_REQUEST)
    is_on = request.POST.get("is_on") == "yes"
    try:
        services.change_webhook(
            member=request.membership, receiver_id=receiver_id, is_on=is_on, **form.cleaned_data
        )
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return _webhook(request, receiver, {"form": form, "refusal": refusal}, status=refusal.status)
    messages.success(request, "Kept." if is_on else "Switched off. Nothing more is sent to it.")
    return redirect("marketplace:webhook", receiver_id)


def _webhook(
    request: MemberRequest, receiver: Receiver, told: dict[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    log = selectors.receiver_log(receiver)
    context = {
        "receiver": receiver,
        "log": log,
        "given_up": selectors.given_up(receiver) if receiver.is_on else 0,
        "is_moving": any(delivery.is_moving for delivery in log),
        "form": WebhookForm(initial={"url": receiver.url, "events": receiver.events}),
        **told,
    }
    return page(request, "marketplace/webhook.html", context, parts=("delivery-log",), status=status)


@owner_required
@require_POST
def rotate_secret(request: MemberRequest, receiver_id: UUID) -> HttpResponse:
    receiver = services.rotate_secret(member=request.membership, receiver_id=receiver_id)
    return _webhook(request, receiver, {"secret": receiver.secret, "is_rotated": True})


@owner_required
@require_POST
def test_webhook(request: MemberRequest, receiver_id: UUID) -> HttpResponse:
    try:
        services.test_webhook(member=request.membership, receiver_id=receiver_id)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "A test is on its way. Its answer stands below in a moment.")
    return redirect("marketplace:webhook", receiver_id)


@owner_required
@require_POST
def replay_given_up(request: MemberRequest, receiver_id: UUID) -> HttpResponse:
    try:
        again = services.replay_given_up(receiver_id=receiver_id, buyer=request.membership)
    except (Refusal, LockTimeout) as error:
        messages.error(request, str(errors.as_refusal(error)))
    else:
        messages.success(request, f"On their way again: {again}, each under its own id.")
    return redirect("marketplace:webhook", receiver_id)


@owner_required
@require_POST
def remove_webhook(request: MemberRequest, receiver_id: UUID) -> HttpResponse:
    services.remove_receiver(member=request.membership, receiver_id=receiver_id)
    messages.success(request, "Removed. Nothing more is sent to it, and its secret is forgotten.")
    return redirect(SETTINGS)


@sensitive_post_parameters("key")
@owner_required
@require_POST
def connect_follow_up_boss(request: MemberRequest) -> HttpResponse:
    form = FollowUpBossForm(request.POST)
    if not form.is_valid():
        return _settings(request, {"key_form": form}, status=HTTPStatus.BAD_REQUEST)
    try:
        services.connect_follow_up_boss(member=request.membership, key=form.cleaned_data["key"])
    except (Refusal, LockTimeout) as error:
        refusal = errors.as_refusal(error)
        return _settings(request, {"key_form": form, "refusal": refusal}, status=refusal.status)
    messages.success(request, "Connected. What you buy from now on is sent to Follow Up Boss.")
    return redirect(SETTINGS)


@owner_required
@require_POST
def disconnect_follow_up_boss(request: MemberRequest) -> HttpResponse:
    services.disconnect_follow_up_boss(member=request.membership)
    messages.success(request, "Disconnected, and the key is forgotten.")
    return redirect(SETTINGS)


@never_cache
@require_POST
@member_required
def replay(request: MemberRequest, delivery_id: UUID) -> HttpResponse:
    """Send a delivery once more; the way back is the page it was asked on."""
    try:
        delivery = selectors.access_delivery(viewer=request.membership, delivery_id=delivery_id)
        services.replay_delivery(delivery_id=delivery_id, buyer=request.membership)
    except Delivery.DoesNotExist:
        return not_found(request, "Your organisation has no such delivery.")
    except (Refusal, LockTimeout) as error:
        messages.error(request, str(errors.as_refusal(error)))
    else:
        messages.success(request, "On its way again, under the same id.")
    return redirect(_way_back(request, delivery))


def _way_back(request: MemberRequest, delivery: Delivery) -> str:
    is_asked_in_log = request.POST.get("from") == "log" and delivery.channel == Delivery.Channel.WEBHOOK
    if delivery.receiver and is_asked_in_log:
        return receiver_path(delivery.receiver)
    return delivery.purchase.get_absolute_url() if delivery.purchase else reverse(SETTINGS)
