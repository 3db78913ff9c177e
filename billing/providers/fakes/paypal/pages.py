"""PayPal's pages: plain forms with a button for each way in which the buyer, or their bank, can answer."""

from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from billing.providers.fakes.paypal.account import Thing
from billing.providers.fakes.paypal.demands import Refusal
from billing.providers.fakes.paypal.payments import DECLINES, PENDS
from billing.providers.fakes.paypal.plans import Plans

CANCELS: Final = "cancel"
_ONCE: Final = {
    "": "Pay now",
    DECLINES: "Pay with a bank that declines",
    PENDS: "Pay with an eCheck that takes days",
    CANCELS: "Cancel and return",
}
_MONTHLY: Final = {"": "Agree", DECLINES: "Agree, with a bank that will decline", CANCELS: "Cancel and return"}
_KEPT: Final = {"": "Save this wallet", CANCELS: "Cancel and return"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page, or where it leads."""

    html: str = ""
    leads_to: str = ""


def page(account: Plans, thing_id: str, form: dict[str, str]) -> Shown:
    """A page before its form was sent, or where it led.

    :raises Refusal: there is no such page
    """
    if thing_id not in account.pages:
        raise Refusal(404, "NOT_FOUND", "Things don't appear to be working at the moment.")
    title, buttons = _about(account, thing_id)
    answer = form.get("answer")
    if answer is None:
        return Shown(html=_html(title, _form(buttons)))
    leads = account.pages[thing_id]
    if answer == CANCELS:
        return Shown(leads_to=_with_token(leads["cancel_url"], thing_id))
    if answer not in buttons:
        raise Refusal(404, "NOT_FOUND", "There is no such button.")
    _answer(account, thing_id, answer)
    return Shown(leads_to=_with_token(leads["return_url"], thing_id))


def autopay(account: Plans, form: dict[str, str]) -> Shown:
    """The page of automatic payments: each subscription, to be ended, or paid by a bank that pays or declines."""
    subscription_id, answer = form.get("subscription", ""), form.get("answer")
    if subscription_id in account.subscriptions and answer == CANCELS:
        account.change_status(subscription_id, "cancel", {"reason": "Cancelled by the payer."})
    elif subscription_id in account.subscriptions and answer is not None:
        account.outcomes[subscription_id] = answer
    parts = [
        f"<h2>{escape(account.plans[one['plan_id']]['name'])}: {one['status']}</h2>"
        + _form({"": "Pay by a good bank", DECLINES: "Pay by a bank that declines", CANCELS: "End"}, one["id"])
        for one in account.subscriptions.values()
    ]
    return Shown(html=_html("Automatic payments", "".join(parts)))


def gone(says: str) -> str:
    return _html("PayPal stand-in", f"<p>{escape(says)}</p>")


def _about(account: Plans, thing_id: str) -> tuple[str, dict[str, str]]:
    if thing_id in account.setups:
        return "Save your PayPal wallet", _KEPT
    if thing_id in account.subscriptions:
        return f"Subscribe to {account.plans[_plan_of(account, thing_id)]['name']}", _MONTHLY
    amount: Thing = account.order(thing_id)["purchase_units"][0]["amount"]
    return f"Pay {amount['value']} {amount['currency_code']}", _ONCE


def _plan_of(account: Plans, subscription_id: str) -> str:
    agreed = account.hidden[subscription_id]["agreed"]
    return str(agreed[0] if agreed else account.subscriptions[subscription_id]["plan_id"])


def _answer(account: Plans, thing_id: str, answer: str) -> None:
    if thing_id in account.setups:
        account.approve_setup(thing_id)
    elif thing_id in account.subscriptions:
        account.agree(thing_id, answer)
    else:
        account.approve(thing_id, answer)


def _with_token(url: str, thing_id: str) -> str:
    """Where the buyer came from, with PayPal's id of what they answered, as PayPal adds it."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode([*parse_qsl(parts.query), ("token", thing_id)])).geturl()


def _form(buttons: dict[str, str], subscription_id: str = "") -> str:
    hidden = f'<input type=hidden name=subscription value="{escape(subscription_id)}">' if subscription_id else ""
    told = "".join(
        f'<p><button name=answer value="{escape(value)}">{escape(says)}</button></p>'
        for value, says in buttons.items()
    )
    return f"<form method=post>{hidden}{told}</form>"


def _html(title: str, body: str) -> str:
    style = (
        ":root{color-scheme:light dark}body{font:1rem system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem}"
    )
    return (
        f'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<title>{escape(title)}</title><style>{style}button{{font:inherit;width:100%;padding:.6rem}}</style>"
        f"<main><p>PayPal stand-in: no money moves.</p><h1>{escape(title)}</h1>{body}</main></html>"
    )
