"""Everything an agent does in a browser, a program does too: each page that takes a form, and its operation."""

import re
from typing import Final
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.api.described import described
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


def routes(patterns=None, prefix="", space=""):
    """Each page with its name, and an address of it; operators' screens and the API are none."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).lstrip("^")
        if route.startswith(("api/", "admin/")):
            continue
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name or route}", address_of(route)


def address_of(route: str) -> str:
    route = re.sub(r"<uuid:\w+>", str(uuid4()), route)
    route = re.sub(r"<int:\w+>", "1", route)
    route = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|<\w+:\w+>|<\w+>", "x", route)
    return "/" + route.replace("$", "").replace("\\.", ".").replace("\\Z", "")


def takes_forms(client: Client, address: str) -> bool:
    """As the page says itself where it is asked for its methods."""
    answer = client.options(address)
    return "Allow" not in answer or "POST" in answer["Allow"]


BROWSERS: Final = "browser: "
HOMEOWNERS: Final = "homeowner: "
DOORS: Final = {
    "marketplace:hold": "post cart/items/",
    "marketplace:join_waitlist": "post leads/{lead_id}/waitlist/",
    "marketplace:leave_waitlist": "delete leads/{lead_id}/waitlist/",
    "marketplace:watch": "post watchlist/",
    "marketplace:unwatch": "delete watchlist/{lead_id}/",
    "marketplace:read_all": "post notifications/read/",
    "marketplace:notification_choices": "patch notifications/choices/",
    "marketplace:unsubscribe": "patch notifications/choices/",
    "marketplace:open_notification": "post notifications/read/",
    "marketplace:search_list": "post saved-searches/",
    "marketplace:change_search": "patch saved-searches/{search_id}/",
    "marketplace:delete_search": "delete saved-searches/{search_id}/",
    "marketplace:territory_list": "post territories/",
    "marketplace:territory": "patch territories/{territory_id}/",
    "marketplace:give_up_territory": "delete territories/{territory_id}/",
    "marketplace:order_list": "post standing-orders/",
    "marketplace:standing_order": "patch standing-orders/{order_id}/",
    "marketplace:agree_to_order": "post standing-orders/{order_id}/consent/",
    "marketplace:pause_order": "post standing-orders/{order_id}/pause/",
    "marketplace:close_order": "delete standing-orders/{order_id}/",
    "marketplace:crm_matches": "post crm-matches/",
    "marketplace:release": "delete cart/items/{claim_id}/",
    "marketplace:extend": "post cart/items/{claim_id}/extend/",
    "marketplace:checkout": "post cart/checkout/",
    "marketplace:top_up": "post cart/top-up/",
    "marketplace:work_area": "put organisation/area/",
    "marketplace:assignment_rule": "put organisation/assignment/",
    "marketplace:check_proof": "post proof/",
    "marketplace:assign": "post purchases/{purchase_id}/assign/",
    "marketplace:share": "post purchases/{purchase_id}/shares/",
    "marketplace:unshare": "delete purchases/{purchase_id}/shares/{member_id}/",
    "marketplace:replay": "post deliveries/{delivery_id}/replay/",
    "marketplace:delivery_settings": "put delivery-settings/",
    "marketplace:add_webhook": "post webhooks/",
    "marketplace:webhook": "patch webhooks/{receiver_id}/",
    "marketplace:rotate_secret": "post webhooks/{receiver_id}/secret/",
    "marketplace:test_webhook": "post webhooks/{receiver_id}/test/",
    "marketplace:replay_given_up": "post webhooks/{receiver_id}/replay/",
    "marketplace:remove_webhook": "delete webhooks/{receiver_id}/",
    "marketplace:connect_follow_up_boss": "put follow-up-boss/",
    "marketplace:disconnect_follow_up_boss": "delete follow-up-boss/",
    "marketplace:mark_outcome": "post purchases/{purchase_id}/outcome/",
    "marketplace:mark_outcome_by_letter": "post purchases/{purchase_id}/outcome/",
    "marketplace:confirm_deletion": "post purchases/{purchase_id}/deleted/",
    "marketplace:change_step": "post reminders/{step_id}/",
    "billing:billing_profile": "put credits/billing-profile/",
    "marketplace:give_back": "post purchases/{purchase_id}/return/",
    "marketplace:appeal": "post purchases/{purchase_id}/return/appeal/",
    "accounts:confirm": "post auth/step-up/",
    "accounts:confirm_code": "post auth/step-up/",
    "accounts:confirm_another": "post auth/step-up/",
    "accounts:make_key": "post me/keys/",
    "accounts:revoke_key": "delete me/keys/{key_id}/",
    "accounts:end_api_session": "delete me/sessions/{session_id}/",
    "accounts:end_api_sessions": "delete me/sessions/",
    "accounts:second_factor_check": "post auth/token/",
    "accounts:second_factor_app": "post me/second-factors/app/confirm/",
    "accounts:second_factor_remove_app": "delete me/second-factors/app/",
    "accounts:second_factor_codes": "post me/second-factors/codes/",
    "accounts:passkey_remove": "delete me/second-factors/passkeys/{passkey_id}/",
    "accounts:passkey_begin_adding": BROWSERS + "a passkey is made for a site by the browser that shows it",
    "accounts:passkey_add": BROWSERS + "as before",
    "accounts:passkey_ask": BROWSERS + "and is asked there",
    "accounts:passkey_check": BROWSERS + "and there alone",
    "accounts:social_begin": BROWSERS + "another site asks its users in its own pages",
    "accounts:social_connect": BROWSERS + "and sends the browser back",
    "accounts:log_in_disconnect": BROWSERS + "and is let go where it was connected",
    "socialaccount_signup": BROWSERS + "as before",
    "openid_connect_callback": BROWSERS + "as before",
    "accounts:export": "get account/export/",
    "accounts:close": "delete account/",
    "accounts:licences": "post me/licences/",
    "accounts:session_end": "delete me/browsers/{browser_id}/",
    "accounts:sessions_end": "delete me/browsers/",
    "accounts:open_organisation": "post organisation/open/",
    "accounts:rename_organisation": "patch organisation/",
    "accounts:invite": "post organisation/invitations/",
    "accounts:resend_invitation": "post organisation/invitations/{invitation_id}/resend/",
    "accounts:revoke_invitation": "delete organisation/invitations/{invitation_id}/",
    "accounts:member": "patch organisation/members/{member_id}/",
    "accounts:remove_member": "delete organisation/members/{member_id}/",
    "accounts:transfer": "post organisation/transfer/",
    "accounts:leave_organisation": "delete organisation/members/{member_id}/",
    "accounts:invitation": "post organisation/invitations/accept/",
    "accounts:terms": "patch me/",
    "account/email/": "put me/email/",
    "account_email": "put me/email/",
    "account/password/change/": "post me/password/",
    "account_change_password": "post me/password/",
    "account/password/set/": "post me/password/",
    "account_set_password": "post me/password/",
    "account_login": "post auth/token/",
    "account_logout": "post auth/token/revoke/",
    "account_signup": "post auth/register/",
    "account_reauthenticate": "post auth/step-up/",
    "account_reset_password": "post auth/password/reset/",
    "account_reset_password_from_key": "post auth/password/reset/confirm/",
    "account_confirm_email": "post auth/email/confirm/",
    "account_confirm_login_code": BROWSERS + "nobody logs in by a code alone: it leads to the log-in",
    "accounts:text_reply": BROWSERS + "a gateway of text messages calls it, no agent",
    "accounts:letter": BROWSERS + "a gateway of letters calls it, no agent",
    "accounts:privacy": HOMEOWNERS + "asks what we hold, without an account",
    "accounts:privacy_ask_for_code": HOMEOWNERS + "as before",
    "accounts:privacy_enter_code": HOMEOWNERS + "as before",
    "accounts:privacy_bring_document": HOMEOWNERS + "as before",
    "accounts:privacy_withdraw": HOMEOWNERS + "as before",
    "billing:message_of_stripe": BROWSERS + "a provider of payments calls it, no agent",
    "billing:message_of_paypal": BROWSERS + "as before",
    "billing:message_of_sandbox": BROWSERS + "as before",
    "billing:sandbox_desk": BROWSERS + "what a bank does, while developing",
    "billing:sandbox_checkout": BROWSERS + "the card form of a provider, while developing",
    "billing:sandbox_bank": BROWSERS + "as before",
    "billing:buy": "post credits/checkout/",
    "billing:plan_begin": "post subscription/",
    "billing:plan_change": "patch subscription/",
    "billing:plan_cancel": "post subscription/cancel/",
    "billing:plan_pause": "post subscription/pause/",
    "billing:plan_resume": "post subscription/resume/",
    "billing:recharge": "put credits/recharge/",
    "billing:recharge_off": "delete credits/recharge/",
    "billing:keep_method": "post credits/methods/",
    "billing:portal": BROWSERS + "a provider shows its page to the browser",
    "scraping:sell": HOMEOWNERS + "offers their home",
    "scraping:find_agent": HOMEOWNERS + "looks for one",
    "scraping:code": HOMEOWNERS + "as before",
    "scraping:another_code": HOMEOWNERS + "as before",
    "scraping:confirm": HOMEOWNERS + "as before",
    "scraping:withdraw": HOMEOWNERS + "as before",
}
"""Page → the operation that does the same, or who needs none and why. A page that takes forms has its row here."""


def test_every_page_that_takes_a_form_has_its_operation(alice):
    client = log_in(Client(), alice.user)
    forms = {name for name, address in routes() if takes_forms(client, address)}
    operations = {
        f"{method} {path.removeprefix('/api/v1/')}" for path, on in described()["paths"].items() for method in on
    }

    assert forms - DOORS.keys() == set(), "name their operations in DOORS, or build them"
    assert {name for name in DOORS if name not in forms} == set(), "these are no pages any more"
    told = {door for door in DOORS.values() if not door.startswith((BROWSERS, HOMEOWNERS))}
    assert told - operations == set()
