"""A buyer is asked on the purchase's page to delete what its owner had deleted, and says there that they did."""

import pytest
from django.test import Client

from leads.models import Contact
from marketplace import services
from marketplace.models import DeletionNotice
from tests.leads.erased import empty
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


def test_the_buyer_confirms_on_the_page_and_nobody_else_can(lead, alice, charlie):
    purchase = buy(lead, alice)
    Contact.objects.filter(lead=lead).delete()
    empty(lead)
    services.ask_to_delete(lead_id=lead.pk)
    browser, stranger = Client(), Client()
    browser.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")
    stranger.force_login(charlie.user, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(f"/purchases/{purchase.pk}/").content.decode()
    assert "We have deleted it" in page

    refused = stranger.post(f"/purchases/{purchase.pk}/deleted/")
    assert (refused.status_code, DeletionNotice.objects.get().confirmed_at) == (404, None)

    answer = browser.post(f"/purchases/{purchase.pk}/deleted/", follow=True)

    assert "we noted that it is deleted" in answer.content.decode().lower()
    assert DeletionNotice.objects.get().confirmed_by == alice
