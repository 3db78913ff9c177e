"""Purchases shared with colleagues who do not see all of them: who reads what, until when, what they may not."""

import io
import json
import zipfile
from unittest.mock import ANY

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import services as accounts
from accounts.errors import NotYourRole
from accounts.models import Membership, Suppression
from accounts.privacy.people import Person
from accounts.services import erasures
from accounts.services.leaving import close_account
from aiqleads.core.models import AuditEntry
from leads.models import Contact
from marketplace import errors, selectors, services
from marketplace.models import Notification, Purchase, PurchaseShare
from marketplace.return_rules import Reason
from tests.api.conftest import client_of
from tests.api.problems import assert_problem
from tests.conftest import log_in
from tests.marketplace.colleagues import join
from tests.marketplace.guards import refused_by, take_away, undone
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db

NAME = "Casey Homeowner"


@pytest.fixture
def bought(lead, alice, grant) -> Purchase:
    grant(alice, 50)
    Contact.objects.create(
        lead=lead, observation=lead.observations.get(), name=NAME, phone="+15125550142", email="casey@example.com"
    )
    return selectors.access_purchase(viewer=alice, purchase_id=buy(lead, alice).pk)


@pytest.fixture
def shared(bought, alice, bob) -> PurchaseShare:
    return services.share_purchase(purchase_id=bought.pk, to=bob, by=alice)


def exported(member: Membership) -> dict[str, list[dict[str, object]]]:
    with zipfile.ZipFile(io.BytesIO(accounts.export_account(user=member.user))) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_what_is_shared_stands_in_the_exports_of_both_and_names_neither(shared, bought, alice, bob, charlie):
    row = [{"purchase_id": str(bought.pk), "lead_id": str(bought.lead_id), "since": ANY}]

    by, to, nobody = exported(alice), exported(bob), exported(charlie)

    assert (by["purchases_shared_by_me.json"], by["purchases_shared_with_me.json"]) == (row, [])
    assert (to["purchases_shared_by_me.json"], to["purchases_shared_with_me.json"]) == ([], row)
    assert (nobody["purchases_shared_by_me.json"], nobody["purchases_shared_with_me.json"]) == ([], [])
    assert NAME not in json.dumps(to)
    services.unshare_purchase(purchase_id=bought.pk, member_id=bob.pk, by=alice)
    assert exported(bob)["purchases_shared_with_me.json"] == []


def page_of(purchase, member) -> str:
    return log_in(Client(), member.user).get(purchase.get_absolute_url()).content.decode()


def looks(member) -> list[str]:
    seen = AuditEntry.objects.filter(action="contact.seen", actor=member.user)
    return list(seen.values_list("subject", flat=True))


def test_a_viewer_sees_what_is_shared_with_them_and_nothing_else(bought, make_lead, alice, bob):
    other = buy(make_lead(), alice)
    before = list(selectors.purchases(bob))

    services.share_purchase(purchase_id=bought.pk, to=bob, by=alice)

    assert (before, list(selectors.purchases(bob))) == ([], [bought])
    assert bob.user.has_perm("marketplace.view_purchase", bought)
    assert not bob.user.has_perm("marketplace.view_purchase", other)
    assert not bob.user.has_perm("marketplace.view_purchase")
    assert NAME in page_of(bought, bob)
    assert "Shared by alice@example.com" in page_of(bought, bob)
    assert log_in(Client(), bob.user).get(other.get_absolute_url()).status_code == 404
    assert set(selectors.purchases(alice)) == {bought, other}


def test_each_look_is_the_lookers(shared, bought, alice, bob):
    page_of(bought, bob)
    client_of(bob).get(f"/api/v1/leads/{bought.lead_id}/contact/")

    assert looks(bob) == [f"marketplace.purchase:{bought.pk}"] * 2
    assert looks(alice) == []


def test_who_reads_it_may_not_give_it_back_share_it_on_or_work_on_it(shared, bought, alice, bob):
    erin = join(alice, "erin", Membership.Role.VIEWER)
    page = page_of(bought, bob)

    with pytest.raises(NotYourRole):
        services.share_purchase(purchase_id=bought.pk, to=erin, by=bob)
    with pytest.raises(NotYourRole):
        services.unshare_purchase(purchase_id=bought.pk, member_id=bob.pk, by=bob)
    with pytest.raises(NotYourRole):
        services.request_return(purchase_id=bought.pk, buyer=bob, reason=Reason.WRONG_NUMBER)

    assert list(PurchaseShare.objects.values_list("user__email", flat=True)) == ["bob@example.com"]
    assert not hasattr(Purchase.objects.get(pk=bought.pk), "return_request")
    assert not {words for words in ("Give it back", "Stop sharing", "Share it") if words in page}


def test_they_hear_of_it_once_and_it_stands_in_the_trail(shared, bought, alice, bob):
    services.share_purchase(purchase_id=bought.pk, to=bob, by=alice)

    told = Notification.objects.get(kind=Notification.Kind.SHARED)
    assert (told.membership, told.path) == (bob, bought.get_absolute_url())
    assert told.says.startswith("alice@example.com shares a lead with you: ")
    entry = AuditEntry.objects.get(action="purchase.shared")
    assert (entry.actor, entry.subject) == (alice.user, f"marketplace.purchase:{bought.pk}")
    assert entry.details == {"with_member": str(bob.pk)}


def test_what_is_taken_back_is_not_read_any_more(shared, bought, alice, bob):
    client = log_in(Client(), alice.user)

    client.post(reverse("marketplace:unshare", args=[bought.pk, bob.pk]))
    client.post(reverse("marketplace:unshare", args=[bought.pk, bob.pk]))

    assert list(selectors.purchases(bob)) == []
    assert log_in(Client(), bob.user).get(bought.get_absolute_url()).status_code == 404
    assert AuditEntry.objects.filter(action="purchase.unshared").count() == 1


def test_it_is_shared_on_its_page(bought, alice, bob):
    client = log_in(Client(), alice.user)
    offered = client.get(bought.get_absolute_url()).context["share_form"]

    client.post(reverse("marketplace:share", args=[bought.pk]), {"member": str(bob.pk)})

    assert [name for _, name in offered.fields["member"].choices] == ["Choose a colleague", "bob@example.com"]
    assert selectors.shares_of(bought).get().user == bob.user
    assert "bob@example.com, by alice@example.com" in page_of(bought, alice)


def test_programs_share_too(bought, alice, bob, charlie):
    address = f"/api/v1/purchases/{bought.pk}/shares/"
    agent = client_of(alice)

    made = agent.post(address, {"member": "bob@example.com"}, format="json")

    assert made.status_code == 200
    [told] = agent.get(address).json()
    assert (told["member"], told["email"], told["shared_by"]) == (
        str(bob.pk),
        "bob@example.com",
        "alice@example.com",
    )
    assert [one["id"] for one in client_of(bob).get("/api/v1/purchases/").json()["results"]] == [str(bought.pk)]
    assert_problem(agent.post(address, {"member": "charlie@example.com"}, format="json"), 422, "not_a_colleague")
    assert_problem(agent.post(address, {"member": str(alice.pk)}, format="json"), 422, "sees_it_already")
    assert_problem(client_of(bob).get(address), 403, "not_your_role")
    assert client_of(charlie).get(address).status_code == 404
    assert agent.delete(f"{address}{bob.pk}/").status_code == 204
    assert agent.delete(f"{address}{bob.pk}/").status_code == 204
    assert agent.get(address).json() == []


@pytest.mark.parametrize("leaver", ["bob", "dora"])
def test_it_ends_when_either_leaves(bought, alice, bob, leaver):
    dora = join(alice, "dora")
    services.share_purchase(purchase_id=bought.pk, to=bob, by=dora)

    accounts.leave_organisation(member={"bob": bob, "dora": dora}[leaver])

    assert not PurchaseShare.objects.exists()


def test_it_ends_when_an_account_is_closed(shared, bob):
    close_account(user=bob.user)

    assert not PurchaseShare.objects.exists()


def test_what_came_back_is_not_shared(bought, alice, bob, olga):
    asked = services.request_return(purchase_id=bought.pk, buyer=alice, reason=Reason.WRONG_NUMBER)
    if asked.is_open:
        services.decide_return(return_id=asked.pk, is_accepted=True, says="It is.", actor_id=olga.pk)

    with pytest.raises(errors.GivenBack):
        services.share_purchase(purchase_id=bought.pk, to=bob, by=alice)

    assert not PurchaseShare.objects.exists()


def test_an_erased_lead_is_as_empty_to_them(shared, bought, bob):
    erasures.erase_person(Person.of(leads=[bought.lead_id]), why=Suppression.Why.OPERATOR)

    page = page_of(bought, bob)

    assert not {told for told in (NAME, "512-555-0142", "casey@example.com") if told in page}
    contact = client_of(bob).get(f"/api/v1/leads/{bought.lead_id}/contact/").json()
    assert contact.get("contacts", []) == []


GUARD = "share_steps"
"""The trigger in which all that is refused below stands."""
INSERT = (
    "INSERT INTO marketplace_purchaseshare (user_id, purchase_id, shared_by_id, permission_id, shared_at) "
    "SELECT {user}, '{purchase}', '{by}', id, core_now() FROM auth_permission WHERE codename = '{may}_purchase'"
)


def test_past_the_service_a_purchase_is_shared_within_its_organisation_to_be_read(bought, alice, bob, charlie):
    usual = {"user": bob.user_id, "purchase": bought.pk, "by": alice.pk, "may": "view"}
    back = f"UPDATE marketplace_claim SET state = 'returned' WHERE id = '{bought.claim_id}'; "
    once = INSERT.format(**usual)
    wrong = {
        "share_within_organisation": INSERT.format(**{**usual, "user": charlie.user_id}),
        "share_by_who_may": INSERT.format(**{**usual, "by": charlie.pk}),
        "share_is_to_read": INSERT.format(**{**usual, "may": "change"}),
        "share_of_a_standing_sale": f"SET session_replication_role = replica; {back}"
        f"SET session_replication_role = origin; {once}",
        "share_is_written_once": f"{once}; UPDATE marketplace_purchaseshare SET shared_at = core_now()",
        "shared_once": f"{once}; {once}",
    }

    assert refused_by(once) == ""
    for guard, statement in wrong.items():
        assert refused_by(statement) == guard
        with undone():
            take_away(guard)
            assert refused_by(statement) == ""
    assert refused_by(INSERT.format(**{**usual, "user": alice.user_id})) == "share_by_who_may"


@pytest.mark.parametrize(
    ("trigger", "table", "leaving"),
    [
        ("leaving_ends_shares", "membership", "SET left_at = core_now() WHERE role = 'viewer'"),
        (
            "closing_ends_shares",
            "user",
            "SET closed_at = core_now(), is_active = false WHERE email LIKE 'bob%%'",
        ),
    ],
)
def test_a_share_ends_in_the_database(shared, trigger, table, leaving):
    for is_guarded in (True, False):
        with undone(), connection.cursor() as cursor:
            if not is_guarded:
                cursor.execute(f"DROP TRIGGER {trigger} ON accounts_{table}")
            cursor.execute(f"UPDATE accounts_{table} {leaving}")
            assert PurchaseShare.objects.exists() is not is_guarded
