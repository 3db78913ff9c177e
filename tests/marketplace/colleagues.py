"""More members for an organisation of the cast."""

from accounts.models import Membership, TermsAcceptance, User
from accounts.plans import CURRENT_TERMS_VERSION
from tests.conftest import licensed


def join(owner: Membership, name: str, role: Membership.Role = Membership.Role.BUYER) -> Membership:
    user = User.objects.create_user(f"{name}@example.com", "correct horse battery")
    licensed(user, "TX")
    TermsAcceptance.objects.create(user=user, version=CURRENT_TERMS_VERSION)
    return Membership.objects.create(user=user, organisation=owner.organisation, role=role)
