"""Every role × every action × every door of the API, in one place: a door without a row fails.

Vertical: who may not is told so. Horizontal: what
belongs to another organisation is not there. Pages and tasks call the same services; ``tests/accounts`` and
``tests/marketplace`` look at them one by one.
"""

import re
from typing import Any, Final
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group

from accounts import services, step_up
from accounts.models import Membership, User
from accounts.permissions import MAY, Action, allows
from accounts.staff import StaffRole
from aiqleads.api_urls import urlpatterns
from billing import recharge_terms
from billing.models import Pack, Payment
from leads.models import Lead
from marketplace import services as market
from marketplace.grounds import Ground
from tests.api.conftest import client_of, new_client, proven_client_of
from tests.marketplace.colleagues import join
from tests.marketplace.ordered import order_off
from tests.security.conftest import all_rows

pytestmark = pytest.mark.django_db

Role = Membership.Role
METHODS: Final = ("get", "post", "put", "patch", "delete")
CAPS: Final = {
    "most_credits_per_lead": 50,
    "daily_leads": 5,
    "daily_credits": 100,
    "monthly_leads": 20,
    "monthly_credits": 400,
}
ORDER: Final = {"name": "Mine", "query": "state=TX", **CAPS}
CONTACTS: Final = {"contacts": [{"address": "1 Elm St", "zip": "78704", "phone": "512-555-0142"}]}

OUTSIDE: Final = """
get schema/; get docs/; post auth/register/; post auth/token/; post auth/token/refresh/; post auth/token/revoke/
post auth/email/confirm/; post auth/password/reset/; post auth/password/reset/confirm/
post auth/step-up/; get leads/; get leads/clusters/; get leads/{}/; get leads/{}/similar/; get leads/{}/proof/
post organisation/open/; post organisation/invitations/accept/; post intake/; post proof/
"""
"""Doors that ask for no membership: the public's, and those of log-ins that belong to no organisation."""

DOORS: Final[dict[Action, str]] = {
    Action.LOOK: """
        get me/; patch me/; get leads/{}/price-history/; get waitlist/; get cart/; get reports/
        get recommendations/; get credits/; get credits/entries/; get credits/statement.csv
        get credits/statement.pdf; get territories/; get territories/{}/
        get standing-orders/
        get standing-orders/{}/; get crm-matches/; get organisation/; get organisation/members/
        get organisation/area/
        get plans/; get subscription/; get subscription/preview/
        get credits/packs/; get credits/payments/{}/; get credits/recharge/
        get organisation/assignment/; get reminders/; get me/licences/; post me/licences/
    """,
    Action.SEE_SHARED: """
        get leads/{}/contact/; get purchases/; get purchases/{}/; get purchases/{}/deliveries/
        get purchases/{}/outcome/; get purchases/{}/assign/; get purchases/{}/return/
    """,
    Action.KEEP_OWN: """
        get account/export/; delete account/; get me/email/; put me/email/; delete me/email/; post me/password/
        get me/second-factors/; post me/second-factors/app/; delete me/second-factors/app/
        post me/second-factors/app/confirm/; post me/second-factors/codes/
        delete me/second-factors/passkeys/{}/
        get me/browsers/; delete me/browsers/; delete me/browsers/{}/
        get me/keys/; post me/keys/; delete me/keys/{}/; get me/sessions/; delete me/sessions/
        delete me/sessions/{}/
        get devices/; post devices/; delete devices/{}/; get saved-searches/; post saved-searches/
        patch saved-searches/{}/; delete saved-searches/{}/; get watchlist/; post watchlist/; delete watchlist/{}/
        get notifications/; post notifications/read/; get notifications/choices/; patch notifications/choices/
    """,
    Action.HOLD: """
        post leads/{}/waitlist/; delete leads/{}/waitlist/; post cart/items/
    """,
    Action.BUY: "post cart/checkout/",
    Action.SHARE: "get purchases/{}/shares/; post purchases/{}/shares/; delete purchases/{}/shares/{}/",
    Action.EXPORT: "get purchases/export.csv",
    Action.REPLAY: "post deliveries/{}/replay/",
    Action.WORK: "post purchases/{}/outcome/; post reminders/{}/; post purchases/{}/deleted/",
    Action.RETURN: "post purchases/{}/return/; post purchases/{}/return/appeal/",
    Action.HAND_OVER: "post purchases/{}/assign/",
    Action.SET_GROUND: """
        put organisation/area/; post territories/; patch territories/{}/; delete territories/{}/
    """,
    Action.ORDER: """
        post standing-orders/; patch standing-orders/{}/; delete standing-orders/{}/
        post standing-orders/{}/consent/
        post standing-orders/{}/pause/
    """,
    Action.COMPARE_CRM: "post crm-matches/",
    Action.SET_DELIVERY: """
        get delivery-settings/; put delivery-settings/; get follow-up-boss/; put follow-up-boss/
        delete follow-up-boss/
        get webhooks/; post webhooks/; get webhooks/{}/; patch webhooks/{}/; delete webhooks/{}/
        post webhooks/{}/secret/; post webhooks/{}/test/; post webhooks/{}/replay/; get webhooks/{}/deliveries/
    """,
    Action.SEE_INVOICES: """
        get credits/billing-profile/; put credits/billing-profile/; get invoices/; get invoices/{}/file/
    """,
    Action.PAY: """
        post subscription/; patch subscription/; post subscription/cancel/; post subscription/resume/
        post subscription/pause/; post credits/checkout/; post credits/methods/; put credits/recharge/
        delete credits/recharge/; post cart/top-up/
    """,
    Action.SET_ASSIGNMENT: "put organisation/assignment/",
    Action.RENAME: "patch organisation/",
    Action.INVITE: """
        post organisation/members/; get organisation/invitations/; post organisation/invitations/
        delete organisation/invitations/{}/; post organisation/invitations/{}/resend/
    """,
    Action.CHANGE_ROLE: "patch organisation/members/{}/",
    Action.REMOVE_MEMBER: "delete organisation/members/{}/",
    Action.TRANSFER: "post organisation/transfer/",
}
ENDS_ALL: Final = ("delete me/browsers/", "delete me/sessions/", "delete account/")
"""After these the caller is nobody: the last of their doors."""
OWN: Final = {"delete cart/items/{}/", "post cart/items/{}/extend/"}
"""Doors to what only somebody who may hold can have: to anybody else there is nothing."""

BODIES: Final[dict[str, dict[str, Any]]] = {
    "post cart/items/": {"lead": str(uuid4())},
    "post purchases/{}/outcome/": {"status": "contacted"},
    "post reminders/{}/": {"action": "done"},
    "post purchases/{}/return/": {"reason": "wrong_number"},
    "post purchases/{}/return/appeal/": {"evidence": "It is another number."},
    "post purchases/{}/assign/": {"member": "alice@example.com"},
    "post purchases/{}/shares/": {"member": "alice@example.com"},
    "put organisation/area/": {"zip_prefixes": ["787"]},
    "post territories/": {"name": "South", "zip_codes": ["78704"]},
    "patch territories/{}/": {"name": "South"},
    "post standing-orders/": ORDER,
    "patch standing-orders/{}/": ORDER,
    "post standing-orders/{}/consent/": {"terms": "x"},
    "post crm-matches/": CONTACTS,
    "put delivery-settings/": {"is_mailed": True},
    "put follow-up-boss/": {"key": "x"},
    "post webhooks/": {"url": "https://example.com/", "events": ["lead.purchased"]},
    "patch webhooks/{}/": {"is_on": True},
    "post subscription/": {"plan": "pro", "provider": "sandbox"},
    "patch subscription/": {"plan": "premium"},
    "post credits/checkout/": {"pack": "credits-50", "provider": "sandbox"},
    "post credits/methods/": {"provider": "sandbox"},
    "put credits/recharge/": {
        "provider": "sandbox",
        "pack": "credits-50",
        "below_credits": 10,
        "most_a_day": 1,
        "price_cents": 50_00,
        "version": recharge_terms.VERSION,
    },
    "post cart/top-up/": {"pack": "credits-50", "provider": "sandbox"},
    "put organisation/assignment/": {"rule": "turn"},
    "patch organisation/": {"name": "New name"},
    "post organisation/members/": {"email": "new@example.com", "role": "buyer"},
    "post organisation/invitations/": {"email": "new@example.com", "role": "buyer"},
    "patch organisation/members/{}/": {"role": "viewer"},
    "post organisation/transfer/": {"member": str(uuid4())},
}


def doors(told: str) -> set[str]:
    return {one.strip() for one in re.split(r"[;\n]", told) if one.strip()}


ROWS: Final = {door: action for action, told in DOORS.items() for door in doors(told)}


def all_doors() -> set[str]:
    """Each method of each address of the API, ids left open."""
    found = set()
    for pattern in urlpatterns:
        view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
        address = re.sub(r"<[^>]*>", "{}", str(pattern.pattern)).removeprefix("v1/")
        found |= {f"{method} {address}" for method in METHODS if address and hasattr(view, method)}
    return found


def ask(client: Any, door: str, row_id: object) -> Any:
    method, address = door.split()
    told = {"HTTP_IDEMPOTENCY_KEY": uuid4().hex}
    if method in {"post", "put", "patch"}:
        told |= {"data": BODIES.get(door, {}), "format": "json"}
    return getattr(client, method)(f"/api/v1/{address.format(row_id, uuid4())}", **told)


def code_of(answer: Any) -> str:
    return str(answer.json().get("code")) if answer.get("Content-Type") == "application/problem+json" else ""


def stepped(member: Membership) -> Any:
    client = client_of(member)
    client.credentials(**client._credentials, HTTP_X_STEP_UP=step_up.token_for(member.user))
    return client


def test_every_door_of_the_api_has_its_row():
    assert all_doors() == set(ROWS) | doors(OUTSIDE) | OWN


def test_every_action_is_of_some_role_and_asked_for_by_some_door_or_service():
    assert MAY[Role.VIEWER] < MAY[Role.BUYER] < MAY[Role.OWNER] == frozenset(Action)
    asked_elsewhere = {
        Action.SEE_PURCHASES,
        Action.LEAVE,
        Action.SET_CAP,
    }
    assert set(Action) - set(DOORS) == asked_elsewhere


def thing_of(door: str, things: dict[str, object]) -> object | None:
    """The row that an address names."""
    return next((row for part, row in things.items() if f"{part}/{{}}" in door), None)


@pytest.fixture
def alices_things(alice, make_lead, grant) -> dict[str, object]:
    """One row behind every address that names one, and all of them Alice's."""
    grant(alice, 50)
    return things_of(alice, [make_lead(), make_lead()])


def payment_of(member: Membership) -> Payment:
    """Begun, and at no provider yet."""
    pack = Pack.objects.get(code="credits-50")
    return Payment.objects.create(
        organisation=member.organisation,
        member=member,
        provider="sandbox",
        purpose=Payment.Purpose.PACK,
        pack=pack,
        amount_credits=pack.amount_credits,
        net_cents=pack.price_cents,
    )


def things_of(alice: Membership, leads: list[Lead], *, prefix: str = "") -> dict[str, object]:
    """One row behind every address that names one, by the part of the address before it.

    :param leads: two offers, of which she buys one and holds the other
    :param prefix: before the names of whoever else is there
    """
    sold, held = leads
    market.hold_lead(lead_id=sold.pk, buyer=alice)
    [bought] = market.check_out(buyer=alice, idempotency_key="k")
    receiver = market.add_webhook(member=alice, url="http://127.0.0.1:9/hooks", events=["lead.purchased"])
    search = market.save_search(member=alice, name="All", query="state=TX", rhythm="daily")
    key, _ = services.create_key(member=alice, name="CRM", scopes=["read"], lasts_days=30)
    return {
        "purchases": bought.pk,
        "webhooks": receiver.pk,
        "deliveries": bought.deliveries.first().pk if bought.deliveries.exists() else uuid4(),
        "items": market.hold_lead(lead_id=held.pk, buyer=alice).pk,
        "saved-searches": search.pk,
        "territories": market.own_territory(member=alice, name="South", ground=Ground(zip_codes=("78704",))).pk,
        "standing-orders": order_off(alice).pk,
        "members": join(alice, f"{prefix}dora").pk,
        "invitations": services.invite(by=alice, email=f"{prefix}erin@example.com", role=Role.BUYER).pk,
        "keys": key.pk,
        "contact": sold.pk,
        "payments": payment_of(alice).pk,
    }


@pytest.mark.parametrize("role", Role)
def test_who_may_not_is_told_so_and_who_may_is_not(role, alice, alices_things):
    """Who may not asks for what is there; who may, for nothing, so that nothing is lost on the way."""
    member = alice if role == Role.OWNER else join(alice, "frank", role)
    client = stepped(member)
    wrong = {}
    for door, action in sorted(ROWS.items(), key=lambda row: (row[0] in ENDS_ALL, row)):
        thing = uuid4() if allows(member, action) else thing_of(door, alices_things)
        answer = ask(client, door, thing or uuid4())
        is_refused = (answer.status_code, code_of(answer)) == (403, "not_your_role")
        if is_refused == allows(member, action) or answer.status_code >= 500:
            wrong[door] = (answer.status_code, code_of(answer))

    assert wrong == {}
    member.refresh_from_db()
    assert member.role == role


NOT_THERE: Final = {
    "delete saved-searches/{}/": 204,
    "delete standing-orders/{}/": 204,
    "delete territories/{}/": 204,
    "delete cart/items/{}/": 422,
    "post cart/items/{}/extend/": 422,
}
"""Deleting what is not there is answered as deleting it twice, and Alice's stays; no hold is as an ended one."""


def test_what_is_another_organisations_is_not_there(alices_things, alice, charlie):
    client = stepped(charlie)
    wrong = {}
    for door in sorted([*ROWS, *OWN]):
        thing = thing_of(door, alices_things)
        if thing is None:
            continue
        answer = ask(client, door, thing)
        if answer.status_code != NOT_THERE.get(door, 404):
            wrong[door] = (answer.status_code, code_of(answer))

    assert wrong == {}
    assert ask(client_of(charlie), "get leads/{}/contact/", alices_things["contact"]).status_code == 403
    mine = stepped(alice)
    for door in ("get purchases/{}/", "get webhooks/{}/", "get territories/{}/", "get standing-orders/{}/"):
        part = door.split()[1].partition("/")[0]
        assert ask(mine, door, alices_things[part]).status_code == 200
    assert len(mine.get("/api/v1/saved-searches/").json()) == 1


OF_ANY_LOG_IN: Final = {"post auth/step-up/", "post organisation/open/", "post organisation/invitations/accept/"}
"""Doors to whoever is logged in, with or without an organisation."""
OF_SUPPLIERS: Final = {"post intake/"}
NO_MEMBERS: Final = ("stranger", "suspended", "removed", "unconfirmed", *StaffRole)


@pytest.fixture
def nobody(request, alice, alices_things, olga) -> Any:
    """Somebody who is no member, with the token that they had when they still were; each asks from anywhere."""
    who = request.param
    if who == "stranger":
        return new_client()
    if who in {"suspended", "removed"}:
        was = join(alice, "frank", Role.BUYER)
        client = stepped(was)
        if who == "removed":
            services.remove_member(membership_id=was.pk, by=alice)
        else:
            services.suspend_user(user_id=was.user_id, reason="A test.", actor_id=olga.pk)
        return client
    user = User.objects.create_user(f"{who}@example.com", "correct horse battery", is_staff=who in StaffRole.values)
    user.groups.set(Group.objects.filter(name=who))
    return proven_client_of(user)


def expected_of(who: str, door: str) -> tuple[int, str] | None:
    """What somebody who is no member is told at a door; None where it asks for nobody."""
    if door in OF_SUPPLIERS:
        return 401, "not_authenticated"
    if door in doors(OUTSIDE) - OF_ANY_LOG_IN:
        return None
    if who == "stranger":
        return 401, "not_authenticated"
    if who in {"suspended", "removed"}:
        return 401, "token_not_valid"
    return (400, "invalid") if door in OF_ANY_LOG_IN else (403, "no_membership")


@pytest.mark.parametrize(("who", "nobody"), [(who, who) for who in NO_MEMBERS], indirect=["nobody"])
def test_who_is_no_member_is_told_so_at_every_door(who, nobody, alices_things):
    """Every operation is asked about a row that is there."""
    before, wrong = all_rows(), {}
    for number, door in enumerate(sorted(all_doors())):
        nobody.defaults["REMOTE_ADDR"] = f"2001:db8:{number:x}::7"
        is_numbered = "browsers/{}" in door or "passkeys/{}" in door
        answer = ask(nobody, door, 1 if is_numbered else thing_of(door, alices_things) or uuid4())
        told, expected = (answer.status_code, code_of(answer)), expected_of(who, door)
        if (expected and told != expected) or told[0] >= 500 or (not expected and told == (403, "no_membership")):
            wrong[door] = told

    assert wrong == {}
    assert all_rows() == before
