"""What is on offer: an edit closes a version and opens the next. What was sold keeps its own."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from django.forms import model_to_dict

from accounts.plans import STARTER
from aiqleads.core import audit, transactions
from aiqleads.core.clock import Now
from aiqleads.core.throttles import CountedThrottle
from billing.errors import NothingRevised, TermsUnkeepable
from billing.models import Offered, Pack, Plan

Sold = TypeVar("Sold", bound=Offered)
_VERSIONED = ("version", "offered_from", "offered_until")
MOST_EARLY_MINUTES: Final = 60
"""As the marketplace's windows have it (``marketplace_set_windows``)."""
FLOOR: Final = "Starter is what everybody has without a plan. What it grants changes with the program, not here."


@transactions.write
def revise_pack(*, code: str, actor_id: int, reason: str, **changed: Any) -> Pack:
    """Sell a pack on other terms from now on.

    :param changed: columns with what they are to say; all others stay
    :raises NothingRevised: it says all of that already
    :raises Pack.DoesNotExist: none of that code is on offer
    """
    return _revise(Pack, code, changed, actor_id=actor_id, reason=reason)


@transactions.write
def revise_plan(*, code: str, actor_id: int, reason: str, **changed: Any) -> Plan:
    """Offer a plan on other terms to whoever subscribes from now on; who has it keeps the version they have.

    :param changed: columns with what they are to say; all others stay
    :raises NothingRevised: it says all of that already
    :raises TermsUnkeepable: nobody could be given what it would say
    :raises Plan.DoesNotExist: none of that code is on offer
    """
    if code == Plan.STARTER and any(changed.get(key, value) != value for key, value in _FLOOR.items()):
        raise TermsUnkeepable(FLOOR)
    return _revise(Plan, code, changed, actor_id=actor_id, reason=reason, check=_require_keepable)


_FLOOR: Final = {**STARTER, "monthly_credits": 0}


def _require_keepable(said: Mapping[str, Any]) -> None:
    """What a plan says is what its members meet: nothing that another rule would cut short."""
    most_requests = CountedThrottle().limit("organisation", "").most
    for column, most, because in (
        ("early_minutes", MOST_EARLY_MINUTES, "An offer opens to everybody within an hour."),
        ("hold_minutes", said["cart_minutes"], "A hold ends with its cart."),
        ("api_requests_per_minute", most_requests, "No organisation may ask more often, whatever its plan."),
    ):
        if said[column] > most:
            raise TermsUnkeepable(f"{because} Enter at most {most:,}.", field=column)


@transactions.write
def add_pack(*, code: str, actor_id: int, reason: str, **said: Any) -> Pack:
    """Sell a pack that there was not; or one that was taken off, in its next version.

    :raises NothingRevised: one of that code is on offer: revise it
    """
    newest = Pack.objects.select_for_update().filter(code=code).order_by("-version").first()
    if newest and newest.offered_until is None:
        raise NothingRevised("A pack of this code is on offer. Revise it instead.", field="code")
    pack = Pack.objects.create(code=code, version=newest.version + 1 if newest else 1, **said)
    audit.record(actor_id=actor_id, action="pack.added", subject=pack, reason=reason, **said)
    return pack


@transactions.write
def withdraw_pack(*, code: str, actor_id: int, reason: str) -> None:
    """Sell a pack no more.

    :raises Pack.DoesNotExist: none of that code is on offer
    """
    pack = Pack.objects.select_for_update().get(code=code, offered_until=None)
    Pack.objects.filter(pk=pack.pk).update(offered_until=Now())
    audit.record(actor_id=actor_id, action="pack.withdrawn", subject=pack, reason=reason)


def _revise(
    model: type[Sold],
    code: str,
    changed: Mapping[str, Any],
    *,
    actor_id: int,
    reason: str,
    check: Callable[[Mapping[str, Any]], None] | None = None,
) -> Sold:
    manager: Any = model._default_manager
    old = manager.select_for_update().get(code=code, offered_until=None)
    before = {name: value for name, value in model_to_dict(old).items() if name not in {"id", *_VERSIONED}}
    after = {**before, **changed}
    differences = audit.changes(before, after)
    if not differences:
        raise NothingRevised("This says what is on offer already. Change something, or leave it as it is.")
    if check:
        check(after)
    manager.filter(pk=old.pk).update(offered_until=Now())
    new: Sold = manager.create(version=old.version + 1, **after)
    name = model._meta.model_name
    audit.record(actor_id=actor_id, action=f"{name}.revised", subject=new, reason=reason, **differences)
    return new
