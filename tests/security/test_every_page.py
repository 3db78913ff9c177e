"""Every role × every page and every command of the sockets: an address or a command without a row fails.

The API's doors stand in ``test_every_role``, those of the back office in ``test_staff_roles``. Pages that somebody
has to log in for are asked past the middleware, so that who is turned away costs nothing to draw.
"""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver
from django_htmx.middleware import HtmxDetails

from accounts import selectors as accounts
from accounts import services, step_up
from accounts.models import Membership, User
from accounts.models.credentials import Scope
from accounts.permissions import Action, allows
from accounts.sockets import MemberSocket
from accounts.staff import StaffRole
from leads import delegation
from marketplace import services as market
from marketplace.consumers import MarketConsumer
from tests.conftest import confirmed
from tests.marketplace.colleagues import join
from tests.security.test_every_role import alices_things
from tests.security.test_staff_roles import Told

pytestmark = pytest.mark.django_db
assert alices_things  # a fixture

PUBLIC: Final = """
landing lead_list lead_map state_picture lead_detail lead_card compare check_proof proof_keys proof unsubscribe
mark_outcome_by_letter privacy privacy_data privacy_sent privacy_request privacy_ask_for_code privacy_enter_code
privacy_bring_document privacy_withdraw privacy_receipt privacy_receipt_document invitation terms scraping:sell
scraping:find_agent scraping:sent scraping:code scraping:another_code scraping:confirm scraping:withdraw text_reply
letter sandbox_desk sandbox_checkout sandbox_bank
message_of_stripe message_of_paypal message_of_sandbox second_factor_check passkey_ask passkey_check social_begin
account_login account_logout account_inactive account_signup account_email_verification_sent account_confirm_email
account_reset_password account_reset_password_done account_reset_password_from_key
account_reset_password_from_key_done account_confirm_login_code openid_connect_callback socialaccount_signup
/metrics /.well-known/security.txt health_live health_ready problems problem /admin/login/
"""
"""Pages of everybody. Some ask for a link, a code or a secret of another kind."""

OF_ANY_LOG_IN: Final = """
confirm confirm_code confirm_another second_factors second_factor_app second_factor_remove_app second_factor_codes
passkey_begin_adding passkey_add passkey_remove log_ins log_in_disconnect social_connect socialaccount_connections
sessions session_end sessions_end organisation open_organisation /account/email/ /account/password/change/
/account/password/set/ account_email account_change_password account_set_password account_reauthenticate
"""
"""Pages of everybody who is logged in, a member or not."""

PAGES: Final[dict[Action, str]] = {
    Action.LOOK: """
        get cart; get waitlist; get reports; get report_file; get territory_list; get territory; get order_list
        get standing_order; get crm_matches; get work_area; get assignment_rule; get credits; get account
        get statement_as_table; get statement_to_print; get payment; get payment_list; get plan_list; get plan_begun
        get plan_change; get settings; get recharge; get method; get buy
        get licences; post licences
    """,
    Action.SEE_SHARED: """
        get purchase_list; get purchase_detail; get plain_text; get assign; get give_back; get appeal
    """,
    Action.KEEP_OWN: """
        get watchlist; post watch; post unwatch; get notification_list; post read_all; get notification_choices
        post notification_choices; post open_notification; get search_list; post search_list
        get show_search; post change_search; post delete_search; get keys; post make_key
        post revoke_key; post end_api_session; post end_api_sessions; get own_data; post export; post close
    """,
    Action.LEAVE: "get leave_organisation; post leave_organisation",
    Action.HOLD: "post hold; post join_waitlist; post leave_waitlist",
    Action.BUY: "post checkout",
    Action.SEE_INVOICES: "get invoices; get invoice_to_print; get billing_profile; post billing_profile",
    Action.PAY: """
        post buy; post top_up; post plan_begin; post plan_change; post plan_cancel; post plan_pause
        post plan_resume; post portal; post recharge; post recharge_off; post keep_method
    """,
    Action.SHARE: "post share; post unshare",
    Action.WORK: "post mark_outcome; post change_step",
    Action.RETURN: "post give_back",
    Action.EXPORT: "get export_purchases",
    Action.REPLAY: "post replay",
    Action.HAND_OVER: "post assign",
    Action.SET_GROUND: "post work_area; post territory_list; post territory; post give_up_territory",
    Action.ORDER: "post order_list; post standing_order; post agree_to_order; post pause_order; post close_order",
    Action.COMPARE_CRM: "post crm_matches",
    Action.SET_DELIVERY: """
        get delivery_settings; post delivery_settings; post add_webhook; get webhook; post webhook
        post rotate_secret; post test_webhook; post replay_given_up; post remove_webhook
        post connect_follow_up_boss; post disconnect_follow_up_boss
    """,
    Action.SET_ASSIGNMENT: "post assignment_rule",
    Action.RENAME: "post rename_organisation",
    Action.INVITE: "post invite; post resend_invitation; post revoke_invitation",
    Action.CHANGE_ROLE: "get member; post member",
    Action.REMOVE_MEMBER: "post remove_member",
    Action.TRANSFER: "get transfer; post transfer",
}
OF_HOLDERS: Final = {"post release", "post extend", "post confirm_deletion", "post appeal"}
"""Of what only somebody who may hold and buy has: to anybody else there is nothing."""
ENDS: Final = {"post close", "post leave_organisation", "post end_api_sessions"}
"""Not asked by whoever may: they would be gone."""
OPERATORS_HAVE_NONE: Final = {"organisation", "open_organisation"}

COMMANDS: Final[dict[str, Scope | None]] = {"ping": None, "lead.ask": Scope.READ, "cart.ask": Scope.READ}
"""What every command of a socket asks for."""

CAPS: Final = dict.fromkeys(
    ("most_credits_per_lead", "daily_leads", "daily_credits", "monthly_leads", "monthly_credits"), 5
)
BODIES: Final[dict[str, dict[str, Any]]] = {
    "work_area": {"zip_codes": "787"},
    "territory_list": {"name": "South", "zip_codes": "78704"},
    "territory": {"name": "South", "zip_codes": "78704"},
    "order_list": {"query": "state=TX", **CAPS},
    "standing_order": {"query": "state=TX", **CAPS},
    "assignment_rule": {"rule": "turn"},
    "mark_outcome": {"status": "contacted"},
    "give_back": {"reason": "wrong_number"},
    "change_step": {"action": "done"},
    "agree_to_order": {"terms": "x", "agrees": "on"},
    "assign": {"member": "turn"},
    "checkout": {"idempotency_key": str(uuid4()), "lines": str(uuid4()), "total_credits": 5},
    "top_up": {
        "idempotency_key": str(uuid4()),
        "lines": str(uuid4()),
        "total_credits": 5,
        "pack": "credits-50",
        "provider": "sandbox",
    },
}
OUTSIDERS: Final = ("no organisation", "delegated", *StaffRole)


def names(told: str) -> set[str]:
    return {one.strip() for one in re.split(r"[;\s]+", told) if one.strip()}


def doors(told: str) -> set[str]:
    return {" ".join(one.split()) for one in re.split(r"[;\n]", told) if one.strip()}


ROWS: Final = {door: action for action, told in PAGES.items() for door in doors(told)}


def addresses() -> Iterator[tuple[str, str, URLPattern]]:
    """The name of each page (or its path, where it has none), its path, and its pattern."""

    def walk(patterns: Any, prefix: str, space: str = "") -> Iterator[tuple[str, str, URLPattern]]:
        for one in patterns:
            path = prefix + str(one.pattern)
            if not hasattr(one, "url_patterns"):
                yield f"{space}{one.name or path}", path, one
            elif path not in {"/admin/", "/api/"}:
                yield from walk(one.url_patterns, path, "scraping:" if one.namespace == "scraping" else "")

    return walk(get_resolver().url_patterns, "/")


def ask(pattern: URLPattern, name: str, method: str, who: Any, row: Any = None) -> str:
    """What a page says: ``log in``, ``refused``, or ``answered``, which it also does where there is nothing."""
    request = getattr(RequestFactory(), method)("/", body_of(name, row or {}) if method == "post" else {})
    request.user, request.session, request.htmx = who, SessionStore(), HtmxDetails(request)
    request.membership = accounts.find_membership(who) if isinstance(who, User) else None
    request._messages, request._dont_enforce_csrf_checks = Told(request), True
    request.allauth = SimpleNamespace()
    if isinstance(who, User):
        request.session[step_up.SESSION_KEY] = step_up.note_for(who)
    given = {key: _value(key, to, row or {}) for key, to in pattern.pattern.converters.items()}
    try:
        answer = pattern.callback(request, **given)
    except PermissionDenied:
        return "refused"
    except Http404:
        return "answered"
    if answer.get("Location", "").startswith("/account/login/"):
        return "log in"
    told = " ".join(str(one) for one in request._messages._queued_messages)
    return "refused" if answer.status_code == 403 or told.startswith("You cannot") else "answered"


def body_of(name: str, row: dict[str, Any]) -> dict[str, Any]:
    said = BODIES.get(name, {})
    if name == "assign":
        return {**said, "purchase": row.get("purchase_id") or uuid4()}
    if name == "crm_matches":
        return {"contacts": SimpleUploadedFile("mine.csv", b"address,zip,phone\n1 Elm St,78704,512-555-0142\n")}
    return said


def _value(key: str, converter: Any, row: dict[str, Any]) -> Any:
    kind = type(converter).__name__
    return row.get(key) or (uuid4() if "UUID" in kind else 999_999 if "Int" in kind else "x")


def methods_of(pattern: URLPattern, who: User) -> set[str]:
    """``get`` and ``post``, as far as a page answers them: it says so itself when it is asked for its options."""
    request = RequestFactory().options("/")
    request.user, request.membership, request.session = who, accounts.find_membership(who), SessionStore()
    request.htmx, request._messages, request.allauth = HtmxDetails(request), Told(request), SimpleNamespace()
    request.session[step_up.SESSION_KEY] = step_up.note_for(who)
    given = {key: _value(key, to, {}) for key, to in pattern.pattern.converters.items()}
    allowed = pattern.callback(request, **given).get("Allow", "GET, POST")
    return {"get", "post"} & {one.strip().lower() for one in allowed.split(",")}


def test_every_page_has_its_row(alice):
    free = names(PUBLIC) | names(OF_ANY_LOG_IN)
    found = {name for name, _, _ in addresses()}
    of_members = {(name, pattern) for name, _, pattern in addresses() if name not in free}

    assert found == free | {door.split()[1] for door in {*ROWS, *OF_HOLDERS}}
    assert {f"{method} {name}" for name, pattern in of_members for method in methods_of(pattern, alice.user)} == {
        *ROWS,
        *OF_HOLDERS,
    }


@pytest.fixture
def outsiders(olga, open_source) -> dict[str, User]:
    """Who is logged in and a member of nothing."""
    people = {name: User.objects.create_user(f"{name[:6]}@example.com") for name in OUTSIDERS}
    for name in OUTSIDERS[1:]:
        User.objects.filter(pk=people[name].pk).update(is_staff=True)
        people[name].refresh_from_db()
        people[name].groups.set(Group.objects.filter(name=name))
    delegation.delegate_source(slug=open_source.pk, user_ids=[people["delegated"].pk], actor_id=olga.pk)
    return people


def suspended(member: Membership, olga: User) -> Any:
    """Who a browser is whose user was logged in, and then suspended."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.session[SESSION_KEY] = str(member.user_id)
    request.session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    request.session[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
    assert get_user(request) == member.user
    services.suspend_user(user_id=member.user_id, reason="Unpaid", actor_id=olga.pk)
    return get_user(request)


def test_strangers_and_the_suspended_log_in_and_outsiders_are_refused(outsiders, charlie, olga):
    nobodies = {"stranger": AnonymousUser(), "suspended": suspended(charlie, olga)}
    wrong = {}
    for name, _, pattern in addresses():
        if name in names(PUBLIC):
            continue
        for door in sorted({*ROWS, *OF_HOLDERS}):
            method, of = door.split()
            if of != name:
                continue
            said = {who: ask(pattern, name, method, user) for who, user in {**nobodies, **outsiders}.items()}
            expected = {who: "log in" if who in nobodies else "refused" for who in said}
            wrong |= {(door, who): said[who] for who in said if said[who] != expected[who]}
        if name in OPERATORS_HAVE_NONE:
            said = {who: ask(pattern, name, "get", user) for who, user in outsiders.items() if user.is_staff}
            wrong |= {
                (name, who): told for who, told in said.items() if told != "refused" and name == "organisation"
            }

    assert wrong == {}


@pytest.fixture
def row(alices_things, alice) -> dict[str, Any]:
    """What addresses name, all of it Alice's."""
    things = alices_things
    return {
        "purchase_id": things["purchases"],
        "receiver_id": things["webhooks"],
        "delivery_id": things["deliveries"],
        "territory_id": things["territories"],
        "order_id": things["standing-orders"],
        "member_id": things["members"],
        "invitation_id": things["invitations"],
        "lead_id": things["contact"],
    }


@pytest.mark.parametrize("role", Membership.Role)
def test_a_page_does_for_each_role_what_the_role_may(role, alice, row):
    """Who may not asks for what is there and is shared with them; who may, for nothing, so that nothing is lost."""
    member = alice if role == Membership.Role.OWNER else join(alice, "frank", role)
    if member != alice:
        confirmed(member.user)
    if role == Membership.Role.VIEWER:
        market.share_purchase(purchase_id=row["purchase_id"], to=member, by=alice)
    wrong = {}
    for name, _, pattern in addresses():
        for method in ("get", "post"):
            action = ROWS.get(f"{method} {name}")
            if action is None or (f"{method} {name}" in ENDS and allows(member, action)):
                continue
            may = allows(member, action)
            said = ask(pattern, name, method, member.user, {} if may else row)
            if said != ("answered" if may else "refused"):
                wrong[f"{method} {name}"] = said

    assert wrong == {}


def test_public_pages_turn_nobody_away(lead):
    client = Client(raise_request_exception=False)
    wrong = {}
    for name, path, pattern in addresses():
        if name not in names(PUBLIC) - {"/metrics", "/admin/login/"} or "(?P" in path:
            continue
        given = {key: _value(key, to, {"lead_id": lead.pk}) for key, to in pattern.pattern.converters.items()}
        answer = client.get(re.sub(r"<(?:\w+:)?(\w+)>", lambda found, given=given: str(given[found[1]]), path))
        if answer.status_code >= 500 or answer.status_code in {401, 403}:
            wrong[name] = answer.status_code

    assert wrong == {}


def test_every_command_of_a_socket_has_its_row():
    sockets = [MarketConsumer, *MemberSocket.__subclasses__()]

    assert {name: needs.scope for socket in sockets for name, (_, needs) in socket.commands.items()} == COMMANDS
