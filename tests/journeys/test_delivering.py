"""What is bought arrives: a webhook set up, a lead bought, letter and signed message read, and sent again."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect
from standardwebhooks.webhooks import Webhook

from leads.models import Contact
from tests.marketplace.receiving import receiving

pytestmark = pytest.mark.journey


def test_an_owner_sets_up_a_webhook_buys_and_sends_it_again(transactional_db, alice, grant, lead, open_page):
    Contact.objects.create(
        lead=lead,
        observation=lead.observations.get(),
        name="Casey Homeowner",
        phone="+15125550142",
        email="casey.home@example.com",
    )
    grant(alice, 50)
    page = open_page(alice, java_script_enabled=False, viewport={"width": 390, "height": 844})
    with receiving() as receiver:
        page.goto("/account/")
        page.get_by_role("link", name="Where your leads go").click()
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_role("button", name="Add a webhook").click()
        secret = page.locator("code.copyable").inner_text()
        page.get_by_role("button", name="Send a test").click()
        expect(page.locator("#delivery-log").get_by_text("Delivered", exact=True)).to_be_visible()
        expect(page.get_by_text(secret)).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page.goto(f"/leads/{lead.pk}/")
        page.get_by_role("button", name=re.compile("^Hold")).first.click()
        expect(page.get_by_text("Yours for", exact=True)).to_be_visible()
        page.goto("/cart/")
        page.get_by_role("button", name=re.compile("^(Buy|Pay)")).click()
        expect(page.get_by_text("Casey Homeowner")).to_be_visible()
        page.goto("/purchases/")
        page.get_by_role("link", name="See contact").click()
        delivered = page.locator("section", has=page.get_by_role("heading", name="Delivered"))
        expect(delivered.get_by_text("Delivered", exact=True)).to_have_count(4)  # the heading and three channels
        delivered.get_by_role("button", name="Send again by Webhook").click()
        expect(page.get_by_text("On its way again")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    test, bought, again = receiver.got
    told = Webhook(secret).verify(bought[1], bought[0])
    assert Webhook(secret).verify(test[1], test[0])["type"] == "webhook.test"
    assert told["data"]["contacts"][0]["email"] == "casey.home@example.com"
    assert told["id"] == Webhook(secret).verify(again[1], again[0])["id"]
    [letter] = mail.outbox
    assert "casey.home@example.com" in letter.body
    assert "Casey" not in letter.subject
