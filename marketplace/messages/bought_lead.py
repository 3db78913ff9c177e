"""What a buyer gets with a bought lead outside of our pages: the home, the contact that may leave, the passport."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import Membership
from leads.models import Lead
from marketplace import selectors
from marketplace.delivery import UnlockedContact, channels_now, contacts_for_machines, post_addresses
from marketplace.models import Delivery, DeliveryEvent, Purchase


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtLead:
    """A standing purchase with everything that its buyer may have of it now."""

    purchase: Purchase
    contacts: list[UnlockedContact]
    post_address: str = ""

    @property
    def lead(self) -> Lead:
        return self.purchase.lead

    @property
    def channels(self) -> dict[str, dict[str, Any]]:
        """The passport's channels as they are by now."""
        return channels_now(self.purchase)

    @property
    def worked_on_by(self) -> Membership:
        """Who it was assigned to, or else who bought it."""
        assignment = getattr(self.purchase, "assignment", None)
        return assignment.member if assignment and assignment.member else self.purchase.membership

    @property
    def page_url(self) -> str:
        """Where people see it, with what stays out here."""
        return page_url(self.purchase)

    @property
    def reachable(self) -> UnlockedContact | None:
        """The first contact that may be called, texted or mailed."""
        return next((one for one in self.contacts if one.phone or one.email), None)


def of_purchases(purchases: Sequence[Purchase]) -> dict[UUID, BoughtLead]:
    """What leaves of purchases that a selector read just now, by purchase; one that came back is left out."""
    contacts, addresses = contacts_for_machines(purchases), post_addresses(purchases)
    return {
        purchase.pk: BoughtLead(
            purchase=purchase, contacts=contacts[purchase.pk], post_address=addresses.get(purchase.pk, "")
        )
        for purchase in purchases
        if purchase.pk in contacts
    }


def of_deliveries(deliveries: Sequence[Delivery]) -> dict[UUID, BoughtLead]:
    """What leaves of the purchases that deliveries are about, by purchase; one that came back is left out."""
    told = [one.purchase_id for one in deliveries if one.purchase_id and one.event == DeliveryEvent.PURCHASED]
    return of_purchases(selectors.get_purchases(told))


def page_url(purchase: Purchase) -> str:
    """The page of a purchase, as people open it from elsewhere."""
    return f"{settings.SITE_URL}{purchase.get_absolute_url()}"
