"""What nobody bought is let go of in its time, and what was sold stays with its sale."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import IdentityCode
from aiqleads.core import clock as database_clock
from aiqleads.core import retention
from leads import services
from leads.models import Contact, Lead, Observation
from scraping.models import SavedPage
from tests.accounts.privacy_requests import asked
from tests.leads.test_pipeline import record
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


def purge(*, is_dry: bool = False) -> dict[str, int]:
    """What went, or is due; of what there is something."""
    return {what: count for what, count in retention.purge(is_dry=is_dry).items() if count}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.EMAIL_FILE_PATH = settings.SMS_SANDBOX_PATH = settings.FOLLOW_UP_BOSS_SANDBOX_PATH = tmp_path / "sent"
    (tmp_path / "sent").mkdir()
    return tmp_path / "sent"


@pytest.fixture
def gone(open_source) -> Lead:
    taken = services.ingest(record=record(), source=open_source)
    services.mark_gone(source=open_source, external_id="a1")
    return Lead.objects.get(pk=taken.lead_id)


def test_contacts_of_unsold_leads_go_after_half_a_year(gone, clock):
    clock.advance(days=179)
    assert purge() == {}

    clock.advance(days=2)

    assert purge(is_dry=True) == {"contacts": 1}
    assert Contact.objects.count() == 1
    assert purge() == {"contacts": 1}
    assert purge() == {}


def test_what_adverts_said_goes_after_a_year(gone, clock):
    clock.advance(days=366)

    assert purge() == {"what adverts said": 1, "contacts": 1}

    assert Observation.objects.get().raw is None


def test_what_stands_on_its_site_stays(open_source, clock):
    services.ingest(record=record(), source=open_source)
    clock.advance(days=400)

    assert purge() == {}


def test_what_was_sold_stays_with_its_sale(lead, alice, open_source, clock):
    buy(lead, alice)
    from leads.outcomes import note_sale  # the sale as scoring knows it

    purchase = lead.purchases.get()
    note_sale(sale_id=purchase.pk, lead_id=lead.pk, sold_at=purchase.bought_at)
    said = lead.observations.get()
    Contact.objects.create(lead=lead, observation=said, phone="+15125550142", phone_hash="1:" + "0" * 64)
    Observation.objects.update(gone_at=said.first_seen_at, raw={"title": "a"})
    clock.advance(days=800)

    assert purge() == {"answers to repeated requests": 1}

    assert Contact.objects.exists()
    assert Observation.objects.get().raw == {"title": "a"}


def test_pages_kept_as_tests_go_after_a_year(open_source, clock):
    for name in ("old", "older"):
        SavedPage.objects.create(source=open_source, name=name, body="", expected={})
    clock.advance(days=364)
    SavedPage.objects.create(source=open_source, name="young", body="", expected={})
    assert purge() == {}
    clock.advance(days=2)

    assert purge(is_dry=True) == {"saved pages": 2}
    assert purge() == {"saved pages": 2}

    assert [page.name for page in SavedPage.objects.all()] == ["young"]


def test_what_was_sent_and_codes_of_a_month_ago_go(folder, clock):
    request = asked()
    IdentityCode.objects.create(request=request, channel="email", address_hash="1:0")
    clock.advance(days=31)
    IdentityCode.objects.create(request=request, channel="email", address_hash="1:0")
    for name, days in (("old.log", 31), ("new.log", 29)):
        written = (database_clock.now() - timedelta(days=days)).timestamp()
        (folder / name).write_text("To: casey@example.com")
        os.utime(folder / name, (written, written))
    shared = {"identity codes": 1, "sent files": 3}  # the folder stands for three here

    assert purge(is_dry=True) == shared
    purge()

    assert purge() == {}
    assert IdentityCode.objects.count() == 1
    assert [path.name for path in folder.iterdir()] == ["new.log"]
