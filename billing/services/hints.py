"""What a message leads to: the object that it names is asked for, and its state acted upon. What the message says
happened is nothing to go by: it may be late, twice, out of order, or somebody else's.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from uuid import UUID

from django.db import models

from billing.models import InboxMessage, MethodSetup, Payment, Subscription
from billing.providers import choosing
from billing.providers.port import NotFound, Provider
from billing.services import buying, disputing, following, recharging, refunding

Kind: Final = InboxMessage.Kind
Row = TypeVar("Row", bound=models.Model)


class NotOurs(Exception):
    """The object belongs to another system that uses the same account of the provider's."""


class NotOursYet(Exception):
    """Nothing says whose the object is so far: what it hangs on may not have been looked at yet."""


def act(message: InboxMessage) -> None:
    """Look at what a message is about. Safe to run again.

    :raises NotOurs: there is nothing to do, and never will be
    :raises NotOursYet: look again later
    :raises ProviderUnreachable: no answer that counts
    """
    _HANDLERS[message.kind](choosing.provider(message.provider), message.object_id)


def look_at_dispute(*, provider: str, dispute_id: str) -> None:
    """Fetch a dispute and act on what became of it.

    :raises NotOurs: its payment is none of ours
    :raises NotOursYet: its payment is not in our books so far
    """
    _dispute(choosing.provider(provider), dispute_id)


def _checkout(provider: Provider, checkout_id: str) -> None:
    payment = Payment.objects.filter(provider=provider.name, checkout_id=checkout_id).first()
    subscription = Subscription.objects.filter(provider=provider.name, checkout_id=checkout_id).first()
    if payment is None and subscription is None:
        payment, subscription = _made_and_not_noted(provider, checkout_id)
    if payment:
        buying.look_again(payment.pk)
    elif subscription:
        following.look_at_subscription(subscription.pk)
    else:
        raise NotOurs


def _made_and_not_noted(provider: Provider, checkout_id: str) -> tuple[Payment | None, Subscription | None]:
    """Whose page it is where the process ended between the provider's answer and our note of it."""
    try:
        return _referred(Payment, provider, provider.fetch_checkout(checkout_id).reference), None
    except NotFound:
        started = provider.fetch_started_subscription(checkout_id)
        return None, _referred(Subscription, provider, started.reference) if started else None


def _setup(provider: Provider, checkout_id: str) -> None:
    setup = MethodSetup.objects.filter(provider=provider.name, checkout_id=checkout_id).first()
    if setup is None:
        raise NotOursYet
    recharging.look_at_setup(setup.pk)


def _payment(provider: Provider, capture_id: str) -> None:
    """Money that came in, or part of which went back."""
    if known := _paid(provider, capture_id):
        refunding.look_at_refunds(payment_id=known.pk)
        return
    payment = _referred(Payment, provider, provider.fetch_payment(capture_id).reference)
    if payment is None:  # a plan's bill names none: its own message brings it
        raise NotOurs
    buying.look_again(payment.pk, capture_id=capture_id)


def _refund(provider: Provider, refund_id: str) -> None:
    state = provider.fetch_refund(refund_id)
    refunding.record_refund(payment_id=payment_of(provider, state.capture_id), state=state)


def _dispute(provider: Provider, dispute_id: str) -> None:
    state = provider.fetch_dispute(dispute_id)
    disputing.record_dispute(payment_id=payment_of(provider, state.capture_id), state=state)


def _plan(provider: Provider, object_id: str) -> None:
    """A subscription or one of its bills: both are looked at together."""
    if following.look_at_subscription_of(provider=provider.name, object_id=object_id) is None:
        raise NotOurs


def _nothing(provider: Provider, object_id: str) -> None:
    """Nothing that we act upon."""


def payment_of(provider: Provider, capture_id: str) -> UUID:
    """Our payment behind money that came in, once it is in our books.

    :raises NotOurs: it is none of ours
    :raises NotOursYet: it is not in our books so far
    """
    if known := _paid(provider, capture_id):
        return known.pk
    reference = provider.fetch_payment(capture_id).reference
    payment = _referred(Payment, provider, reference)
    if payment is None:
        raise NotOurs if reference else NotOursYet  # a plan's bill names none: its own message brings it
    buying.look_again(payment.pk, capture_id=capture_id)
    if known := _paid(provider, capture_id):
        return known.pk
    raise NotOursYet


def _paid(provider: Provider, capture_id: str) -> Payment | None:
    paid = Payment.objects.filter(provider=provider.name, status=Payment.Status.PAID, capture_id=capture_id)
    return paid.first()


def _referred(model: type[Row], provider: Provider, reference: str) -> Row | None:
    """Our row that a provider's object was made for."""
    try:
        return model._default_manager.filter(pk=UUID(reference), provider=provider.name).first()
    except ValueError:
        return None


_HANDLERS: Final[Mapping[str, Callable[[Provider, str], None]]] = {
    Kind.CHECKOUT: _checkout,
    Kind.PAYMENT: _payment,
    Kind.SETUP: _setup,
    Kind.REFUND: _refund,
    Kind.DISPUTE: _dispute,
    Kind.SUBSCRIPTION: _plan,
    Kind.BILL: _plan,
    Kind.OTHER: _nothing,
}
