"""A bad lead comes back, in a real browser and without scripts: promise, form, answer, appeal, proof."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from leads.models import Contact
from marketplace import services
from marketplace.models import Return
from tests.journeys.conftest import elsewhere, log_in_beside_the_form
from tests.marketplace.returned import buy

pytestmark = pytest.mark.journey


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def bought(transactional_db, lead, alice):
    Contact.objects.create(
        lead=lead, observation=lead.observations.get(), name="Casey Homeowner", phone="+15125550142"
    )
    return buy(lead, alice)


def test_a_buyer_gives_a_lead_back_and_appeals_without_scripts(bought, olga, alice, open_page, tmp_path):
    proof = tmp_path / "note.txt"
    proof.write_text("Rang twice: no such number.")
    page = open_page(alice, java_script_enabled=False, viewport={"width": 390, "height": 844})

    page.goto(f"/purchases/{bought.pk}/")
    expect(page.get_by_text("Casey Homeowner")).to_be_visible()
    page.get_by_role("link", name="Give it back").click()
    page.get_by_label("Wrong number").check()
    page.get_by_label("In your own words").fill("A pizza parlour answered.")
    page.get_by_label("Evidence").set_input_files(proof)
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_text("Waits for a decision")).to_be_visible()

    asked = Return.objects.get()
    desk = open_page(java_script_enabled=False, viewport={"width": 390, "height": 844})
    log_in_beside_the_form(desk, olga, page.evaluate("location.origin"))
    desk.goto(reverse("admin:marketplace_return_change", args=[asked.pk]))
    desk.get_by_role("link", name="Refuse").click()  # nothing lies over it
    expect(desk.get_by_label("Why")).to_be_visible()
    decision = {"return_id": asked.pk, "actor_id": olga.pk}
    elsewhere(lambda: services.decide_return(**decision, is_accepted=False, says="It rang."))
    page.reload()
    page.get_by_role("link", name="Appeal").click()
    page.get_by_label("What did we overlook?").fill("It rang at a pizza parlour.")
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_text("Appealed", exact=True)).to_be_visible()

    elsewhere(lambda: services.decide_return(**decision, is_accepted=True, says="So it is."))
    page.reload()
    expect(page.get_by_text("its contact is closed to you")).to_be_visible()
    expect(page.get_by_text("Casey Homeowner")).to_have_count(0)

    page.get_by_role("link", name="The signed proof").click()
    expect(page.get_by_role("heading", name="Sold 1 of 1, 1 of them given back")).to_be_visible()
    page.get_by_role("link", name="Check it").click()
    expect(page.get_by_text("We signed this: sold 1 of 1, 1 of them given back.")).to_be_visible()
    expect(page).to_have_url(re.compile(reverse("marketplace:check_proof")))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
