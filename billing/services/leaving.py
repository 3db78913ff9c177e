"""What becomes of ways of paying when a member closes their account: nobody goes on being charged for who left."""

from accounts.models import Membership
from aiqleads.core import audit, transactions
from billing.models import AutoRecharge, Customer, MethodSetup, PlanChange, Subscription
from billing.services import plan_changes


def let_go_of(member: Membership) -> None:
    """Forget the way of paying that they left, and where nobody else is there end what would go on charging: the
    plan with its period, automatic top-ups at once. Joins the transaction; their account is open still.

    What was paid stays in the books, and the provider's number of the organisation: refunds go back through it.
    """
    transactions.require_transaction()
    colleagues = Membership.objects.filter(organisation=member.organisation_id, user__closed_at=None)
    is_last = not colleagues.exclude(pk=member.pk).exists()
    for customer in Customer.objects.filter(organisation=member.organisation_id).order_by("pk").select_for_update():
        if is_last or _left_by(customer) == member.pk:
            customer.method_id = customer.method_label = ""
            customer.save(update_fields=["method_id", "method_label"])
    if is_last:
        _charge_nobody(member)


def _left_by(customer: Customer) -> object:
    """Who left the way of paying that is kept; None where it came with a payment."""
    setups = MethodSetup.objects.filter(organisation=customer.organisation_id, provider=customer.provider)
    done = setups.exclude(finished_at=None).order_by("-finished_at")
    return done.values_list("member_id", flat=True).first()


def _charge_nobody(member: Membership) -> None:
    recharge = AutoRecharge.objects.select_for_update().filter(organisation=member.organisation_id).first()
    if recharge and recharge.is_on:
        recharge.is_on = False
        recharge.save(update_fields=["is_on"])
        audit.record(actor_id=member.user_id, action="recharge.turned_off", subject=recharge)
    live = Subscription.objects.filter(
        organisation=member.organisation_id, status__in=Subscription.LIVE, cancels_at_period_end=False
    )
    row = live.select_for_update().first()
    if row and not row.plan_changes.filter(status=PlanChange.Status.ASKED).exists():
        plan_changes.ask_for(row, kind=PlanChange.Kind.CANCEL, member=member)
