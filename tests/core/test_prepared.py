"""A query that is put together once finds what its queryset finds, and takes the same locks."""

import uuid

import pytest
from django.db import connection, transaction
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from aiqleads.core.models import OutboxEvent
from aiqleads.core.prepared import Joined, Prepared
from marketplace import services
from marketplace.models import Claim
from marketplace.services.holding import locked_cart

pytestmark = pytest.mark.django_db


def test_it_finds_what_the_queryset_finds_for_whichever_ids(make_lead, alice, charlie):
    holders = {services.hold_lead(lead_id=make_lead().pk, buyer=buyer).pk: buyer for buyer in (alice, charlie)}
    held = Prepared(lambda membership_id: Claim.objects.live().filter(membership=membership_id))

    for claim_id, buyer in holders.items():
        assert [claim.pk for claim in held.rows(membership_id=buyer.pk)] == [claim_id]
    assert held.first(membership_id=uuid.uuid4()) is None


def test_it_is_put_together_once(alice):
    built = []
    held = Prepared(lambda membership_id: built.append(1) or Claim.objects.filter(membership=membership_id))

    with CaptureQueriesContext(connection) as sent:
        for _ in range(3):
            held.rows(membership_id=alice.pk)

    assert (len(built), len(sent)) == (1, 3)


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_refused_outside_a_transaction(alice):
    with transaction.atomic():
        locked_cart(alice)

    with pytest.raises(transaction.TransactionManagementError):
        locked_cart(alice)


PEOPLE = """
SELECT {columns}, upper(person.email) FROM accounts_user person
LEFT JOIN accounts_membership member ON member.id = person.membership_id WHERE person.email = %s
"""


def test_a_row_of_several_models_is_what_each_of_them_finds(alice, olga):
    people = Joined(PEOPLE, person=User, member=Membership)

    user, member, told = people.first("alice@example.com")

    expected = [User.objects.get(pk=alice.user_id), Membership.objects.get(pk=alice.pk)]
    assert [told_of(user), told_of(member), told] == [*map(told_of, expected), "ALICE@EXAMPLE.COM"]
    assert people.first(olga.email)[1] is None
    assert people.first("nobody@example.com") is None


def told_of(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_models_whose_fields_read_what_the_database_tells_are_refused():
    with pytest.raises(TypeError, match="OutboxEvent"):
        Joined("SELECT {columns} FROM core_outboxevent event", event=OutboxEvent)


def test_relations_and_annotations_are_those_of_the_queryset(make_lead, alice, django_assert_num_queries):
    claim = services.hold_lead(lead_id=make_lead().pk, buyer=alice)
    lines = Claim.objects.select_related("lead__listing", "slot").annotate(shout=Upper("state"))
    prepared = Prepared(lambda claim_id: lines.filter(pk=claim_id))
    expected = lines.get(pk=claim.pk)

    with django_assert_num_queries(1):
        found = prepared.first(claim_id=claim.pk)
        rows = [found, found.slot, found.lead, found.lead.listing]

    assert [told_of(row) for row in rows] == [
        told_of(row) for row in (expected, expected.slot, expected.lead, expected.lead.listing)
    ]
    assert found.shout == "HELD"
    assert found._state.adding is False
