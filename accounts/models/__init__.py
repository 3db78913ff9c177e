"""People, the organisations that buy, and what is kept of either."""

from accounts.models.credentials import ApiKey, ApiSession
from accounts.models.erasures import Erasure, ErasureStep
from accounts.models.invitations import Invitation
from accounts.models.licences import Licence
from accounts.models.organisations import Entitlement, Membership, Organisation
from accounts.models.people import TermsAcceptance, User
from accounts.models.privacy import (
    IdentityCode,
    IdentityDocument,
    PrivacyLink,
    PrivacyRequest,
    PrivacyStep,
    ReportedBuyer,
)
from accounts.models.second_factors import Authenticator, Passkey, RecoveryCode, RecoveryCodes
from accounts.models.step_up import Guesses, StepUpCode
from accounts.models.suppression import (
    DeletionList,
    DoNotCallCheck,
    DoNotCallEdition,
    DoNotCallList,
    DoNotCallNumber,
    Suppression,
)

__all__ = [
    "ApiKey",
    "ApiSession",
    "Authenticator",
    "DeletionList",
    "DoNotCallCheck",
    "DoNotCallEdition",
    "DoNotCallList",
    "DoNotCallNumber",
    "Entitlement",
    "Erasure",
    "ErasureStep",
    "Guesses",
    "IdentityCode",
    "IdentityDocument",
    "Invitation",
    "Licence",
    "Membership",
    "Organisation",
    "Passkey",
    "PrivacyLink",
    "PrivacyRequest",
    "PrivacyStep",
    "RecoveryCode",
    "RecoveryCodes",
    "ReportedBuyer",
    "StepUpCode",
    "Suppression",
    "TermsAcceptance",
    "User",
]
