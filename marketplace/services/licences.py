"""Telling agents what became of their licences, and when they run out."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.urls import reverse

from accounts.events import LicenceMove
from accounts.models import Licence, Membership
from aiqleads.core import transactions
from marketplace.models import Notification
from marketplace.services.notifying import notify

SAYS: Final[Mapping[LicenceMove, str]] = {
    LicenceMove.VERIFIED: "Your {state} licence is verified: you can buy homes there",
    LicenceMove.REFUSED: "Your {state} licence was refused: {why}",
    LicenceMove.ENDS: "Your {state} licence ends on {day:%b} {day.day}, {day.year}: add the renewed one",
    LicenceMove.ENDED: "Your {state} licence has ended: you cannot buy homes there",
    LicenceMove.STAYED_ENDED: "Your {state} licence ended 30 days ago, and no renewed one is here",
}


@transactions.write
def tell_of_licence(*, licence_id: UUID, to: LicenceMove) -> None:
    """Tell its agent once; who has left every organisation is told nothing. Again is harmless."""
    licence = Licence.objects.get(pk=licence_id)
    member = Membership.objects.filter(user=licence.user_id).first()
    if member is None:
        return
    says = SAYS[to].format(state=licence.state_name, day=licence.expires_on, why=licence.why)
    notify(
        membership_id=member.pk,
        kind=Notification.Kind.LICENCE,
        key=f"licence:{licence.pk}:{to}",
        says=says,
        path=reverse("accounts:licences"),
    )
