"""Runs over real HTTP against a listing service of generated records: exact, resumable, careful."""

import pytest

from aiqleads.core import alerts, events
from leads import services as leads
from leads.models import Lead, Observation, SourceRight
from leads.normalise import normalise
from leads.records import RawListing
from scraping import services as crawls
from scraping.models import CrawlRun, FeedState, StatusRule
from tests.conftest import make_source

STYLES = [
    {"next_links": "mark", "is_relative": True},
    {"next_links": "skip", "links_media": True},
    {"next_links": "none", "has_events": True},
]


@pytest.mark.parametrize("style", STYLES, ids=["by-mark", "by-count", "by-event"])
def test_what_is_stored_is_what_the_service_has_after_every_kind_of_change(serve, style):
    service = serve(**style)
    first = service.follow()
    read_at_first = service.stored()

    before = service.truth()
    service.stock.insert(5)
    service.stock.change(4, spread=2)
    service.stock.delete(3, spread=3)
    service.stock.change_in_one_moment(9)
    second = service.follow()
    third = service.follow()

    assert (first.state, first.new_count, first.gone_count) == ("finished", 24, 0)
    assert read_at_first == before
    assert (second.state, second.new_count, second.gone_count, second.reason) == ("finished", 5, 3, "")
    assert (third.state, third.new_count, third.changed_count, third.gone_count) == ("finished", 0, 0, 0)
    assert service.stored() == service.truth()


def test_a_broken_run_keeps_what_it_read_and_the_next_goes_on_from_there(serve):
    service = serve()
    service.access(page_size=7, overlap_minutes=0)
    keep_answering = [None] * 4  # robots.txt is not guarded: metadata and three pages
    service.habits.refusals.extend(keep_answering)
    service.habits.refusals.append((403, {}, '{"error": {"code": "Quota", "message": "Ask us tomorrow"}}'))

    broken = service.follow()
    kept = FeedState.objects.get().modified_until
    resumed = service.follow()

    assert (broken.state, broken.gone_count, broken.new_count) == ("failed", 0, 18)
    assert broken.reason == "It was stopped before its end: The server answered with error Quota: Ask us tomorrow."
    assert kept is not None
    assert (resumed.state, resumed.new_count) == ("finished", 6)
    assert service.stored() == service.truth()


def test_a_key_list_that_is_shorter_than_its_own_count_takes_nothing_away(serve):
    service = serve(3)
    service.follow()
    short = '{"@odata.count": 3, "value": [{"ListingKey": "S0000001"}]}'
    quiet = '{"value": []}'
    service.habits.refusals.extend([None, (200, {}, quiet), (200, {}, short), (200, {}, quiet)])

    run = service.follow()

    assert (run.state, run.gone_count) == ("finished", 0)
    assert len(service.stored()) == 3


def test_client_credentials_are_changed_for_a_token_and_changed_again_when_it_is_refused(serve):
    service = serve(client=("our-id", "our-secret"), token_uses=3)
    service.access(
        page_size=7,
        token_url=service.root.replace("/odata", "/oauth/token"),
        client_id="our-id",
        client_secret="our-secret",
    )

    run = service.follow()
    service.access(client_secret="another")
    unknown = service.follow()

    assert run.state == "finished"
    assert service.stored() == service.truth()
    assert len(service.habits.tokens) > 2
    assert (unknown.state, unknown.gone_count) == ("failed", 0)
    assert unknown.reason.endswith("The server answered with error invalid_client: Nobody we know.")
    assert not [request for request in unknown.requests.all() if "another" in request.url]


def test_a_status_that_nobody_explained_waits_until_an_operator_does(serve):
    service = serve(3)
    service.stock.update("S0000001", StandardStatus="Sleeping")

    waiting = service.follow()
    (alert,) = alerts.open_alerts()
    stored_meanwhile = set(service.stored())
    StatusRule.objects.create(source=service.source, says="SLEEPING", word="sleeping", meaning="pending")
    explained = service.follow()

    assert waiting.rejected_reasons == {"its status waits for a rule": 1}
    assert "“Sleeping”" in alert.says
    assert stored_meanwhile == {"S0000000", "S0000002"}
    assert service.stored()["S0000001"][0] == "pending"
    assert explained.new_count == 1
    assert not alerts.open_alerts()


HOUSE, FLATS = "100 Larkspur Lane", "210 Granite Street"


def _lead_of_an_owner(line: str) -> Lead:
    owner = RawListing(
        external_id=line, title="By owner", asking_price_text="$400,000", beds_text="2",
        address_lines=(line,), city="Austin", state="TX", zip="78704", kind="fsbo",
        phones=("512-555-0123",), description="Two bedrooms near the creek, garden and garage, from its owner.",
    )  # fmt: skip
    told = leads.ingest(record=normalise(owner), source=make_source("open-site", may_list=True), crawl_run_id=None)
    events.deliver_all()
    return Lead.objects.get(pk=told.lead_id)


def test_a_home_that_appears_active_takes_our_lead_off_in_the_same_run(serve):
    service = serve(3)
    house, same_unit, other_unit = (
        _lead_of_an_owner(line) for line in (HOUSE, f"{FLATS} Unit 2", f"{FLATS} Unit 9")
    )
    service.stock.update("S0000001", UnparsedAddress=f"{HOUSE}, Austin, TX 78704", StandardStatus="Active")
    service.stock.update("S0000002", UnparsedAddress=f"{FLATS} #2, Austin, TX 78704", StandardStatus="Active")

    service.follow()
    events.deliver_all()

    states = [Lead.objects.get(pk=lead.pk).state_reason for lead in (house, same_unit)]
    assert states == ["listed with an agent"] * 2
    assert Lead.objects.get(pk=other_unit.pk).state == other_unit.state


def test_without_the_right_to_suppress_an_active_home_takes_nothing_off(serve):
    service = serve(1, may_suppress=False)
    house = _lead_of_an_owner(HOUSE)
    service.stock.update("S0000000", UnparsedAddress=f"{HOUSE}, Austin, TX 78704", StandardStatus="Active")

    service.follow()
    events.deliver_all()

    assert Lead.objects.get().state == house.state != "withdrawn"


def test_an_expired_listing_is_a_lead_until_its_status_is_withdrawn_or_unknown(serve):
    service = serve(16)  # every eighth is expired
    service.follow()
    expired = Observation.objects.filter(gone_at=None, facts__kind="expired")
    expired_at_first = expired.count()
    service.stock.update("S0000007", StandardStatus="Withdrawn")
    service.stock.update("S0000015", StandardStatus="Sleeping")

    service.follow()
    events.deliver_all()

    assert (expired_at_first, expired.count()) == (2, 0)
    assert set(Lead.objects.values_list("kind", "state")) == {("expired", "withdrawn")}


def test_an_operator_hears_why_a_services_answers_cannot_be_followed(serve):
    service = serve(2)
    for body, words in (
        ("<html><title>Maintenance</title></html>", "a web page instead of records: Maintenance"),
        ("{}", "neither records nor an error"),
    ):
        service.habits.refusals.append((200, {}, body))

        run = service.follow()

        assert run.state == CrawlRun.State.FAILED
        assert words in run.reason

    service.source.base_url = "http://mls.example.com/odata"
    service.source.save()
    unsafe = service.follow()

    assert unsafe.state == CrawlRun.State.FAILED
    assert "without encryption" in unsafe.reason
    assert not unsafe.requests.exists()


def test_a_reconcile_that_would_take_most_of_a_suppressing_feed_away_stops_and_alerts(serve, olga, subtests):
    service = serve(24)
    SourceRight.objects.filter(source=service.source).update(may_list=False)
    for key in list(service.stock.truth()):
        service.stock.update(key, StandardStatus="Active")
    service.follow()
    service.stock.delete(13, spread=1)

    run = service.follow()

    with subtests.test("nothing is taken away, though none of it is a lead"):
        assert not Lead.objects.exists()
        assert (run.state, run.gone_count, len(service.stored())) == ("suspicious", 0, 24)
        assert "It did not meet 13 of 24 adverts that are no leads" in run.reason
    with subtests.test("an alert says so, until an operator believes it"):
        alert = alerts.open_alerts().get(key="crawl.suspicious:acme-mls")
        assert "13 of 24" in alert.says
        crawls.believe_run(run_id=run.pk, actor_id=olga.pk)
        assert not alerts.check_all().filter(key=alert.key).exists()
    with subtests.test("then the next run takes them"):
        after = service.follow()
        assert (after.state, after.gone_count) == ("finished", 13)
        assert service.stored() == service.truth()


def test_a_feed_whose_records_lose_a_field_drifts_and_what_is_new_waits(serve, subtests):
    service = serve(40)
    first = service.follow()
    for key in service.stock.insert(20):
        service.stock.update(key, BedroomsTotal=None)

    run = service.follow()

    with subtests.test("the feed's fields are counted"):
        assert first.field_health.get(field="beds").share.counts == (40, 40, 40, 0)
    with subtests.test("the field is named, and the feed's new records wait"):
        assert (run.new_count, set(run.field_health.filter(is_drifting=True).values_list("field", flat=True))) == (
            20,
            {"beds"},
        )
        assert alerts.open_alerts().filter(key="crawl.drift:acme-mls:beds").exists()
        assert Observation.objects.filter(is_held=True, crawl_run_id=run.pk).count() == 20
