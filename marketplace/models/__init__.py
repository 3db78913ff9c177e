"""Offers, copies, claims and purchases. What they promise is defended by triggers (migration 0002)."""

from marketplace.models.areas import WorkArea
from marketplace.models.claims import GIVEN_BACK, Cart, CheckoutReply, Claim
from marketplace.models.crm import CrmMatch, CrmUpload
from marketplace.models.notifications import Notification, NotificationChoice
from marketplace.models.offers import LeadSlot, Listing
from marketplace.models.purchases import Passport, Purchase
from marketplace.models.returns import Return, ReturnEvidence, ReturnPolicy
from marketplace.models.searches import FoundLead, SavedSearch
from marketplace.models.waiting import WaitlistEntry
from marketplace.models.watching import ViewedLead, WatchedLead
from marketplace.models.wording import OfferWord

__all__ = [
    "GIVEN_BACK",
    "Cart",
    "CheckoutReply",
    "Claim",
    "CrmMatch",
    "CrmUpload",
    "FoundLead",
    "LeadSlot",
    "Listing",
    "Notification",
    "NotificationChoice",
    "OfferWord",
    "Passport",
    "Purchase",
    "Return",
    "ReturnEvidence",
    "ReturnPolicy",
    "SavedSearch",
    "ViewedLead",
    "WaitlistEntry",
    "WatchedLead",
    "WorkArea",
]
