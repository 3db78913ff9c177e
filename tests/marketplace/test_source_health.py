"""What came back says how good a source is: on its page, and as an alert."""

from collections import Counter

import pytest
from django.db import transaction
from django.urls import reverse

from aiqleads.core import alerts, events
from leads.merging import merge
from leads.models import Observation
from marketplace import services, source_health
from marketplace.models import Purchase
from marketplace.return_rules import Reason
from tests.conftest import give_credits, log_in, make_source
from tests.marketplace.returned import buy

pytestmark = pytest.mark.django_db


def give_back(purchase, olga, reason) -> None:
    asked = services.request_return(purchase_id=purchase.pk, buyer=purchase.membership, reason=reason)
    services.decide_return(return_id=asked.pk, is_accepted=True, says="So it is.", actor_id=olga.pk)


def test_bad_leads_count_and_buyers_own_reasons_do_not(make_lead, open_source, alice, olga):
    reasons = [Reason.WRONG_NUMBER, Reason.OUT_OF_AREA, None, None]
    for reason in reasons:
        bought = buy(make_lead(), alice)
        if reason:
            give_back(bought, olga, reason)

    record = source_health.record_of(open_source)

    assert (record.sold, record.bad, record.percent) == (4, 1, 25)
    assert source_health.lines_of(open_source)[:2] == [
        ("Sold in 90 days", "4"),
        ("Given back because they were bad", "1 (25 %)"),
    ]


def test_only_sources_that_had_told_of_it_count(make_lead, open_source, alice, clock):
    other, later = make_source("other-site", may_list=True), make_source("later-site", may_list=True)
    lead = make_lead()
    Observation.objects.create(source=other, lead=lead, external_id_hash="1:o", content_hash="1:o")
    buy(lead, alice)
    clock.advance(hours=1)
    Observation.objects.create(source=later, lead=lead, external_id_hash="1:l", content_hash="1:l")

    sold = {source.pk: source_health.record_of(source).sold for source in (open_source, other, later)}

    assert sold == {"open-site": 1, "other-site": 1, "later-site": 0}


def test_a_lead_that_became_another_still_counts_for_its_source(make_lead, open_source, alice):
    winner, loser = make_lead(), make_lead()
    buy(loser, alice)
    with transaction.atomic():
        merge(winner, [loser])
    events.deliver_all()

    assert source_health.record_of(open_source).sold == 1


def test_what_was_sold_long_ago_says_nothing(lead, open_source, alice, clock):
    buy(lead, alice)
    clock.advance(days=91)

    assert source_health.record_of(open_source).sold == 0


def test_its_page_tells_operators(client, olga, lead, open_source, alice):
    give_back(buy(lead, alice), olga, Reason.NOT_THE_OWNER)
    log_in(client, olga)

    page = client.get(reverse("admin:leads_source_change", args=[open_source.pk])).content.decode()

    assert "What became of its leads" in page
    assert "<dt>Given back because they were bad</dt><dd>1 (100 %)" in page
    assert "<dt>Not the owner</dt><dd>1" in page


def buy_out(lead, buyer) -> list[Purchase]:
    """Every copy of a lead in one checkout."""
    give_credits(buyer, 10 * lead.slots.count())
    services.hold_lead(lead_id=lead.pk, buyer=buyer, copies=services.Copies.ALL)
    return services.check_out(buyer=buyer, idempotency_key=str(lead.pk))


def test_an_alert_names_a_source_of_which_too_much_comes_back(make_lead, alice, olga):
    buy_out(make_lead(copies=16), alice)
    bad = buy_out(make_lead(copies=4), alice)
    alerts.check_all()
    assert not alerts.open_alerts()

    give_back(bad[0], olga, Reason.NOT_THE_OWNER)
    alerts.check_all()

    [alert] = alerts.open_alerts()
    assert alert.key == "source.returns:open-site"
    assert alert.says.startswith("Of 20 leads of Open homes sold in 90 days 4 were given back")


def test_few_sales_raise_no_alert():
    assert not source_health.Record(sold=19, grounds=Counter({Reason.WRONG_NUMBER: 19})).is_bad
    assert source_health.Record(sold=20, grounds=Counter({Reason.WRONG_NUMBER: 4})).is_bad
