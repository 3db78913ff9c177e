"""Who joins, leaves, owns and may spend: services, the database behind them, the API and the pages."""

import re
import threading
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts import errors, services, step_up
from accounts.models import Entitlement, Invitation, Membership, Organisation, User
from accounts.models.credentials import Scope
from accounts.plans import CURRENT_TERMS_VERSION
from aiqleads.core import clock as database
from aiqleads.core import events
from aiqleads.core.models import AuditEntry, OutboxEvent
from aiqleads.core.postgres import violated_constraint
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.marketplace.colleagues import join
from tests.marketplace.guards import refused_by, take_away, undone

pytestmark = pytest.mark.django_db

Role = Membership.Role
ERIN = "erin@example.com"


@pytest.fixture
def dora(alice: Membership) -> Membership:
    return join(alice, "dora")


def seat(organisation: Organisation, number: int) -> None:
    Entitlement.objects.filter(organisation=organisation, key="seats").update(value=number)


def asked(alice: Membership, email: str = ERIN, role: Membership.Role = Role.BUYER) -> tuple[Invitation, str]:
    """An invitation, and what the link of its letter ends with."""
    invitation = services.invite(by=alice, email=email, role=role)
    events.deliver_all()
    return invitation, link_in(mail.outbox[-1].body)


def link_in(body: str) -> str:
    found = re.search(r"/invitations/([^/\s]+)/", body)
    assert found
    return found[1]


def stepped(member: Membership) -> APIClient:
    client = client_of(member)
    client.credentials(**client._credentials, HTTP_X_STEP_UP=step_up.token_for(member.user))
    return client


def state(organisation: Organisation) -> set[tuple[str, str, int | None]]:
    members = Membership.objects.filter(organisation=organisation).select_related("user")
    return {(one.user.email, one.role, one.cap_credits) for one in members}


def test_a_newcomer_joins_by_the_letters_link(client, alice):
    invitation, token = asked(alice)
    assert mail.outbox[-1].to == [ERIN]
    assert "Join Alice Realty" in client.get(f"/invitations/{token}/").content.decode()

    answer = client.post(
        f"/invitations/{token}/",
        {"first_name": "Erin", "last_name": "Ash", "password": "violet harbour lamp", "accepts_terms": "on"},
    )

    assert (answer.status_code, answer["Location"]) == (302, "/organisation/")
    erin = Membership.objects.get(user__email=ERIN)
    assert (erin.organisation, erin.role, erin.user.membership) == (alice.organisation, "buyer", erin)
    invitation.refresh_from_db()
    assert (invitation.accepted_by, invitation.token_hash.split(":")[0]) == (erin, "1")
    assert token not in str(list(Invitation.objects.values())) + str(list(OutboxEvent.objects.values()))
    assert client.get("/cart/").status_code == 200
    assert client.get(f"/invitations/{token}/").status_code == 410
    actions = AuditEntry.objects.filter(action__in=["member.invited", "member.joined"]).order_by("action")
    assert list(actions.values_list("actor", "action")) == [
        (alice.user_id, "member.invited"),
        (erin.user_id, "member.joined"),
    ]


def test_an_invitation_opens_for_its_own_address_alone(alice, charlie):
    _, token = asked(alice)
    stranger = User.objects.create_user("mallory@example.com", "correct horse battery")

    assert_problem(accept(stranger, token), 403, "invited_elsewhere")
    assert_problem(accept(charlie.user, token), 403, "invited_elsewhere")
    for forged in ("x", token[:-1] + "-", ""):
        answer = accept(stranger, forged)
        assert answer.status_code in {400, 422}

    assert state(alice.organisation) == {("alice@example.com", "owner", None)}


def accept(user: User, token: str) -> Any:
    return client_of(user).post("/api/v1/organisation/invitations/accept/", {"token": token}, format="json")


def test_an_invitation_is_over_after_seven_days_and_a_new_letter_ends_the_old_link(alice, clock):
    invitation, old = asked(alice)
    erin = User.objects.create_user(ERIN, "correct horse battery")
    services.resend_invitation(invitation_id=invitation.pk, by=alice)
    events.deliver_all()
    new = link_in(mail.outbox[-1].body)

    assert_problem(accept(erin, old), 422, "invitation_over")
    clock.advance(days=7, seconds=1)
    assert_problem(accept(erin, new), 422, "invitation_over")
    services.resend_invitation(invitation_id=invitation.pk, by=alice)
    events.deliver_all()
    services.revoke_invitation(invitation_id=invitation.pk, by=alice)
    assert_problem(accept(erin, link_in(mail.outbox[-1].body)), 422, "invitation_over")

    assert erin not in {one.user for one in Membership.objects.all()}


def test_who_is_in_another_organisation_is_told_to_leave_it_first(alice, charlie):
    _, token = asked(alice, email="charlie@example.com")

    told = assert_problem(accept(charlie.user, token), 409, "member_elsewhere")

    assert "Charlie Realty" in told["detail"]
    assert Membership.objects.get(user=charlie.user) == charlie


def test_invitations_take_seats_and_those_taken_back_give_them_back(alice, bob):
    seat(alice.organisation, 3)
    invitation, _ = asked(alice)

    with pytest.raises(errors.NoSeatLeft):
        services.invite(by=alice, email="frank@example.com", role=Role.VIEWER)
    assert Invitation.objects.get() == invitation
    services.invite(by=alice, email=ERIN, role=Role.VIEWER)  # the same person takes no second seat
    open_ones = Invitation.objects.filter(revoked_at=None)
    assert [one.role for one in open_ones] == ["viewer"]
    services.revoke_invitation(invitation_id=open_ones.get().pk, by=alice)
    assert services.invite(by=alice, email="frank@example.com", role=Role.VIEWER)


@pytest.mark.django_db(transaction=True)
def test_two_who_join_at_once_share_no_last_seat(alice):
    tokens = {email: asked(alice, email=email)[1] for email in (ERIN, "frank@example.com")}
    people = {email: User.objects.create_user(email, "correct horse battery") for email in tokens}
    seat(alice.organisation, 2)
    told: dict[str, str] = {}

    def take(email: str) -> None:
        try:
            services.accept_invitation(token=tokens[email], user=people[email])
            told[email] = "in"
        except errors.NoSeatLeft as refusal:
            told[email] = refusal.code
        finally:
            connection.close()

    runs = [threading.Thread(target=take, args=[email]) for email in tokens]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert sorted(told.values()) == ["in", "no_seat_left"]
    assert Membership.objects.filter(organisation=alice.organisation).count() == 2
    assert Invitation.objects.filter(accepted_at=None).count() == 1


def test_without_its_guard_the_last_seat_is_sat_on_twice(alice):
    seat(alice.organisation, 1)
    erin = User.objects.create_user(ERIN, "correct horse battery")

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Membership.objects.create(user=erin, organisation=alice.organisation, role=Role.BUYER)
    assert violated_constraint(refused.value) == "member_within_seats"
    with undone():
        take_away("member_within_seats")
        Membership.objects.create(user=erin, organisation=alice.organisation, role=Role.BUYER)


def test_ownership_goes_over_in_one_step_and_both_are_told(alice, dora):
    answer = stepped(alice).post("/api/v1/organisation/transfer/", {"member": str(dora.pk)}, format="json")

    assert answer.status_code == 200, answer.content
    assert state(alice.organisation) == {("alice@example.com", "buyer", None), ("dora@example.com", "owner", None)}
    events.deliver_all()
    assert sorted(letter.to[0] for letter in mail.outbox) == ["alice@example.com", "dora@example.com"]
    alice.refresh_from_db()
    again = stepped(alice).post("/api/v1/organisation/transfer/", {"member": str(dora.pk)}, format="json")
    assert_problem(again, 403, "not_your_role")


def test_the_last_owner_neither_leaves_nor_steps_down(alice, dora):
    api = stepped(alice)
    address = f"/api/v1/organisation/members/{alice.pk}/"

    assert_problem(api.delete(address), 422, "nobody_left_in_charge")
    assert_problem(api.patch(address, {"role": "buyer"}, format="json"), 422, "nobody_left_in_charge")

    assert state(alice.organisation) == {("alice@example.com", "owner", None), ("dora@example.com", "buyer", None)}
    statement = f"UPDATE accounts_membership SET role = 'buyer' WHERE id = '{alice.pk}'"
    assert refused_by(statement) == "organisation_has_an_owner"
    with undone():
        take_away("organisation_has_an_owner")
        assert refused_by(statement) == ""


def test_roles_and_caps_need_a_second_look_and_an_owner(alice, dora, charlie):
    address = f"/api/v1/organisation/members/{dora.pk}/"
    change = {"role": "viewer", "cap_credits": 50}

    told = assert_problem(client_of(alice).patch(address, change, format="json"), 403, "step_up_required")
    assert "code" in told["how"]
    assert_problem(stepped(dora).patch(address, {"cap_credits": None}, format="json"), 403, "not_your_role")
    assert_problem(stepped(dora).patch(address, {"role": "owner"}, format="json"), 403, "not_your_role")
    assert_problem(stepped(charlie).patch(address, change, format="json"), 404, "not_found")
    assert ("dora@example.com", "buyer", None) in state(alice.organisation)

    kept = stepped(alice).patch(
        address, {**change, "organisation": str(charlie.organisation_id), "user": charlie.user_id}, format="json"
    )

    assert (kept.json()["role"], kept.json()["cap_credits"]) == ("viewer", 50)
    assert ("dora@example.com", "viewer", 50) in state(alice.organisation)
    assert (
        client_of(dora).patch("/api/v1/me/", {"role": "owner", "cap_credits": None}, format="json").status_code
        == 200
    )
    assert ("dora@example.com", "viewer", 50) in state(alice.organisation)
    changed = AuditEntry.objects.filter(action__in=["role.changed", "cap.changed"]).order_by("action")
    assert [entry.details for entry in changed] == [{"cap_credits": [None, 50]}, {"role": ["buyer", "viewer"]}]


def test_caps_are_told_to_owners_and_to_oneself(alice, dora, bob):
    services.set_cap(membership_id=dora.pk, cap_credits=70, by=alice)

    def told(member: Membership) -> dict[str, int | None]:
        people = client_of(member).get("/api/v1/organisation/members/").json()
        return {one["email"].partition("@")[0]: one["cap_credits"] for one in people}

    assert told(alice)["dora"] == told(dora)["dora"] == 70
    assert told(bob)["dora"] is None


def by_key(text: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def test_who_leaves_is_out_and_may_open_their_own(alice, dora, client):
    client.force_login(dora.user, backend="django.contrib.auth.backends.ModelBackend")
    program = client_of(dora)
    key, text = services.create_key(member=dora, name="CRM", scopes=[Scope.READ], lasts_days=30)
    assert program.get("/api/v1/cart/").status_code == by_key(text).get("/api/v1/cart/").status_code == 200

    assert client.post("/organisation/leave/").status_code == 302

    assert Membership.objects.filter(user=dora.user).count() == 0
    left = Membership.ever.get(pk=dora.pk)
    assert left.role == "viewer"
    assert left.left_at <= database.now()
    assert client.get("/cart/").status_code == 403
    assert program.get("/api/v1/cart/").status_code == by_key(text).get("/api/v1/cart/").status_code == 401
    key.refresh_from_db()
    assert key.revoked_at
    assert_problem(client_of(dora).get("/api/v1/cart/"), 403, "no_membership")
    page = client.get("/organisation/").content.decode()
    assert "Open your own" in page
    client.post("/organisation/open/", {"name": "Dora Homes", "accepts_terms": "on"})
    own = Membership.objects.get(user=dora.user)
    assert (own.organisation.name, own.role) == ("Dora Homes", "owner")
    assert_problem(
        client_of(dora).post(
            "/api/v1/organisation/open/",
            {"name": "Two", "accepted_terms_version": CURRENT_TERMS_VERSION},
            format="json",
        ),
        409,
        "member_elsewhere",
    )


def test_an_owner_takes_a_colleague_out_but_nobody_of_another_organisation(alice, dora, charlie):
    assert_problem(stepped(alice).delete(f"/api/v1/organisation/members/{charlie.pk}/"), 404, "not_found")
    assert stepped(alice).delete(f"/api/v1/organisation/members/{dora.pk}/").status_code == 204

    assert state(alice.organisation) == {("alice@example.com", "owner", None)}
    assert state(charlie.organisation) == {("charlie@example.com", "owner", None)}


BREAK_INS = {
    "membership_role_known": "UPDATE accounts_membership SET role = 'king' WHERE role = 'buyer'",
    "who_left_may_not_act": "UPDATE accounts_membership SET left_at = now() WHERE role = 'buyer'",
    "member_stays_who_they_are": "UPDATE accounts_membership SET organisation_id = (SELECT id FROM "
    "accounts_organisation WHERE name = 'Charlie Realty') WHERE role = 'buyer'",
    "member_leaves_once": "UPDATE accounts_membership SET left_at = NULL WHERE left_at IS NOT NULL",
    "member_of_one_organisation": "INSERT INTO accounts_membership (id, user_id, organisation_id, role, created_at)"
    " SELECT gen_random_uuid(), user_id, organisation_id, 'viewer', now() FROM accounts_membership "
    "WHERE role = 'buyer'",
    "invited_to_no_ownership": "UPDATE accounts_invitation SET role = 'owner' WHERE accepted_at IS NULL",
    "invitation_email_is_small": "UPDATE accounts_invitation SET email = 'X@example.com' WHERE accepted_at IS NULL",
    "invitation_ends_in_one_way": "UPDATE accounts_invitation SET accepted_at = now() WHERE accepted_at IS NULL",
    "invited_once": "INSERT INTO accounts_invitation SELECT (jsonb_populate_record(i, jsonb_build_object("
    "'id', gen_random_uuid(), 'token_hash', NULL))).* FROM accounts_invitation i WHERE accepted_at IS NULL",
    "invitation_within_seats": "UPDATE accounts_entitlement SET value = 1 WHERE key = 'seats'; "
    "UPDATE accounts_invitation SET expires_at = expires_at + interval '1 day' WHERE accepted_at IS NULL",
    "invitation_is_used_once": "UPDATE accounts_invitation SET sent_at = now() WHERE accepted_at IS NOT NULL",
    "invitation_is_written_once": "UPDATE accounts_invitation SET role = 'viewer' WHERE accepted_at IS NULL",
    "invitation_in_time": "UPDATE accounts_invitation SET expires_at = '2020-01-01' WHERE accepted_at IS NULL; "
    "UPDATE accounts_invitation SET accepted_at = now(), accepted_by_id = {dora} WHERE accepted_at IS NULL",
    "invitation_of_its_address": "UPDATE accounts_invitation SET accepted_at = now(), accepted_by_id = {dora} "
    "WHERE accepted_at IS NULL",
}
NEEDS_ANOTHER = {
    "invited_to_no_ownership": ["invitation_is_written_once"],
    "invitation_email_is_small": ["invitation_is_written_once"],
    "invitation_ends_in_one_way": ["invitation_of_its_address"],
    "invitation_in_time": ["invitation_of_its_address"],
    "member_leaves_once": ["member_of_one_organisation"],
}
"""Guards that stand before or behind the one that is tried."""


@pytest.fixture
def people(alice: Membership, charlie: Membership) -> Membership:
    """Dora is in, by an invitation; another one is open; Frank has left and is back."""
    _, token = asked(alice, email="dora@example.com")
    dora = services.accept_invitation(token=token, user=User.objects.create_user("dora@example.com", "x"))
    frank = join(alice, "frank", Role.VIEWER)
    services.leave_organisation(member=frank)
    services.invite(by=alice, email=ERIN, role=Role.BUYER)
    return dora


def test_every_guard_of_organisations_is_needed(people):
    for guard, told in BREAK_INS.items():
        statement = told.format(dora=f"'{people.pk}'")
        others = NEEDS_ANOTHER.get(guard, [])
        with undone():
            for other in others:
                take_away(other)
            assert refused_by(statement) == guard
            take_away(guard)
            assert refused_by(statement) == "", guard


def test_where_somebody_is_a_member_is_derived_whatever_is_written(alice, charlie):
    alice.user.membership = charlie
    alice.user.save()

    alice.user.refresh_from_db()
    assert alice.user.membership == alice
    with undone():
        take_away("user_knows_their_membership")
        User.objects.filter(pk=alice.user_id).update(membership=None)
        assert User.objects.get(pk=alice.user_id).membership is None


@pytest.mark.parametrize("path", ["/organisation/", "/organisation/leave/"])
def test_everybody_of_an_organisation_sees_its_page(alice, bob, dora, path):
    for member in (alice, bob, dora):
        browser = Client()
        browser.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
        page = browser.get(path)
        assert page.status_code == 200
        assert "Alice Realty" in page.content.decode()
