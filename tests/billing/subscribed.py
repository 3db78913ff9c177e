"""Members with plans at the sandbox, begun as they would: on the provider's page, with a card."""

from accounts.models import Membership
from billing import services
from billing.models import Subscription
from billing.providers.sandbox import pages


def begin(member: Membership, plan_code: str = "pro", *, card: str = "good") -> Subscription:
    """A page that was opened and finished, and nothing that was heard of it yet."""
    subscription = services.start_subscription(member=member, plan_code=plan_code, provider="sandbox")
    pages.hand_in(subscription.checkout_id, card)
    return subscription


def subscribe(member: Membership, plan_code: str = "pro", *, card: str = "good") -> Subscription:
    """The same, looked at afterwards."""
    return services.look_at_subscription(begin(member, plan_code, card=card).pk)
