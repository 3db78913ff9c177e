"""The provider's page on which an organisation changes how it pays."""

from django.conf import settings

from accounts import permissions
from accounts.models import Membership
from accounts.permissions import Action
from aiqleads.core import transactions
from billing.errors import PaymentRefused, ProviderAway
from billing.models import Customer
from billing.providers import choosing
from billing.providers.port import ProviderRefused, ProviderUnreachable


def open_portal(*, member: Membership, provider: str, return_path: str) -> str:
    """Where the member goes on, and comes back from to ``return_path`` of this site; changes nothing of ours.

    :raises NotYourRole | ProviderNotOffered: as they say
    :raises PaymentRefused: the provider knows no such customer, or has no page of that kind
    :raises ProviderAway: it did not answer
    """
    transactions.refuse_transaction()
    permissions.require(member, Action.PAY)
    adapter = choosing.provider(provider)
    customer = Customer.objects.filter(organisation=member.organisation_id, provider=provider).first()
    if customer is None:
        raise PaymentRefused("There is no way of paying yet. You give it when you pay.")
    try:
        url = adapter.portal_url(customer.customer_id, return_url=f"{settings.SITE_URL}{return_path}")
    except ProviderUnreachable as error:
        raise ProviderAway("We cannot reach the provider of your payments. Try again in a moment.") from error
    except ProviderRefused as refusal:
        raise PaymentRefused(refusal.says, provider_code=refusal.code) from refusal
    if not url:
        raise PaymentRefused("This provider has no page for it: change it in your account there.")
    return url
