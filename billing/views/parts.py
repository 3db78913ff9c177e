"""What the pages of money have in common: who takes the money, and what is said where something is refused."""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts import permissions
from accounts.access import MemberRequest, member_required
from accounts.permissions import Action
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from billing import selectors
from billing.models import Subscription
from billing.providers import choosing
from billing.providers.port import ProviderMisunderstood, ProviderRefused, ProviderUnreachable

NOTHING_LEARNT: Final = (ProviderUnreachable, ProviderMisunderstood, ProviderRefused, Refusal, LockTimeout)
"""What keeps a look from learning how something stands: pages tell what is known, and the sweep goes on asking."""
View = TypeVar("View", bound=Callable[..., HttpResponseBase])
PROVIDERS: Final[Mapping[str, str]] = MappingProxyType(
    {"stripe": "Card", "paypal": "PayPal", "sandbox": "Sandbox: no real money"}
)
"""What members call those who take the money."""


def payer_required(view: View) -> View:
    """For members; what is posted there, by owners alone (403)."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method == "POST":
            try:
                permissions.require(request.membership, Action.PAY)
            except Refusal as refusal:
                raise PermissionDenied(refusal.detail) from refusal
        return view(request, *args, **kwargs)

    return cast(View, member_required(guarded))


def ways_of_paying() -> list[tuple[str, str]]:
    """The names of those that can be chosen, with what they are called."""
    return [(name, PROVIDERS[name]) for name in choosing.offered()]


def page(
    request: MemberRequest, template: str, context: dict[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """A page about the organisation's money, with what is overdue and whether this member may pay."""
    subscription = selectors.find_subscription(request.membership.organisation_id)
    known = {
        "ways": ways_of_paying(),
        "may_pay": permissions.allows(request.membership, Action.PAY),
        "subscription": subscription,
        "plan_code": subscription.plan.code if subscription else "starter",
        "overdue": _overdue(subscription),
    }
    return render(request, template, {**known, **context}, status=status)


def _overdue(subscription: Subscription | None) -> selectors.Overdue | None:
    """Every member reads it on these pages; on all others, who may pay (``marketplace.context_processors``)."""
    is_late = subscription is not None and subscription.status == Subscription.Status.PAST_DUE
    return selectors.find_overdue(subscription.organisation_id) if subscription and is_late else None


def not_found(request: MemberRequest, says: str) -> HttpResponse:
    return render(request, "404.html", {"says": says}, status=HTTPStatus.NOT_FOUND)
