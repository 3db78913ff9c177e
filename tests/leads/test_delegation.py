"""A source given to an operator who is no curator: its screens and its leads in the queue, and nothing else."""

import io
import json
import zipfile

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts import services as accounts
from accounts.errors import NotForOperators
from accounts.models import User
from aiqleads.core.models import AuditEntry
from leads import delegation
from leads.models import Lead, Observation, Source, SourceDelegation, SourceRight
from scraping.models import CrawlRun, SupplierKey
from tests.back_office import SCREENS
from tests.conftest import log_in, make_source, offer_lead
from tests.marketplace.guards import refused_by, take_away, undone

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(db) -> User:
    """An operator without a role."""
    return User.objects.create_user("dana@example.com", is_staff=True)


@pytest.fixture
def other(db) -> Source:
    return make_source("other-site", may_list=True)


@pytest.fixture
def given(open_source, other, dana, olga) -> Source:
    """Of two sources, the one that Dana looks after."""
    delegation.delegate_source(slug=open_source.pk, user_ids=[dana.pk], actor_id=olga.pk)
    return open_source


@pytest.fixture
def danas(dana) -> Client:
    return log_in(Client(), dana)


def page(model, name, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=arguments)


def listed(client, model):
    return list(client.get(page(model, "changelist")).context["cl"].result_list)


def in_review(source) -> Lead:
    lead = offer_lead(source)
    Lead.objects.filter(pk=lead.pk).update(state=Lead.State.REVIEW)
    return lead


def test_who_looks_after_a_source_sees_its_screens_and_its_queue_alone(danas, given, other):
    mine, others = in_review(given), in_review(other)
    runs = [CrawlRun.objects.create(source=source, state="finished") for source in (given, other)]
    right = SourceRight.objects.get(source=given)

    assert (listed(danas, Source), listed(danas, Lead), listed(danas, SourceRight)) == ([given], [mine], [right])
    assert listed(danas, CrawlRun) == runs[:1]
    assert danas.get(page(Source, "change", given.pk)).status_code == 200
    assert danas.get(page(Lead, "change", mine.pk)).status_code == 200
    assert "other-site" not in danas.get(page(CrawlRun, "changelist")).content.decode()
    for model, pk in ((Source, other.pk), (Lead, others.pk), (CrawlRun, runs[1].pk)):
        assert danas.get(page(model, "change", pk), follow=False).status_code in {302, 404}


def test_they_edit_it_and_decide_about_its_leads_one_by_one(danas, given, other):
    mine, others = in_review(given), in_review(other)
    said = {"reason": "Checked against other sources"}

    answers = [danas.post(page(Lead, "approve_this", one.pk), said).status_code for one in (mine, others)]
    opened = [danas.get(page(Source, "edit", one.pk)).status_code for one in (given, other)]
    alone = [danas.get(page(Source, name, given.pk)).status_code for name in ("delegate",)]
    many = danas.post(page(Lead, "changelist"), {"action": "approve", "_selected_action": str(mine.pk)})

    assert (answers, opened, alone) == ([302, 403], [200, 403], [403])
    assert not many.context or not many.context.get("form")
    assert danas.get(page(Source, "add_source")).status_code == 403
    mine.refresh_from_db()
    others.refresh_from_db()
    assert (mine.is_operator_decided, others.is_operator_decided) == (True, False)


def test_every_other_screen_is_closed_to_them(danas, given):
    opened = {model._meta.label for model in SCREENS if danas.get(page(model, "changelist")).status_code == 200}

    assert opened == {
        "leads.Source",
        "leads.SourceRight",
        "leads.Lead",
        "scraping.CrawlArea",
        "scraping.CrawlRun",
        "scraping.SavedPage",
        "scraping.FileImport",
        "scraping.ColumnMapping",
    }
    SupplierKey.objects.create(source=given, name="Partner", beginning="sup_abcdef", key_hash="1:0")
    assert danas.get(page(SupplierKey, "change", SupplierKey.objects.get().pk)).status_code == 403
    menu = danas.get(reverse("admin:index")).context["sidebar_navigation"]
    seen = {entry["title"] for group in menu for entry in group["items"] if entry["has_permission"]}
    assert {"Today", "Sources", "Review queue", "Runs"} <= seen
    assert not seen & {"Journals", "Users", "Suppliers' keys", "Audit trail"}


def test_it_ends_with_the_delegation_the_log_in_and_the_staff(danas, dana, given, olga):
    def opens() -> bool:
        return danas.get(page(Source, "changelist")).status_code == 200

    assert opens()
    delegation.delegate_source(slug=given.pk, user_ids=[], actor_id=olga.pk)
    assert not opens()
    delegation.delegate_source(slug=given.pk, user_ids=[dana.pk], actor_id=olga.pk)
    User.objects.filter(pk=dana.pk).update(is_staff=False)
    assert not delegation.sources_of(User.objects.get(pk=dana.pk)).exists()
    assert not opens()


def test_an_admin_gives_it_by_a_door_that_is_audited(client, olga, dana, open_source):
    log_in(client, olga)
    door = page(Source, "delegate", open_source.pk)

    client.post(door, {"operators": [dana.pk]})
    client.post(door, {"operators": [dana.pk]})

    row = SourceDelegation.objects.get()
    assert (row.user, row.content_object, row.delegated_by) == (dana, open_source, olga)
    assert dana.has_perm("leads.change_source", open_source)
    assert not dana.has_perm("leads.change_source")
    [entry] = AuditEntry.objects.filter(action="source.delegated")
    assert (entry.actor, entry.subject, entry.details) == (
        olga,
        "leads.source:open-site",
        {"to": [[], [dana.pk]]},
    )


def test_it_stands_in_their_own_export(dana, given):
    with zipfile.ZipFile(io.BytesIO(accounts.export_account(user=dana))) as archive:
        told = json.loads(archive.read("sources_given_to_me.json"))

    assert [row["content_object_id"] for row in told] == [given.pk]
    assert all(row["delegated_at"] for row in told)


def test_nobody_else_gives_sources_and_nobody_to_themselves(dana, olga, alice, open_source):
    dana.groups.set(Group.objects.filter(name="curator"))
    for user_id, actor in ((dana.pk, dana), (olga.pk, olga), (alice.user_id, olga), (dana.pk, alice.user)):
        with pytest.raises(NotForOperators):
            delegation.delegate_source(slug=open_source.pk, user_ids=[user_id], actor_id=actor.pk)

    assert not SourceDelegation.objects.exists()


GUARD = "delegation_steps"
"""The trigger in which all that is refused below stands."""
INSERT = (
    "INSERT INTO leads_sourcedelegation (user_id, source_id, delegated_by_id, permission_id, delegated_at) "
    "SELECT {user}, 'open-site', {by}, may.id, core_now() "
    "FROM auth_permission may JOIN django_content_type type ON type.id = content_type_id "
    "WHERE codename = '{may}_source' AND app_label = '{app}'"
)


def test_past_the_service_a_source_is_given_by_an_admin_to_an_operator(open_source, dana, olga, alice):
    usual = {"user": dana.pk, "by": olga.pk, "may": "change", "app": "leads"}
    once = INSERT.format(**usual)
    wrong = {
        "delegated_to_an_operator": INSERT.format(**{**usual, "user": alice.user_id}),
        "delegated_by_another_admin": INSERT.format(**{**usual, "by": alice.user_id}),
        "delegation_is_to_look_after": INSERT.format(**{**usual, "may": "delete"}),
        "delegation_is_written_once": f"{once}; UPDATE leads_sourcedelegation SET delegated_at = core_now()",
        "delegated_once": f"{once}; {once}",
    }

    assert refused_by(once) == ""
    assert refused_by(INSERT.format(**{**usual, "user": olga.pk})) == "delegated_by_another_admin"
    assert refused_by(INSERT.format(**{**usual, "app": "djstripe"})) == "delegation_is_to_look_after"
    for guard, statement in wrong.items():
        assert refused_by(statement) == guard
        with undone():
            take_away(guard)
            assert refused_by(statement) == ""


def test_a_lead_of_two_sources_is_both_curators(given, other, danas):
    lead = in_review(other)
    Observation.objects.create(source=given, lead=lead, external_id_hash="1:0", content_hash="1:0")

    assert listed(danas, Lead) == [lead]
