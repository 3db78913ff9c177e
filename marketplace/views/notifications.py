"""The notification centre: what a member was told, how they want to hear of it, and the way out of letters."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services as accounts
from accounts.access import MemberRequest, VisitorRequest, member_required
from accounts.time_zones import TIME_ZONES
from aiqleads.core import keyset, push
from marketplace import selectors, services
from marketplace.models import Notification, NotificationChoice
from marketplace.views.parts import not_found, page

Kind = Notification.Kind
Channel = NotificationChoice.Channel


@never_cache
@require_safe
@member_required
def notification_list(request: MemberRequest) -> HttpResponse:
    try:
        found = selectors.notification_page(request.membership, cursor=request.GET.get("cursor"))
    except keyset.BadCursor:
        return redirect("marketplace:notification_list")
    return page(request, "marketplace/notification_list.html", {"page": found}, parts=("more-notifications",))


@never_cache
@require_POST
@member_required
def open_notification(request: MemberRequest, notification_id: UUID) -> HttpResponse:
    """Note that it was read, and go to the page that it is about."""
    try:
        found = selectors.access_notification(viewer=request.membership, notification_id=notification_id)
    except Notification.DoesNotExist:
        return not_found(request, "You have no such notification.")
    services.mark_read(membership=request.membership, notification_ids=[found.pk])
    return redirect(found.path)


@never_cache
@require_POST
@member_required
def read_all(request: MemberRequest) -> HttpResponse:
    services.mark_read(membership=request.membership)
    return redirect("marketplace:notification_list")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def notification_choices(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        ticked = set(request.POST.getlist("wanted"))
        choices = {(kind, channel): f"{kind}:{channel}" in ticked for kind in Kind for channel in _offered()}
        services.choose_notifications(membership_id=request.membership.pk, choices=choices)
        zone = request.POST.get("time_zone", "")
        if zone in dict(TIME_ZONES) or not zone:
            accounts.change_profile(user=request.user, names={"time_zone": zone})
        messages.success(request, "Kept. From now on you hear of these as you chose.")
        return redirect("marketplace:notification_choices")
    chosen = selectors.notification_choices(request.membership.pk)
    rows = [(kind, [(channel, chosen[kind, channel]) for channel in _offered()]) for kind in Kind]
    context = {"rows": rows, "channels": _offered(), "time_zones": TIME_ZONES}
    context |= {"can_push": push.is_available(), "devices": selectors.devices(request.membership)}
    context |= {"outbox": settings.PUSH_URL if settings.DEMO and settings.PUSH_URL.startswith("http:") else ""}
    return page(request, "marketplace/notification_choices.html", context)


def _offered() -> list[Channel]:
    """The ways that are configured here; what was chosen for the others stays."""
    return [channel for channel in Channel if channel != Channel.PUSH or push.is_available()]


@csrf_exempt  # a mail program posts here for its user (RFC 8058); the token says whose letters end
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: VisitorRequest, token: str) -> HttpResponse:
    """Ask whether the letters shall end, and end them when told to."""
    try:
        membership_id, kind = services.read_unsubscribe_token(token)
    except signing.BadSignature:
        return not_found(request, "This link is not whole. Copy it from the letter again.")
    if request.method == "POST":
        services.choose_notifications(membership_id=membership_id, choices={(kind, Channel.EMAIL): False})
    context: dict[str, Any] = {"kind": kind, "is_done": request.method == "POST"}
    return page(request, "marketplace/unsubscribe.html", context)
