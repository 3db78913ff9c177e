"""What each channel is sent, written at the moment of sending from what the buyer may have by then.

``write`` reads personal values and hands them to whoever sends; nothing is kept, logged or put in a row but the
shape of a message: its fields without their values.
"""

from collections.abc import Sequence

from django.urls import reverse

from aiqleads.core.posting import Post
from marketplace.messages import bought_lead, follow_up_boss, letters, webhooks
from marketplace.messages.bought_lead import BoughtLead
from marketplace.messages.letters import Letter, mail
from marketplace.models import Delivery, DeliveryEvent, Receiver

__all__ = ["Letter", "mail", "receiver_path", "write"]


def write(deliveries: Sequence[Delivery]) -> list[Post | Letter | None]:
    """The message of each delivery, whose ``shape`` is set; None where nothing may be sent any more."""
    given = bought_lead.of_deliveries(deliveries)
    return [_write(one, given.get(one.purchase_id) if one.purchase_id else None) for one in deliveries]


def _write(delivery: Delivery, given: BoughtLead | None) -> Post | Letter | None:
    if delivery.event == DeliveryEvent.PURCHASED and given is None:
        return None
    match Delivery.Channel(delivery.channel):
        case Delivery.Channel.WEBHOOK:
            return webhooks.write(delivery, given)
        case Delivery.Channel.FOLLOW_UP_BOSS if given:
            return follow_up_boss.write(delivery, given)
        case Delivery.Channel.EMAIL if given:
            return letters.write(delivery, given)
        case _:
            return None


def receiver_path(receiver: Receiver) -> str:
    """The page of a receiver, for its organisation."""
    if receiver.kind == Receiver.Kind.WEBHOOK and receiver.removed_at is None:
        return reverse("marketplace:webhook", args=[receiver.pk])
    return reverse("marketplace:delivery_settings")
