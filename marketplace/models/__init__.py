"""Offers, copies, claims and purchases. What they promise is defended by triggers (migration 0002)."""

from marketplace.models.areas import WorkArea
from marketplace.models.assignments import Assignment, AssignmentPolicy, Handover
from marketplace.models.claims import GIVEN_BACK, Cart, Claim
from marketplace.models.crm import CrmMatch, CrmUpload
from marketplace.models.deliveries import Delivery, DeliveryTry
from marketplace.models.devices import Device
from marketplace.models.engagement import Engagement, EngagementText, FollowUp
from marketplace.models.erasures import DeletionNotice
from marketplace.models.intents import PurchaseIntent, PurchaseIntentLine
from marketplace.models.notifications import Notification, NotificationChoice
from marketplace.models.offers import LeadSlot, Listing
from marketplace.models.purchases import Passport, Purchase
from marketplace.models.receivers import CHOSEN_EVENTS, MOST_RECEIVERS, DeliveryChoice, DeliveryEvent, Receiver
from marketplace.models.returns import Return, ReturnEvidence, ReturnPolicy
from marketplace.models.searches import FoundLead, SavedSearch
from marketplace.models.shares import PurchaseShare
from marketplace.models.standing_orders import StandingOrder, StandingOrderConsent
from marketplace.models.territories import Territory, TerritoryOutline
from marketplace.models.waiting import WaitlistEntry
from marketplace.models.watching import ViewedLead, WatchedLead
from marketplace.models.wording import OfferWord

__all__ = [
    "CHOSEN_EVENTS",
    "GIVEN_BACK",
    "MOST_RECEIVERS",
    "Assignment",
    "AssignmentPolicy",
    "Cart",
    "Claim",
    "CrmMatch",
    "CrmUpload",
    "DeletionNotice",
    "Delivery",
    "DeliveryChoice",
    "DeliveryEvent",
    "DeliveryTry",
    "Device",
    "Engagement",
    "EngagementText",
    "FollowUp",
    "FoundLead",
    "Handover",
    "LeadSlot",
    "Listing",
    "Notification",
    "NotificationChoice",
    "OfferWord",
    "Passport",
    "Purchase",
    "PurchaseIntent",
    "PurchaseIntentLine",
    "PurchaseShare",
    "Receiver",
    "Return",
    "ReturnEvidence",
    "ReturnPolicy",
    "SavedSearch",
    "StandingOrder",
    "StandingOrderConsent",
    "Territory",
    "TerritoryOutline",
    "ViewedLead",
    "WaitlistEntry",
    "WatchedLead",
    "WorkArea",
]
