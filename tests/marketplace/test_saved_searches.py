"""Saved searches: kept in one spelling, telling of each new lead once, at the member's own rhythm."""

import pytest
from django.core import mail

from aiqleads.core import events
from marketplace import errors, offering, selectors, services
from marketplace.models import FoundLead, Listing, Notification, SavedSearch
from tests.billing.subscribed import subscribe

pytestmark = pytest.mark.django_db

Rhythm = SavedSearch.Rhythm


def save(member, query="city=Austin", *, rhythm=Rhythm.INSTANT, name=""):
    return services.save_search(member=member, name=name, query=query, rhythm=rhythm)


def told(member):
    return [one.says for one in Notification.objects.filter(membership=member).order_by("made_at")]


def test_a_search_is_kept_in_one_spelling_and_named_by_its_words(alice):
    search = save(alice, "zip=&kind=probate&city=Austin&kind=fsbo&sort=price&cursor=abc&smoke=1")
    again = save(alice, "kind=fsbo&city=Austin&kind=probate", rhythm=Rhythm.DAILY, name="Mine")

    assert search.query == "city=Austin&kind=fsbo&kind=probate"
    assert search.name == "Austin, For sale by owner, Probate"
    assert again.pk == search.pk
    assert SavedSearch.objects.get().name == "Mine"


@pytest.mark.parametrize(
    "query", ["", "sort=price", "smoke=1", "state=Atlantis", "asking_min=9&asking_max=1", "%00"]
)
def test_what_cannot_be_searched_for_is_not_kept(alice, query):
    with pytest.raises(errors.SearchRefused):
        save(alice, query)

    assert not SavedSearch.objects.exists()


def test_nobody_keeps_more_searches_than_fifty(alice):
    for number in range(50):
        save(alice, f"zip={78700 + number}")

    with pytest.raises(errors.TooManySearches):
        save(alice, "zip=90210")
    assert save(alice, "zip=78700", name="Known").name == "Known"


def test_a_new_lead_is_told_of_once_with_its_facts(alice, make_lead, clock):
    known = make_lead()
    search = save(alice)
    clock.advance(minutes=1)
    new, elsewhere = make_lead(), make_lead(city="Dallas")

    services.tell_of_due_searches()
    services.tell_of_due_searches()
    events.deliver_all()

    assert told(alice) == ["1 new lead for “Austin”"]
    assert Notification.objects.get().path == f"/searches/{search.pk}/"
    assert list(FoundLead.objects.values_list("listing_id", flat=True)) == [new.pk]
    assert [letter.subject for letter in mail.outbox] == ["1 new lead for “Austin”"]
    assert "Hidden Creek Road, Austin TX: 3-bed, 2-bath house" in mail.outbox[0].body
    assert {known.pk, elsewhere.pk}.isdisjoint(FoundLead.objects.values_list("listing_id", flat=True))


def test_a_letter_tells_what_a_lead_costs_with_the_plan(alice, make_lead, clock):
    subscribe(alice, "premium")
    save(alice)
    clock.advance(minutes=1)
    make_lead(price_credits=20)

    services.tell_of_due_searches()

    assert Notification.objects.get().body.endswith("asking $412,000, 18 credits")


def test_a_letter_tells_nothing_hidden(alice, make_lead, clock):
    save(alice)
    clock.advance(minutes=1)
    lead = make_lead()

    services.tell_of_due_searches()
    events.deliver_all()

    assert lead.address_line not in mail.outbox[0].body


def test_an_offer_that_was_committed_late_is_still_found(alice, make_lead, clock):
    save(alice)
    clock.advance(minutes=30)
    services.tell_of_due_searches()
    late = make_lead()
    Listing.objects.filter(pk=late.pk).update(opens_at=late.first_seen_at, listed_at=late.first_seen_at)

    clock.advance(minutes=5)
    services.tell_of_due_searches()

    assert told(alice) == ["1 new lead for “Austin”"]


def test_a_daily_search_tells_once_a_day_of_all_together(alice, make_lead, clock):
    save(alice, rhythm=Rhythm.DAILY)
    for _ in range(3):
        clock.advance(hours=6)
        make_lead()
        services.tell_of_due_searches()
    before = told(alice)

    clock.advance(hours=7)
    services.tell_of_due_searches()
    clock.advance(hours=23)
    make_lead()
    services.tell_of_due_searches()

    assert before == []
    assert told(alice) == ["3 new leads for “Austin”"]


def test_a_search_that_never_tells_finds_nothing_when_it_is_woken(alice, make_lead, clock):
    search = save(alice, rhythm=Rhythm.NEVER)
    clock.advance(days=30)
    make_lead()

    assert not services.tell_of_new_leads(search_id=search.pk)
    assert told(alice) == []


def test_what_is_gone_before_the_search_looks_is_not_told(alice, make_lead, clock):
    save(alice)
    clock.advance(minutes=1)
    gone = make_lead()
    offering.delist_lead(lead_id=gone.pk, reason="gone")

    services.tell_of_due_searches()

    assert told(alice) == []


def test_the_list_saves_its_search_and_the_page_opens_changes_and_deletes_it(alices, alice, lead):
    shown = alices.get("/leads/", {"city": "Austin"}).content.decode()
    saved = alices.post("/searches/", {"query": "city=Austin"})
    search = SavedSearch.objects.get()
    opened = alices.get(f"/searches/{search.pk}/")
    alices.post(f"/searches/{search.pk}/change/", {"rhythm": "weekly"})
    changed = SavedSearch.objects.get().rhythm
    listed = alices.get("/searches/").content.decode()
    alices.post(f"/searches/{search.pk}/delete/")

    assert "Save this search" in shown
    assert saved["Location"] == "/searches/"
    assert opened["Location"] == "/leads/?city=Austin&sort=newest"
    assert changed == Rhythm.WEEKLY
    assert "Austin" in listed
    assert not SavedSearch.objects.exists()


def test_a_search_without_a_filter_leads_back_with_the_reason(alices):
    answer = alices.post("/searches/", {"query": "sort=price"}, follow=True)

    assert answer.redirect_chain[0][0] == "/leads/?sort=price"
    assert "Set at least one filter first" in answer.content.decode()


def test_nobody_reaches_another_members_search(charlies, charlie, alice):
    search = save(alice)

    assert charlies.get(f"/searches/{search.pk}/").status_code == 404
    assert charlies.post(f"/searches/{search.pk}/change/", {"rhythm": "never"}).status_code == 404
    charlies.post(f"/searches/{search.pk}/delete/")
    assert SavedSearch.objects.get().rhythm == Rhythm.INSTANT
    assert selectors.saved_searches(charlie) == []


def test_a_search_that_the_list_cannot_ask_for_any_more_tells_nothing(alice, make_lead, clock):
    search = save(alice)
    SavedSearch.objects.update(query="state=Atlantis")
    clock.advance(minutes=1)
    make_lead()

    assert not services.tell_of_new_leads(search_id=search.pk)
