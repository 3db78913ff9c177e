"""What was asked to be forgotten stays forgotten, whatever code is wrong: each guard, and what it keeps out."""

from typing import Final

import pytest
from django.db import connection

from accounts.models import DoNotCallCheck, DoNotCallEdition, DoNotCallList, Erasure, ErasureStep, Suppression
from accounts.privacy.people import Person
from accounts.services import suppression
from aiqleads.core import clock
from leads import services
from leads.models import Consent, Contact, Lead, Observation
from marketplace.models import DeletionNotice
from tests.leads.erased import empty
from tests.leads.test_pipeline import record
from tests.marketplace.guards import again, refused_by, take_away, undone
from tests.marketplace.returned import buy

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]

ERASED: Final = "(SELECT id FROM leads_lead WHERE state = 'erased')"
BREAK_INS: Final = {
    "suppressed_once": again("accounts_suppression", id="987654321"),
    "suppression_is_a_keyed_hash": again("accounts_suppression", id="987654321", hash="'jane@example.com'"),
    "suppression_lifted_once": "UPDATE accounts_suppression SET scope = 'contact'",
    "one_edition_of_a_list_in_force": again("accounts_donotcalledition", id="987654321"),
    "edition_loaded_whole": "UPDATE accounts_donotcalledition SET loaded_at = NULL",
    "edition_kept_five_years": "DELETE FROM accounts_donotcalledition",
    "check_kept_five_years": "DELETE FROM accounts_donotcallcheck",
    "followed_list_is_not_kept": "INSERT INTO accounts_deletionlist (id, state_code, file_name, stored_as, state, "
    "followed_at, rows, matched, unmatched, unreadable, erasures) "
    "VALUES (gen_random_uuid(), 'CA', 'a', 'a', 'followed', now(), 0, 0, 0, 0, 0)",
    "finished_erasure_knows_nobody": "UPDATE accounts_erasure SET finished_at = now() WHERE person IS NOT NULL",
    "erasure_goes_forward": "UPDATE accounts_erasure SET marks = '[]'",
    "holder_erases_once": again("accounts_erasurestep", id="987654321"),
    "erased_step_stays_done": "UPDATE accounts_erasurestep SET done_at = NULL",
    "contact_is_suppressed": "UPDATE leads_contact SET email_hash = (SELECT hash FROM accounts_suppression)",
    "erased_lead_holds_nothing": f"UPDATE leads_lead SET address_line = '1 Main St' WHERE id = {ERASED}",
    "erased_stays_erased": "UPDATE leads_lead SET state = 'active' WHERE state = 'erased'",
    "nothing_kept_of_the_erased": f"UPDATE leads_observation SET raw = 'x' WHERE lead_id = {ERASED}",
    "score_kept_until_erased": "UPDATE leads_score SET quality_score = 1",
    "deletion_asked_of_its_buyer": again(
        "marketplace_deletionnotice",
        purchase_id="(SELECT id FROM marketplace_purchase p WHERE NOT EXISTS "
        "(SELECT FROM marketplace_deletionnotice WHERE purchase_id = p.id))",
        organisation_id="(SELECT id FROM accounts_organisation WHERE id <> r.organisation_id LIMIT 1)",
    ),
    "deletion_confirmed_by_somebody": "UPDATE marketplace_deletionnotice SET confirmed_at = now()",
    "deletion_confirmed_once": "UPDATE marketplace_deletionnotice SET told_at = now()",
}
TRIGGER_OF: Final = {
    "edition_kept_five_years": "call_records_kept_five_years",
    "check_kept_five_years": "call_records_kept_five_years",
}
"""What a guard calls itself where two triggers share its words."""
DROPPED: Final = {
    "deletion_asked_of_its_buyer": "deletion_notice_guard ON marketplace_deletionnotice",
    "deletion_confirmed_once": "deletion_notice_guard ON marketplace_deletionnotice",
    "contact_is_suppressed": "contact_guard ON leads_contact",
    "erased_stays_erased": "lead_stays_erased ON leads_lead",
    "nothing_kept_of_the_erased": "observation_guard ON leads_observation",
    "score_kept_until_erased": "score_is_written_once ON leads_score",
    "suppression_lifted_once": "suppression_guard ON accounts_suppression",
    "erasure_goes_forward": "erasure_guard ON accounts_erasure",
    "erased_step_stays_done": "erasure_step_guard ON accounts_erasurestep",
    "edition_kept_five_years": "edition_kept_five_years ON accounts_donotcalledition",
    "check_kept_five_years": "check_kept_five_years ON accounts_donotcallcheck",
}


@pytest.fixture
def scene(open_source, make_lead, alice, charlie):
    first, _ = (buy(make_lead(), alice) for _ in range(2))
    DeletionNotice.objects.create(purchase=first, organisation=alice.organisation)
    person = Person.of(emails=["somebody@example.com"])
    suppression.suppress(person, Suppression.Why.OPTED_OUT)
    taken = services.ingest(record=record(), source=open_source)
    services.assess_lead(lead_id=taken.lead_id)
    gone = services.ingest(record=record(external_id="b", line="9 Far Rd", phones=()), source=open_source)
    Contact.objects.filter(lead=gone.lead_id).delete()
    empty(Lead.objects.get(pk=gone.lead_id))
    now = clock.now()
    federal = DoNotCallList.objects.create(slug="federal", name="National")
    DoNotCallEdition.objects.create(
        of_list=federal, as_of=now.date(), key_version=1, state="in_force", loaded_at=now
    )
    DoNotCallCheck.objects.create(edition_ids=[])
    begun = Erasure.objects.create(person={}, marks=[["email", ["1:00"]]])
    ErasureStep.objects.create(erasure=begun, number=1, holder="leads", done_at=now)


def test_each_guard_keeps_out_what_it_names_and_nothing_else_does(scene, subtests):
    for guard, break_in in BREAK_INS.items():
        with subtests.test(guard), undone():
            assert refused_by(break_in) == TRIGGER_OF.get(guard, guard)
            if guard in DROPPED:
                with connection.cursor() as cursor:
                    cursor.execute(f"DROP TRIGGER {DROPPED[guard]}")
            else:
                take_away(guard)
            assert refused_by(break_in) == ""


def test_suppressions_and_erasures_are_not_deleted(scene, subtests):
    for guard, table in {
        "suppression_is_kept": "accounts_suppression",
        "erasure_is_kept": "accounts_erasure",
        "deletion_notice_is_kept": "marketplace_deletionnotice",
    }.items():
        with subtests.test(guard), undone():
            assert "rows are written once" in refused_by(f"DELETE FROM {table}")
            take_away(guard)
            assert refused_by(f"DELETE FROM accounts_erasurestep; DELETE FROM {table}") == ""


def test_records_of_lists_go_after_five_years(scene, clock):
    clock.advance(days=5 * 366)

    assert refused_by("DELETE FROM accounts_donotcallcheck; DELETE FROM accounts_donotcalledition") == ""


def test_a_consent_loses_its_proof_with_its_lead_and_nothing_before(scene):
    advert = Observation.objects.exclude(raw=None).filter(lead__state="active").first()
    given = Consent.objects.create(
        observation=advert, text_version="1", given_at=clock.now(), channels=["call"], agents=1, proof={"url": "x"}
    )
    forget = f"UPDATE leads_consent SET proof = NULL WHERE observation_id = '{advert.pk}'"

    assert "rows are written once" in refused_by(forget)
    with undone():
        take_away("consent_is_written_once")
        assert refused_by(forget) == ""
    Contact.objects.filter(observation=advert).delete()
    empty(advert.lead)
    assert refused_by(forget) == ""
    assert "rows are written once" in refused_by(forget.replace("proof = NULL", "agents = 2"))
    assert given.agents == 1
