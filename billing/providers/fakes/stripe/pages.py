"""The hosted pages: plain forms with a button for each way in which a payment can end."""

from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlsplit

from billing.providers.fakes.stripe.objects import Thing
from billing.providers.fakes.stripe.payments import SAYS
from billing.providers.fakes.stripe.plans import ENDED, Plans

STEP: Final = "three_d_secure"
_BUTTONS: Final = {
    "": "Pay",
    "card_declined": "Pay with a card that is declined",
    "insufficient_funds": "Pay with a card without funds",
    STEP: "Pay with a card that asks for 3-D Secure",
    "processing": "Pay by a way that takes days",
}
_STEPS: Final = {"": "Complete the authentication", "authentication_required": "Fail the authentication"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page, or where it leads."""

    html: str = ""
    leads_to: str = ""


def page(account: Plans, name: str, thing_id: str, form: dict[str, str], query: dict[str, str]) -> Shown:
    """A page after its form was sent, or before.

    :raises Refusal: there is no such page
    """
    return {"pay": _pay, "bill": _bill, "portal": _portal}[name](account, thing_id, form, query)


def _pay(account: Plans, session_id: str, form: dict[str, str], query: dict[str, str]) -> Shown:
    session = account.get(session_id, "checkout.session")
    outcome = form.get("outcome")
    if outcome is not None and outcome != STEP:
        account.pay_page(session_id, outcome)
    if session["status"] == "complete":
        return Shown(leads_to=session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id))
    if session["status"] == "expired":
        return Shown(html=gone("This page has expired."))
    amount = f"{(session['amount_total'] or 0) / 100:.2f} USD"
    lines = "".join(f"<li>{escape(line['name'])}: {line['amount'] / 100:.2f}</li>" for line in session["_lines"])
    says = f"<p role=alert>{SAYS[outcome]}</p>" if outcome in SAYS else ""
    buttons = _STEPS if outcome == STEP else _BUTTONS
    back = f'<p><a href="{escape(session["cancel_url"] or "")}">Back to the shop</a></p>'
    return Shown(html=_page(f"Pay {amount}", f"<ul>{lines}</ul>{says}{_form(buttons)}{back}"))


def _bill(account: Plans, invoice_id: str, form: dict[str, str], query: dict[str, str]) -> Shown:
    if (outcome := form.get("outcome")) is not None:
        account.pay_bill(invoice_id, outcome)
    invoice = account.get(invoice_id, "invoice")
    title = f"Invoice of {invoice['total'] / 100:.2f} USD"
    if invoice["status"] != "open":
        return Shown(html=_page(title, f"<p>This invoice is {invoice['status']}.</p>"))
    says = f"<p role=alert>{SAYS[outcome]}</p>" if outcome in SAYS else ""
    return Shown(html=_page(title, says + _form({"": "Pay", "card_declined": "Pay with a card that is declined"})))


def _portal(account: Plans, customer_id: str, form: dict[str, str], query: dict[str, str]) -> Shown:
    account.get(customer_id, "customer")
    if (outcome := form.get("outcome")) is not None:
        if outcome.startswith("sub_"):
            account.leave_at_period_end(outcome)
        else:
            account.replace_method(customer_id, outcome=outcome)
    plans = [one for one in account.all("subscription") if one["customer"] == customer_id and _goes_on(one)]
    buttons = {"": "Use another card", "card_declined": "Use a card that will be declined"}
    buttons |= {one["id"]: "Cancel the plan at the end of its period" for one in plans}
    back = query.get("back", "")
    link = f'<p><a href="{escape(back)}">Back</a></p>' if urlsplit(back).scheme in ("http", "https") else ""
    return Shown(html=_page("Billing", _form(buttons) + link))


def _goes_on(told: Thing) -> bool:
    return told["status"] not in ENDED and not told["cancel_at"]


def gone(says: str) -> str:
    """A page that is no more."""
    return _page("Nothing to pay here", f"<p>{escape(says)}</p>")


def _form(buttons: dict[str, str]) -> str:
    inner = "".join(
        f'<p><button name="outcome" value="{escape(value)}">{escape(label)}</button></p>'
        for value, label in buttons.items()
    )
    return f"<form method=post>{inner}</form>"


def _page(title: str, inner: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>body{{font:1rem/1.5 system-ui;max-width:32rem;margin:2rem auto;"
        "padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style></head>"
        f"<body><h1>{escape(title)}</h1><p>A stand-in for Stripe: no money moves.</p>{inner}</body></html>"
    )
