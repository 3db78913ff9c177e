"""What an agent comes back for, in a real browser and without scripts: searches, prices that drop, known owners."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from playwright.sync_api import Page, expect

from aiqleads.core.personal_data import keyed_hash
from leads.address import parse_address
from leads.models import Contact
from leads.sightings import building_hash
from marketplace import services
from marketplace.models import Listing
from tests.conftest import offer_lead
from tests.journeys.conftest import elsewhere
from tests.journeys.test_buying_a_lead import card_of

pytestmark = pytest.mark.journey

WITHOUT_SCRIPTS = {"java_script_enabled": False, "viewport": {"width": 390, "height": 844}}


@pytest.fixture
def page(open_page, alice) -> Page:
    return open_page(alice, **WITHOUT_SCRIPTS)


def chips(page: Page) -> list[str]:
    listed = page.get_by_role("list", name="Filters in force").locator("a.chip")
    return [words.split("\n")[0] for words in listed.all_inner_texts()]


def test_a_search_in_words_is_corrected_kept_heard_of_and_silenced(page, make_lead, open_source):
    near, dear = make_lead(), make_lead(asking_price_cents=900_000_00)
    page.goto("/leads/")
    page.get_by_label("Words", exact=True).fill("3 beds in Austin under 500k")
    page.get_by_role("button", name="Search", exact=True).click()
    assert set(chips(page)) == {"Austin", "TX", "3+ beds", "up to $500,000"}
    expect(card_of(page, near)).to_be_visible()
    expect(card_of(page, dear)).to_have_count(0)

    page.get_by_role("link", name="up to $500,000").click()
    expect(card_of(page, dear)).to_be_visible()
    page.get_by_role("button", name="Save this search").click()
    page.get_by_label("Tell me of new leads").select_option(label="At once")
    page.get_by_role("button", name="Keep").click()

    new = elsewhere(lambda: offer_lead(open_source, street="Juniper Lane"))
    elsewhere(services.tell_of_due_searches)
    page.goto("/alerts/")
    page.get_by_role("button", name="Unread").click()
    expect(card_of(page, new)).to_be_visible()

    [letter] = mail.outbox
    page.goto(stop_address(letter))
    page.get_by_role("button", name="No more of these letters").click()
    elsewhere(lambda: offer_lead(open_source, street="Alder Lane"))
    elsewhere(services.tell_of_due_searches)
    assert len(mail.outbox) == 1
    assert page.goto("/alerts/")
    expect(page.get_by_role("button", name="Unread")).to_have_count(1)


def stop_address(letter) -> str:
    return str(letter.extra_headers["List-Unsubscribe"]).strip("<>").split("/", 3)[3].join(("/", ""))


def test_leads_are_watched_compared_and_heard_of_when_cheaper(page, make_lead):
    maple, birch = make_lead(street="Maple Lane"), make_lead(street="Birch Lane", price_credits=20)
    page.goto(f"/leads/{birch.pk}/")
    page.get_by_role("button", name="Watch").click()
    page.goto(f"/leads/{maple.pk}/")
    page.goto("/watchlist/")
    expect(page.get_by_role("region", name="Looked at last").locator("li.lead")).to_have_count(1)

    page.goto("/leads/")
    for lead in (maple, birch):
        card_of(page, lead).get_by_label("Compare").check()
    page.get_by_role("button", name="Compare the marked leads").click()
    prices = page.get_by_role("row", name="Your price").get_by_role("cell").all_inner_texts()
    assert sorted(prices) == ["10 credits", "20 credits"]

    Listing.objects.filter(pk=birch.pk).update(price_credits=15)
    elsewhere(lambda: services.tell_watchers_of_price(lead_id=birch.pk))
    page.goto("/alerts/")
    page.get_by_role("button", name="Unread").click()
    expect(page).to_have_url(f"/leads/{birch.pk}/")


def test_owners_of_a_crm_are_marked_before_they_are_paid_for(page, alice, lead, make_lead):
    phone = "+15125550142"
    home = parse_address("12 Hidden Creek Road", city="Austin", state="TX", zip_code="78704")
    known = make_lead(address_line="12 Hidden Creek Road", address_hash=building_hash(home))
    Contact.objects.create(
        lead=known,
        observation=known.observations.get(),
        phone=phone,
        phone_hash=keyed_hash(phone, purpose="phone"),
    )
    EmailAddress.objects.update_or_create(
        user=alice.user, email=alice.user.email, defaults={"primary": True, "verified": True}
    )
    rows = "Phone,Address,City,State,Zip\n(512) 555-0142,12 Hidden Creek Rd,Austin,TX,78704\n"

    page.goto("/crm-matches/")
    contacts = {"name": "contacts.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.locator("input[type=file]").set_input_files(contacts)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(card_of(page, known)).to_be_visible()

    page.goto("/leads/")
    expect(card_of(page, known).get_by_text("Already yours")).to_be_visible()
    expect(card_of(page, lead).get_by_text("Already yours")).to_have_count(0)
