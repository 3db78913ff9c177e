"""What adverts say about who may not have a home is seen, and an operator looks before it is offered."""

import pytest

from aiqleads.core import events
from leads import fair_housing, services
from leads.models import Lead
from leads.reading.masking import mask
from marketplace.models import Listing
from tests.leads.test_pipeline import record

LIMITS = """
No kids, no pets | no kids
Not suitable for children. | not suitable for children
Quiet building, adults only. | adults only
We don't accept Section 8 | don't accept section 8
no section-8 | no section-8
NO VOUCHERS | no vouchers
Christian family preferred | christian family preferred
Prefer a Christian buyer | prefer a christian buyer
Only for singles, please | only for singles
must speak English to apply | must speak english
English-speaking tenants only | english-speaking tenants only
White buyers only | white buyers only
Will be sold to citizens only | citizens only
no wheelchairs (stairs) | no wheelchairs
Women only household | women only
Sin niños | sin niños
No se aceptan niños ni mascotas | no se aceptan niños
"""
NONE = """
Great for families
Single family home with two baths
Near the Christian Science Plaza in Boston
Black granite counters and white cabinets
Family room off the kitchen
A 55+ community with a pool
No pets, no smoking
Walk to St. Mary's Catholic Church
The adults in the house love the garden
No agents please, owners only
Kids' playground across the street
Wheelchair accessible, no steps
In-law suite, couples welcome
Mexican tile floors
"""


@pytest.mark.parametrize("case", LIMITS.strip().splitlines())
def test_words_that_keep_people_out_are_found(case):
    words, found = case.split(" | ")

    assert fair_housing.limits_in(words) == [found]


@pytest.mark.parametrize("words", NONE.strip().splitlines())
def test_words_about_a_home_are_let_pass(words):
    assert fair_housing.limits_in(words) == []


@pytest.mark.django_db
def test_such_an_advert_waits_for_an_operator_and_its_words_reach_no_model(open_source):
    words = "Quiet street. Adults only, no kids. Call me."
    taken = services.ingest(record=record(description=words), source=open_source)
    events.deliver_all()

    lead = Lead.objects.get(pk=taken.lead_id)
    assert (lead.state, lead.state_reason) == (
        "review", "Its words say who may not have it. Look before it is offered."
    )  # fmt: skip
    assert not Listing.objects.filter(delisted_at=None).exists()
    assert "kids" not in mask(words).folded.text
    assert "adults" not in mask(words).folded.text


@pytest.mark.django_db
def test_an_operator_may_let_it_pass_and_no_offer_repeats_it(open_source, olga):
    taken = services.ingest(record=record(description="Adults only, no kids."), source=open_source)
    events.deliver_all()

    services.approve_lead(lead_id=taken.lead_id, actor_id=olga.pk, reason="55 and over, by law")
    events.deliver_all()

    offer = Listing.objects.get(delisted_at=None)
    shown = " ".join([offer.summary, offer.feature_words, str(offer.features), str(offer.reasons)]).lower()
    assert [word for word in ("kids", "adults") if word in shown] == []
