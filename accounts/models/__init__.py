"""People, the organisations that buy, and what is kept of either."""

from accounts.models.organisations import Entitlement, Membership, Organisation
from accounts.models.people import TermsAcceptance, User
from accounts.models.step_up import Guesses, StepUpCode

__all__ = [
    "Entitlement",
    "Guesses",
    "Membership",
    "Organisation",
    "StepUpCode",
    "TermsAcceptance",
    "User",
]
