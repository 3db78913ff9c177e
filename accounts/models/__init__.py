"""People, the organisations that buy, and what is kept of either."""

from accounts.models.organisations import Entitlement, Membership, Organisation
from accounts.models.people import TermsAcceptance, User

__all__ = ["Entitlement", "Membership", "Organisation", "TermsAcceptance", "User"]
