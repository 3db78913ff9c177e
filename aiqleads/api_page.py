"""What the page at /api/docs/ says before its operations, and their groups: what partners come for is first."""

from typing import Final

DESCRIPTION: Final = """Find, hold and buy real-estate leads.

Leads can be looked at without an account. For the rest sign up (`auth/register/`), log in (`auth/token/`) or make
an API key (`me/keys/`), and put the token or key behind **Authorize**.

* Every refusal is a problem document; its `type` leads to [a page that says what to do](/problems/).
* Send an `Idempotency-Key` with each POST that spends or makes something: repeated, it is done once.
* Lists come in pages; follow `next`. Answers to GET have an `ETag`, and `fields` leaves out what you do not need.
* `RateLimit` says what is left of your limits, `X-Request-ID` what to name when you write to us.
* What happens is told to webhooks, and on the socket at `/ws/market/`.
"""

_GROUPS: Final = {
    "leads": "What is offered: find it, see why it is good and what it costs.",
    "cart": "Hold leads while you decide, and buy them.",
    "purchases": "What you bought: whose it is, what became of it, giving it back.",
    "credits": "What pays for leads.",
    "invoices": "What was paid, as it is taxed.",
    "plans": "What is to be had by the month.",
    "subscription": "The plan that your organisation has.",
    "saved-searches": "Searches that tell you what is new.",
    "watchlist": "Leads whose price you follow.",
    "waitlist": "Leads that somebody else holds.",
    "recommendations": "What may suit you.",
    "standing-orders": "Buying by rules, within caps.",
    "territories": "Ground whose new leads come to you first.",
    "reminders": "Steps that are due today.",
    "reports": "What leads brought.",
    "webhooks": "Where your systems are told.",
    "deliveries": "What was sent, to be sent again.",
    "delivery-settings": "How purchases reach people.",
    "follow-up-boss": "Purchases straight into Follow Up Boss.",
    "crm-matches": "Leads that your CRM knows already.",
    "notifications": "What you were told, and how you want to be.",
    "devices": "Telephones that are told.",
    "auth": "Signing up, logging in, proving who you are.",
    "me": "Your own log-ins, keys, licences and second factors.",
    "organisation": "Members, invitations and rules of your organisation.",
    "account": "Taking your data away, closing the account.",
    "proof": "Checking how often a lead was sold.",
    "intake": "For suppliers: sending leads in.",
}
TAGS: Final = [{"name": name, "description": told} for name, told in _GROUPS.items()]
