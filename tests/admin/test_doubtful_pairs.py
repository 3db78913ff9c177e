"""The side-by-side queue: what differs is marked, a decision is kept, and a merge can be taken back."""

from decimal import Decimal

import pytest
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from leads.models import DoubtfulPair, Lead, Merge
from tests.leads.test_grouping import NOWHERE, bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(open_source):
    bring(open_source, external_id="a", beds=None, area_sqft=None)
    bring(open_source, external_id="b", **NOWHERE, asking_price=Decimal(405_000))
    return DoubtfulPair.objects.get()


def act(operator, pair, door, **said):
    return operator.post(reverse(f"admin:leads_doubtfulpair_{door}", args=[pair.pk]), said)


def test_the_queue_and_the_pair_tell_what_differs_and_why(operator, pair):
    queue = operator.get(reverse("admin:leads_doubtfulpair_changelist"), {"state__exact": "open"})
    page = operator.get(reverse("admin:leads_doubtfulpair_change", args=[pair.pk])).content.decode()

    assert "asking $412,000" in queue.content.decode()
    assert page.count('class="differs"') == 1
    assert "$405,000" in page
    assert "The same contact." in page
    assert not {"1506", "5550142", "Casey"} & set(page.replace("<", " ").replace(">", " ").split())


def test_the_same_home_asks_first_and_then_merges(operator, olga, pair):
    asked = act(operator, pair, "same_home").content.decode()
    before = Merge.objects.count()

    act(operator, pair, "same_home", step="confirm")

    assert "Becomes part of it" in asked
    assert before == 0
    assert Merge.objects.get().actor == olga
    assert (DoubtfulPair.objects.get().state, DoubtfulPair.objects.get().decided_by) == ("same", olga)
    assert Lead.objects.filter(state="merged").count() == 1


def test_different_homes_stay_apart(operator, olga, pair):
    act(operator, pair, "different_homes")

    assert DoubtfulPair.objects.get().state == "different"
    assert AuditEntry.objects.filter(action="leads.kept_apart", actor=olga).count() == 1
    assert not Merge.objects.exists()


def test_what_is_decided_offers_no_button_to_decide_it_again(operator, pair):
    def shown(model, row) -> set[str]:
        """The buttons of a row's page."""
        page = operator.get(reverse(f"admin:leads_{model}_change", args=[row.pk])).content.decode()
        doors = ("same_home", "different_homes") if model == "doubtfulpair" else ("undo",)
        return {door for door in doors if reverse(f"admin:leads_{model}_{door}", args=[row.pk]) in page}

    assert shown("doubtfulpair", pair) == {"same_home", "different_homes"}
    act(operator, pair, "same_home", step="confirm")
    merge = Merge.objects.get()
    assert shown("doubtfulpair", pair) == set()
    assert shown("merge", merge) == {"undo"}
    operator.post(reverse("admin:leads_merge_undo", args=[merge.pk]), {"step": "confirm"})

    assert shown("merge", merge) == set()


def test_a_merge_is_undone_from_its_page(operator, olga, pair):
    act(operator, pair, "same_home", step="confirm")
    merge = Merge.objects.get()
    page = operator.get(reverse("admin:leads_merge_change", args=[merge.pk])).content.decode()

    operator.post(reverse("admin:leads_merge_undo", args=[merge.pk]), {"step": "confirm"})
    again = operator.post(reverse("admin:leads_merge_undo", args=[merge.pk]), {"step": "confirm"})

    assert "The same contact." in page
    assert Merge.objects.get().undone_by == olga
    assert again.status_code == 422
    assert "undone before" in again.content.decode()
    assert Lead.objects.filter(state="merged").count() == 0
