"""What listing services' words mean and how feeds are entered, as operators set it."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from aiqleads.core.models import AuditEntry
from leads.models import Source
from scraping.models import FeedAccess, FeedState, StatusRule

pytestmark = pytest.mark.django_db
SET_RULE = "admin:scraping_statusrule_set_rule"


@pytest.fixture
def mls() -> Source:
    return Source.objects.create(slug="acme-mls", name="Acme MLS", family="mls", reader="reso")


def test_a_word_is_explained_and_its_feed_is_read_again(operator, mls):
    FeedState.objects.create(source=mls, modified_until=datetime(2026, 1, 1, tzinfo=UTC), is_loaded=True)

    operator.post(reverse(SET_RULE), {"says": "Temp Off", "meaning": "pending", "source": "acme-mls"})

    rule = StatusRule.objects.get(source=mls)
    state = FeedState.objects.get()
    assert (rule.says, rule.word, rule.meaning) == ("Temp Off", "tempoff", "pending")
    assert (state.modified_until, state.is_loaded) == (None, False)
    assert AuditEntry.objects.get(action="status_rule.set").details["after"] == "pending"


def test_a_word_of_signs_alone_is_refused(operator, mls):
    before = StatusRule.objects.count()

    page = operator.post(reverse(SET_RULE), {"says": "--", "meaning": "pending"}).content.decode()

    assert "Write the word as the listing service does" in page
    assert StatusRule.objects.count() == before


def test_the_shipped_words_are_listed(operator):
    page = operator.get(reverse("admin:scraping_statusrule_changelist")).content.decode()

    assert "Active Under Contract" in page
    assert "Every MLS feed" in page


def test_a_client_secret_is_kept_and_never_shown(operator, mls):
    door = reverse("admin:leads_source_feed_access", args=["acme-mls"])
    said = {
        "token_url": "https://mls.example.com/token",
        "client_id": "us",
        "client_secret": "hush",
        "page_size": 500,
        "overlap_minutes": 10,
        "reconcile_hours": 24,
    }

    operator.post(door, said)
    page = operator.get(door).content.decode()

    access = FeedAccess.objects.get()
    assert (access.client_secret, access.page_size, access.has_pictures) == ("hush", 500, False)
    assert "hush" not in page
    assert "https://mls.example.com/token" in page
    assert "hush" not in str(AuditEntry.objects.get(action="feed.entered").details)
