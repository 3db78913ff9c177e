"""The data map: made of the annotations, held against the columns and against those who answer for them."""

import pytest
from django.apps import apps
from django.utils.html import escape

from accounts.privacy import checks, holders
from accounts.privacy.holders import Holder
from aiqleads.core import data_map
from aiqleads.core.data_map import Personal

NOTE = Personal(what="a thing", whose="homeowners", why="for a test", how_long="a moment")


@pytest.fixture
def annotations(monkeypatch):
    monkeypatch.setattr(data_map, "_NOTES", dict(data_map._NOTES))


def test_every_column_that_may_be_personal_is_described_and_answered_for():
    assert checks.check_personal_data(None) == []


def test_a_column_without_a_row_is_refused(annotations):
    data_map.annotate("leads.contact", name=NOTE, phone=NOTE)

    [found] = checks.check_personal_data(None)

    assert (found.id, found.msg) == (
        "privacy.E001",
        "leads.Contact may hold personal values that nobody described: email.",
    )


def test_a_row_without_a_column_is_refused(annotations):
    data_map.annotate("leads.reading", shoe_size=NOTE)

    assert {found.id for found in checks.check_personal_data(None)} == {"privacy.E002"}


def test_what_no_holder_answers_for_is_refused(annotations):
    data_map.annotate("leads.judgingpolicy", name=NOTE)

    [found] = checks.check_personal_data(None)

    assert (found.id, found.msg) == (
        "privacy.E003",
        "leads.judgingpolicy holds personal values and no holder answers for it.",
    )


def test_a_holder_that_answers_settles_it(annotations):
    class Policies(Holder):
        name = "policies"
        models = frozenset({"leads.judgingpolicy"})

    data_map.annotate("leads.judgingpolicy", name=NOTE)
    holders.register(Policies())
    try:
        assert checks.check_personal_data(None) == []
    finally:
        holders.forget("policies")


def test_every_model_that_a_holder_answers_for_is_there():
    known = {model._meta.label_lower for model in apps.get_models()}

    assert {label for holder in holders.everywhere() for label in holder.models} <= known


@pytest.mark.django_db
def test_the_page_shows_each_row_of_the_map(client):
    page = client.get("/privacy/data/")

    assert page.status_code == 200
    body = page.content.decode()
    rows = list(data_map.rows())
    assert len(rows) > 30
    assert all(escape(row.note.what) in body and escape(row.note.how_long) in body for row in rows)
    assert "365 days" in body
