"""What is promised about returns: a new version, which counts for what is bought from now on."""

from dataclasses import asdict

from aiqleads.core import audit, clock, transactions
from marketplace import selectors
from marketplace.models import ReturnPolicy


@transactions.write
def set_return_policy(
    *, name: str, window_days: int, cap_percent: int, cap_purchases: int, cap_days: int, actor_id: int
) -> ReturnPolicy:
    """Put a new version in force. What was bought before keeps the terms that it was bought under.

    The numbers' bounds are the table's (``return_policy_within_reason``).
    """
    before = asdict(selectors.return_terms())
    after = {
        "window_days": window_days,
        "cap_percent": cap_percent,
        "cap_purchases": cap_purchases,
        "cap_days": cap_days,
    }
    policy = ReturnPolicy.objects.create(name=name, in_force_at=clock.Now(), **after)
    audit.record(actor_id=actor_id, action="return_policy.set", subject=policy, **audit.changes(before, after))
    return policy
