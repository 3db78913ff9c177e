"""What a buyer does on the sandbox's pages: pay, fail to pay, tell their bank that it is them, leave a card."""

from django.db import transaction

from billing.models.sandbox import SandboxObject
from billing.providers.port import ObjectKind, PaymentStatus, ProviderRefused
from billing.providers.sandbox import memory, payments, subscriptions
from billing.providers.sandbox.cards import CARDS, SAYS, Conduct
from billing.providers.sandbox.memory import Kind


def find_page(page_id: str) -> SandboxObject:
    """A checkout, a portal or an open bill, by its id.

    :raises NotFound: there is none
    """
    kind = {"sbin": Kind.BILL, "sbportal": Kind.PORTAL}.get(page_id.partition("_")[0], Kind.CHECKOUT)
    return memory.find(kind, page_id)


def hand_in(page_id: str, card: str) -> None:
    """A buyer sends the form with one of ``CARDS``; one that asks who they are waits for ``answer``.

    :raises ProviderRefused: it was declined; the page stays open
    """
    if CARDS[card].now == Conduct.ASKS:
        with memory.acting():
            page = find_page(page_id)
            _refuse_closed(page)
            memory.change(page, asks=card)
        return
    _settle(page_id, card, conduct=CARDS[card].now)


def answer(page_id: str, *, is_them: bool) -> None:
    """A buyer tells their bank that it is them, or fails to.

    :raises ProviderRefused: they failed to, or nobody asked; the page stays open
    """
    with memory.acting():
        page = find_page(page_id)
        card = page.data.get("asks", "")
        memory.change(page, asks="")
    if not card:
        raise ProviderRefused("not_asked", "Your bank asks nothing.")
    if not is_them:
        _note(page_id, "authentication_failed")
        raise ProviderRefused("authentication_failed", SAYS["authentication_failed"])
    _settle(page_id, card, conduct=Conduct.PAYS)


def _settle(page_id: str, card: str, *, conduct: Conduct) -> None:
    try:
        with memory.acting():
            page = find_page(page_id)
            memory.locked(Kind(page.kind), page.pk)
            page.refresh_from_db()
            _refuse_closed(page)
            _ACTS[Kind(page.kind)](page, card, conduct)
    except ProviderRefused as refusal:  # whatever was begun is undone; that it failed is kept
        _note(page_id, refusal.code)
        raise


def _note(page_id: str, code: str) -> None:
    with memory.acting():
        memory.change(find_page(page_id), code=code, says=SAYS.get(code, ""))


def _refuse_closed(page: SandboxObject) -> None:
    if page.kind == Kind.CHECKOUT and payments.status_of(page) != PaymentStatus.OPEN:
        raise ProviderRefused("page_closed", "Nothing is left to pay on this page.")


def _hand_in_checkout(page: SandboxObject, card: str, conduct: Conduct) -> None:
    purpose = page.data["purpose"]
    keeps = purpose != "payment" or page.data["saves_method"]
    customer = memory.locked(Kind.CUSTOMER, page.data["customer_id"])
    method = payments.keep_method(customer.pk, card, is_default=keeps)
    facts: dict[str, str] = {"method_id": method.pk, "code": "", "says": ""}
    if purpose == "payment":
        taken = payments.take(_of_checkout(page), method, conduct=conduct)
        facts["capture_id"] = taken.pk
    elif purpose == "subscription":
        facts["subscription_id"] = subscriptions.begin(page, method, conduct=conduct).pk
    elif conduct == Conduct.DECLINES:
        raise ProviderRefused(CARDS[card].code, SAYS[CARDS[card].code])
    status = PaymentStatus.PENDING if conduct == Conduct.PENDING else PaymentStatus.PAID
    memory.change(page, status=status, **facts)
    kind = ObjectKind.SETUP if purpose == "setup" else ObjectKind.CHECKOUT
    memory.happened(f"checkout.{status}", kind, page.pk)


def _of_checkout(page: SandboxObject) -> memory.Data:
    told = {name: page.data[name] for name in ("reference", "description", "total", "currency", "customer_id")}
    return told | {"keeps_method": page.data["saves_method"], "checkout_id": page.pk}


def _hand_in_bill(bill: SandboxObject, card: str, conduct: Conduct) -> None:
    customer_id = memory.find(Kind.SUBSCRIPTION, bill.owner).data["customer_id"]
    method = payments.keep_method(customer_id, card, is_default=True)
    subscriptions.pay_bill(bill, method, conduct=conduct)


def _hand_in_portal(portal: SandboxObject, card: str, conduct: Conduct) -> None:
    if conduct == Conduct.DECLINES:
        raise ProviderRefused(CARDS[card].code, SAYS[CARDS[card].code])
    payments.keep_method(portal.owner, card, is_default=True)
    with transaction.atomic():
        subscriptions.collect_again(portal.owner)


_ACTS = {Kind.CHECKOUT: _hand_in_checkout, Kind.BILL: _hand_in_bill, Kind.PORTAL: _hand_in_portal}
