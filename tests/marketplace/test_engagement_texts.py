"""Kits hold to their lead: whoever writes, a wrong number, a protected word or a closed channel is found."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from leads.comparables import Market
from leads.models import Kind
from marketplace.engagement import (
    Brief,
    Channel,
    Draft,
    Fact,
    Limit,
    OwnWords,
    due_ats,
    faults_of,
    is_quiet,
    telling,
)
from marketplace.engagement.brief import RINGS
from marketplace.engagement.checking import OPT_OUT, numbers_in, protected_words
from marketplace.engagement.hours import PartOfDay
from marketplace.engagement.wording import WORDING

OPEN = Limit(is_allowed=True, why="The owner consented.")
CLOSED = Limit(is_allowed=False, why="Texts need the owner's prior consent, and there is none.")
ADVERT = "Open homes, seen November 3, 2026"


def fact(key: str, *phrases: str) -> Fact:
    return Fact(key=key, label=key, phrases=phrases, source=ADVERT)


def brief(kind: str = Kind.FSBO, *, allowed: tuple[Channel, ...] = tuple(Channel), **changed: object) -> Brief:
    market = Market(homes=14, area="78704", measure="square foot", median_cents=212_00, spread=0.1)
    whole = Brief(
        kind=kind,
        home="house",
        facts=[
            fact("street", "Black Oak Road"),
            fact("city", "Austin"),
            fact("zip_code", "78704"),
            fact("source", "a for-sale-by-owner site"),
            fact("beds", *telling.rooms(3, "bed")),
            fact("baths", *telling.rooms(2.5, "bath")),
            fact("area_sqft", *telling.square_feet(1480)),
            fact("asking_price", *telling.dollars(412_000_00)),
            fact("price_cut", *telling.cut(430_000_00, 412_000_00)),
            fact("posted_at", *telling.on_date(datetime(2026, 10, 29, tzinfo=UTC))),
            telling.rate_fact(412_000_00, 1480, ADVERT),
            telling.market_fact(market),
        ],
        limits={channel: OPEN if channel in allowed else CLOSED for channel in Channel},
        last_day=29,
    )
    return replace(whole, **changed)


def codes(draft: Draft, asked: Brief) -> set[str]:
    return {found.code for found in faults_of(draft, asked)}


def with_body(draft: Draft, channel: Channel, body: str) -> Draft:
    return replace(
        draft, messages=[replace(one, body=body) if one.channel == channel else one for one in draft.messages]
    )


def body_of(draft: Draft, channel: Channel) -> str:
    return next(one.body for one in draft.messages if one.channel == channel)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("known", ["everything", "little", "no agents"])
def test_our_own_words_have_no_fault_for_any_kind_and_any_passport(kind, known):
    asked = brief(kind, wants_no_agents=known == "no agents")
    if known == "little":
        asked = replace(asked, facts=asked.facts[1:4])
    for allowed in (set(Channel), set(), *({one} for one in Channel), set(Channel) - {Channel.CALL}):
        limited = replace(asked, limits={one: OPEN if one in allowed else CLOSED for one in Channel})
        draft = OwnWords().write(limited)

        assert faults_of(draft, limited) == []
        assert {message.channel for message in draft.messages} == allowed
        assert {step.channel for step in draft.steps} <= allowed
        assert all(len(message.cites) >= 2 for message in draft.messages)


def test_what_is_not_known_leaves_no_text():
    asked = replace(brief(), facts=brief().facts[1:3])

    assert "too_few_facts" in codes(OwnWords().write(asked), asked)


def mutations(body: str) -> Iterator[str]:
    """The body with each figure changed, doubled, set off by a point, and dropped where figures stand beside it."""
    for place in [match.start() for match in re.finditer(r"\d", body)]:
        before, digit, after = body[:place], body[place], body[place + 1 :]
        yield before + str((int(digit) + 1) % 10) + after
        yield before + digit + digit + after
        if after[:1].isdigit() or before[-1:].isdigit():
            yield before + after
        yield before + digit + ".5" + after


@pytest.mark.parametrize("channel", [Channel.CALL, Channel.EMAIL, Channel.TEXT])
def test_each_figure_is_the_leads(channel):
    asked = brief()
    [message] = [one for one in OwnWords().write(asked).messages if one.channel == channel]

    for body in mutations(message.body):
        changed = Draft(messages=[replace(message, body=body)], steps=[])
        assert codes(changed, asked) & {"number", "fact_not_told"}, body


@pytest.mark.parametrize(
    "added",
    [
        "It has 4 bedrooms.",
        "It has two bedrooms.",  # the lead's number of baths, give or take: no phrase of bedrooms
        "Built in 1984.",
        "Twenty-five years old.",
        "twentyfive",
        "It could bring half a million dollars.",
        "Up 5% this year.",
        "It is worth $412,000,000.",
        "It is worth $412,000 thousand.",
        "３ rooms and ½ bath, ² floors",
        "A dozen showings",
        "12 homes",
        "412k",
        "Call 512-555-0142.",
        "since October 29, 2025",
        "The third agent",
        "Homes like it nearby ask about $278 per square foot.",  # what this one asks
        "This home asks $212 per square foot.",
    ],
)
def test_a_number_that_is_not_the_leads_fails_in_every_spelling(added):
    asked = brief()
    draft = OwnWords().write(asked)

    changed = with_body(draft, Channel.EMAIL, f"{body_of(draft, Channel.EMAIL)}\n\n{added}")

    assert "number" in codes(changed, asked)


def test_a_number_counts_only_where_its_fact_is_cited():
    asked = brief()
    draft = OwnWords().write(asked)
    for message in draft.messages:
        for dropped in message.cites:
            cites = tuple(key for key in message.cites if key != dropped)
            rest = [replace(one, cites=cites) if one == message else one for one in draft.messages]
            found = codes(replace(draft, messages=rest), asked)
            has_figures = bool(numbers_in(" ".join(asked.find(dropped).phrases)))
            assert ("number" in found) == has_figures, (message.channel, dropped)
        bare = [replace(one, cites=()) if one == message else one for one in draft.messages]
        assert "too_few_facts" in codes(replace(draft, messages=bare), asked)


def test_a_fact_that_is_cited_and_not_told_or_unknown_fails():
    asked = brief()
    draft = OwnWords().write(asked)
    [text] = [one for one in draft.messages if one.channel == Channel.TEXT]

    for cites, code in ((("asking_price",), "fact_not_told"), (("pool",), "unknown_fact")):
        changed = replace(text, cites=(*text.cites, *cites))
        rest = [changed if one == text else one for one in draft.messages]
        assert code in codes(replace(draft, messages=rest), asked)


@pytest.mark.parametrize(
    ("added", "code"),
    [
        ("A great street for families with kids.", "protected_word"),
        ("Perfect for a young professional couple of means.", "protected_word"),
        ("A safe neighbourhood.", "protected_word"),
        ("It is close to a church.", "protected_word"),
        ("I have buyers for it, guaranteed.", "pressure"),
        ("I can stop the foreclosure.", "pressure"),
        ("I am sorry that your mother passed away.", "pressure"),
        ("See https://example.com/you", "address"),
        ("Write to me@example.com", "address"),
        ("Dear [first name of the owner],", "unknown_placeholder"),
        ("A t\u200bwo bedroom home", "character"),
        ("Twо bedrooms".replace("o", "\u043e"), "character"),
    ],
)
def test_words_that_no_owner_may_read_fail(added, code):
    asked = brief()
    draft = OwnWords().write(asked)

    changed = with_body(draft, Channel.POST, f"{body_of(draft, Channel.POST)}\n\n{added}")

    assert code in codes(changed, asked)


def test_a_street_may_be_called_what_it_is_called():
    assert protected_words("Black Oak Road")
    asked = brief()

    assert faults_of(OwnWords().write(asked), asked) == []


@pytest.mark.parametrize("channel", Channel)
def test_each_text_says_who_writes_and_how_to_end_it(channel):
    asked = brief()
    draft = OwnWords().write(asked)

    for part in ("[your name]", "[your brokerage]", OPT_OUT[channel]):
        changed = with_body(draft, channel, body_of(draft, channel).replace(part, ""))
        assert "part_missing" in codes(changed, asked)


@pytest.mark.parametrize("channel", Channel)
def test_a_text_for_a_closed_channel_fails_and_so_does_its_step(channel):
    closed = brief(allowed=tuple(one for one in Channel if one != channel))

    found = faults_of(OwnWords().write(brief()), closed)

    assert {one.where for one in found if one.code == "channel_closed"} == {channel, f"plan: {channel}"}


def test_what_is_owed_is_written():
    asked = brief()
    draft = OwnWords().write(asked)

    assert codes(replace(draft, steps=[]), asked) == {"plan_missing"}
    assert codes(replace(draft, messages=draft.messages[1:]), asked) == {"text_missing"}
    assert codes(replace(draft, messages=[*draft.messages, draft.messages[0]]), asked) == {"text_twice"}


@pytest.mark.parametrize("kind", Kind)
def test_a_passport_that_ends_soon_leaves_texts_without_a_fault(kind):
    for last_day in (0, 1, 5, 7, 8):
        for channel in Channel:
            asked = brief(kind, allowed=(channel,), last_day=last_day)
            assert faults_of(OwnWords().write(asked), asked) == []


def test_an_owner_who_wants_no_agents_or_whose_hour_is_unknown_is_not_rung():
    for asked in (brief(wants_no_agents=True), brief(knows_time_zone=False)):
        draft = OwnWords().write(asked)

        assert {step.channel for step in draft.steps} == {Channel.EMAIL, Channel.POST}
        assert "channel_closed" in codes(replace(draft, steps=OwnWords().write(brief()).steps), asked)


def test_a_plan_ends_before_its_passport():
    asked = brief(last_day=10)
    draft = OwnWords().write(asked)

    assert max(step.days_after for step in draft.steps) < 10
    assert "beyond_passport" in codes(OwnWords().write(brief()), asked)


@pytest.mark.parametrize("kind", Kind)
def test_whoever_is_in_trouble_is_written_to_before_they_are_called(kind):
    first = min(WORDING[kind].steps, key=lambda step: (step.days_after, list(PartOfDay).index(step.part)))
    is_painful = kind in {Kind.PROBATE, Kind.PREFORECLOSURE}

    assert (first.channel == Channel.POST) >= is_painful


@pytest.mark.parametrize("zone", ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Phoenix"])
def test_no_step_is_due_in_quiet_hours_or_on_a_sunday_whatever_the_hour_of_the_sale(zone):
    owners = ZoneInfo(zone)
    start = datetime(2026, 3, 5, tzinfo=UTC)  # over the change to summer time
    plans = {WORDING[kind].steps for kind in Kind}
    for hours, plan in product(range(0, 9 * 24, 11), plans):
        begins_at = start + timedelta(hours=hours)
        due = due_ats(plan, begins_at=begins_at, zone=owners)
        assert due == sorted(due)
        assert not any(is_quiet(moment, owners) for moment in due)
        for step, moment in zip(plan, due, strict=True):
            assert timedelta(0) < moment - begins_at < timedelta(days=step.days_after + 3)
        rhode_island = due_ats(plan, begins_at=begins_at, zone=owners, state_code="RI")
        assert not any(is_quiet(moment, owners, "RI") for moment in rhode_island)
        rung = [moment for step, moment in zip(plan, due, strict=True) if step.channel in RINGS]
        assert len(set(rung)) == len(rung)
