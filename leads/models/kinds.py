"""The closed lists that leads are told apart by."""

from django.db import models


class Kind(models.TextChoices):
    FSBO = "fsbo", "For sale by owner"
    EXPIRED = "expired", "Expired listing"
    PREFORECLOSURE = "preforeclosure", "Pre-foreclosure"
    PROBATE = "probate", "Probate"
    ABSENTEE = "absentee", "Absentee owner"
    RENTAL_OWNER = "rental_owner", "For rent by owner"
    BUYER_ENQUIRY = "buyer_enquiry", "Buyer enquiry"
    OWNER_SUBMITTED = "owner_submitted", "Sent in by the owner"


class Tier(models.TextChoices):
    PREMIUM = "premium", "Premium"
    STANDARD = "standard", "Standard"
    LOW = "low", "Low"
