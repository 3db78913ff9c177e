"""A bought lead is worked in a real browser, without scripts: words, plan, reminder, a letter's link."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from playwright.sync_api import expect

from aiqleads.core import clock as database_clock
from aiqleads.core import events
from leads.models import Consent, Contact, Outcome
from marketplace import services
from marketplace.models import FollowUp
from tests.journeys.conftest import elsewhere
from tests.marketplace.returned import buy

pytestmark = pytest.mark.journey
AUSTIN = ZoneInfo("America/Chicago")


@pytest.fixture
def bought(transactional_db, lead, alice):
    observation = lead.observations.get()
    observation.facts = {"asking_price_cents": lead.asking_price_cents}
    observation.save(update_fields=["facts"])
    given_at = datetime(2026, 10, 1, tzinfo=UTC)
    Consent.objects.create(
        observation=observation, text_version="sell-1", given_at=given_at, channels=["call", "email"], agents=1
    )
    Contact.objects.create(
        lead=lead, observation=observation, name="Casey Homeowner", phone="+15125550142", email="casey@example.com"
    )
    return buy(lead, alice)


def test_an_agent_works_a_lead_from_its_words_to_its_outcome(bought, alice, open_page, clock):
    page = open_page(alice, java_script_enabled=False, viewport={"width": 390, "height": 844})

    page.goto(f"/purchases/{bought.pk}/")
    expect(page.get_by_role("heading", name="What to say, and when")).to_be_visible()
    expect(page.get_by_text("WHAT YOU KNOW")).to_be_visible()
    expect(page.get_by_text("Texts need the owner's prior consent, and there is none.")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("details.say summary").nth(1).click()
    page.get_by_role("link", name="Copy it as plain text").nth(1).click()
    assert "a real-estate agent with Alice Realty" in page.inner_text("pre")

    first, *_, last = FollowUp.objects.order_by("due_at")
    morning = first.due_at.astimezone(AUSTIN).replace(hour=8, minute=30)
    seconds = (morning - database_clock.now()).total_seconds()
    elsewhere(lambda: clock.advance(seconds=seconds))
    elsewhere(services.remind)
    elsewhere(events.deliver_all)
    page.goto("/")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    page.locator("#today li", has_text=first.says).get_by_role("button", name="Done").click()
    expect(page.locator("#today li", has_text=first.says)).to_have_count(0)

    letter = next(one for one in mail.outbox if one.subject.startswith("Your plans today"))
    link = next(line for line in letter.body.splitlines() if "/outcomes/" in line)
    anybody = open_page()
    anybody.goto("/outcomes/" + link.partition("/outcomes/")[2])
    assert not Outcome.objects.exists()
    anybody.get_by_role("button", name="Appointment").click()
    expect(anybody.get_by_text("Marked: appointment")).to_be_visible()

    page.goto(f"/purchases/{bought.pk}/")
    assert FollowUp.objects.get(pk=last.pk).state == "ended"
    expect(page.get_by_text("Not needed any more").first).to_be_visible()
    expect(page.get_by_role("button", name="Done")).to_have_count(0)
