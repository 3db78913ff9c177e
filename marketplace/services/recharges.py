"""Telling an organisation's owners what was bought for them automatically, and why it stopped."""

from typing import Final
from uuid import UUID

from django.urls import reverse

from accounts.models import Membership
from aiqleads.core import transactions
from billing.models import Payment
from marketplace.models import Notification
from marketplace.services.notifying import News, notify_all

_DECLINED: Final = "Nothing was charged. A second decline in a row turns it off."
_HEARD_OF: Final = "Should it have been charged all the same, the credits are yours as soon as we hear of it."
_NOT_CHARGED: Final = {"unreachable": _HEARD_OF, "turned_off": _HEARD_OF}


@transactions.write
def tell_of_recharge(*, payment_id: UUID) -> None:
    """The receipt of a charge, or that it was declined. Again tells nothing."""
    payment = Payment.objects.get(pk=payment_id)
    price = f"{payment.total_cents / 100:,.2f} USD"
    if payment.status == Payment.Status.PAID:
        says = f"{payment.amount_credits:,} credits were bought automatically for {price}"
        body = f"{payment.tax_cents / 100:,.2f} USD of it is tax. You can turn this off under Credits."
    else:
        says = f"{payment.amount_credits:,} credits could not be bought automatically"
        body = f"{payment.says}\n{_NOT_CHARGED.get(payment.code, _DECLINED)}"
    _tell_owners(payment.organisation_id, f"recharge:{payment.pk}:{payment.status}", says, body)


@transactions.write
def tell_of_recharges_end(*, organisation_id: UUID, why: str, at: str) -> None:
    """That credits are not bought automatically any more. Again tells nothing."""
    body = f"{why}\nNothing is bought until you agree to it again under Credits."
    says = "Credits are not bought automatically any more"
    _tell_owners(organisation_id, f"recharge:ended:{at}", says, body)


def _tell_owners(organisation_id: UUID, key: str, says: str, body: str) -> None:
    owners = Membership.objects.filter(organisation=organisation_id, role=Membership.Role.OWNER)
    notify_all(
        [
            News(
                membership_id=owner_id,
                kind=Notification.Kind.RECHARGE,
                key=key,
                says=says,
                body=body,
                path=reverse("billing:credits"),
            )
            for owner_id in owners.values_list("pk", flat=True)
        ]
    )
