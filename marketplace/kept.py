"""How long the tables of the market are kept."""

from typing import Final

from django.db.models import Q

from aiqleads.core import retention
from marketplace.models import Delivery
from marketplace.models.receivers import DeliveryEvent
from marketplace.services import delivering

SETTLED: Final = "they were settled"


def say() -> None:
    """Say it of every table."""
    _say_of_sales()
    _say_of_members()
    retention.rows(
        "deliveries",
        "marketplace.delivery",
        "settled_at",
        kept=delivering.KEPT_FOR,
        since=f"{SETTLED}, but for purchases",
        where=~Q(event=DeliveryEvent.PURCHASED),
    )
    retention.rows(
        "tries at deliveries",
        "marketplace.deliverytry",
        "delivery__settled_at",
        kept=delivering.KEPT_FOR,
        since=SETTLED,
        where=~Q(delivery__state=Delivery.State.WAITING),
    )
    retention.keep("what was sent to it names the row; its address and secret go when it is taken off",
                   "marketplace.receiver")  # fmt: skip


def _say_of_sales() -> None:
    retention.keep(
        "shows what was sold to whom, as what and for what: sales are accounted for",
        "marketplace.listing", "marketplace.leadslot", "marketplace.claim", "marketplace.cart",
        "marketplace.purchase", "marketplace.passport", "marketplace.waitlistentry", "marketplace.return",
        "marketplace.returnpolicy", "marketplace.returnevidence", "marketplace.deletionnotice",
        "marketplace.assignment", "marketplace.handover", "marketplace.standingorder",
        "marketplace.standingorderconsent", "marketplace.workarea",
        "marketplace.purchaseintent", "marketplace.purchaseintentline",
    )  # fmt: skip
    retention.goes_with("marketplace.purchase", "marketplace.engagement")
    retention.goes_with("marketplace.engagement", "marketplace.engagementtext", "marketplace.followup")


def _say_of_members() -> None:
    retention.rows(
        "notifications", "marketplace.notification", "made_at", kept=retention.YEAR, since="they were made"
    )
    retention.rows(
        "looks at offers", "marketplace.viewedlead", "viewed_at", kept=retention.YEAR, since="the last of them"
    )
    retention.rows(
        "comparisons with buyers' own contacts",
        "marketplace.crmupload",
        "uploaded_at",
        kept=retention.YEAR,
        since="they were made",
    )
    retention.goes_with("marketplace.crmupload", "marketplace.crmmatch")
    retention.keep(
        "a member's or an organisation's own: until they take it off, or the account is closed",
        "marketplace.savedsearch", "marketplace.territory", "marketplace.device",
        "marketplace.watchedlead", "marketplace.purchaseshare", "marketplace.notificationchoice",
        "marketplace.assignmentpolicy", "marketplace.deliverychoice",
    )  # fmt: skip
    retention.goes_with("marketplace.savedsearch", "marketplace.foundlead")
    retention.goes_with("marketplace.territory", "marketplace.territoryoutline")
    retention.keep("how often offers say a word; counted anew every hour", "marketplace.offerword")
