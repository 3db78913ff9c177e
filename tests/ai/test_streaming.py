"""Answers piece by piece: over the providers of a route, personal values covered, each attempt paid once."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from pydantic import BaseModel

from ai import gateway, providers
from ai.models import ModelCall, ModelReply, Spend
from ai.prompts import Prompt
from ai.purposes import Purpose
from ai.questions import Subject
from ai.sandbox import Does
from ai.talks import Ended, Message, StreamBroke, Talk, TextPart, Tool, ToolCall
from tests.ai.asking import FOLDER

pytestmark = pytest.mark.django_db(transaction=True)

PERSONAL = ("Maria Gonzalez", "+15125550143")
OPENAI = ("openai", "gpt-6-sol")
DEEPSEEK = ("deepseek", "deepseek-v4-pro")


class FindLeads(BaseModel):
    city: str


@pytest.fixture
def keyed_models(give_keys):
    return give_keys("openai", "deepseek")


def talk(text: str = "Good morning.", **how) -> Talk:
    told = {
        "purpose": Purpose.CHAT,
        "prompt": Prompt.load(FOLDER, "read_advert", version=1),
        "messages": [Message(role="user", text=text)],
        "subject": Subject(kind="conversation", id="7"),
        "locally": lambda: [TextPart(text="I can only look things up.")],
        "tools": [Tool(name="find_leads", description="Finds leads.", arguments=FindLeads)],
        "personal": PERSONAL,
        **how,
    }
    return Talk(**told)


def heard(asked: Talk) -> list[TextPart | ToolCall | Ended]:
    async def listen():
        return [part async for part in gateway.stream(asked)]

    return asyncio.run(listen())


def words(parts: Sequence[TextPart | ToolCall | Ended]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def calls() -> list[tuple[str, str, bool]]:
    """Who was asked, what came of it, and whether it cost something."""
    made = ModelCall.objects.order_by("asked_at").values_list("provider", "outcome", "cost_cents")
    return [(provider, outcome, cost > 0) for provider, outcome, cost in made]


def nothing_is_set_aside() -> bool:
    return not Spend.objects.exclude(reserved_cents=0).exists()


@pytest.mark.parametrize("purpose", [one for one in Purpose if one != Purpose.CHAT])
def test_words_that_others_read_are_not_handed_out_before_they_are_whole(keyed_models, purpose):
    with pytest.raises(ValueError, match="ask for the whole of it"):
        talk(f"Write to {PERSONAL[0]}.", purpose=purpose)

    assert calls() == []


def test_an_answer_comes_in_pieces_and_is_paid_once(keyed_models):
    parts = heard(talk("Good morning to everybody in Austin."))

    assert words(parts) == "You wrote: Good morning to everybody in Austin."
    assert len(parts) > 5
    [call] = ModelCall.objects.all()
    assert parts[-1] == Ended(role="primary writer", provider="openai", model="gpt-6-sol", call_id=call.id)
    assert (call.outcome, call.tokens_out, call.cost_cents > 0) == ("answered", 12, True)
    assert call.cost_cents == Spend.objects.get(period="day").spent_cents
    assert nothing_is_set_aside()


def test_personal_values_stay_here_and_come_back_whole_though_pieces_cut_their_tokens(keyed_models):
    said = "Call Maria at 512-555-0143 or five one two 555 0143."
    before = Message(
        role="assistant", tool_calls=[ToolCall(id="a", name="find_leads", arguments={"city": "Maria Gonzalez"})]
    )
    told = Message(role="tool", answers="a", text="GONZALEZ, MARIA: (512) 555-0143")

    parts = heard(talk(messages=[Message(role="user", text="Who?"), before, told, Message(role="user", text=said)]))

    assert words(parts) == f"You wrote: {said}"
    wire = keyed_models.sandbox.wire.lower()
    assert "you wrote" not in wire
    assert not [value for value in ("maria", "gonzalez", "0143") if value in wire]
    assert "0143" not in ModelReply.objects.get().raw


@pytest.mark.parametrize("name", sorted(set(providers.providers()) - {"compatible"}))
def test_a_talk_goes_on_with_any_provider_whoever_called_the_tools_before(give_keys, route, name):
    give_keys(name)
    model = next(model for model in providers.provider(name).models.values() if not model.dimensions)
    route(Purpose.CHAT, [(name, model.id)])
    call = ToolCall(id="call_000001_0", name="find_leads", arguments={"city": "Austin"})
    turns = [
        Message(role="user", text="Who sells?"),
        Message(role="assistant", tool_calls=[call]),
        Message(role="tool", answers=call.id, text="[]"),
        Message(role="user", text="Good evening."),
    ]

    parts = heard(talk(messages=turns))

    assert (words(parts), parts[-1].provider) == ("You wrote: Good evening.", name)
    assert ModelCall.objects.get().tokens_out == 6


def test_a_tool_is_called_with_the_personal_values_that_it_was_told(keyed_models):
    keyed_models.sandbox.tell(Does.CALLS, tool_calls=(("find_leads", {"city": "[NAME_1]"}),))

    parts = heard(talk("Find leads of Maria"))

    assert parts[:-1] == [ToolCall(id=parts[0].id, name="find_leads", arguments={"city": "Maria"})]


@pytest.mark.parametrize("tool_calls", [(("drop_tables", {}),), (("find_leads", "not json"),)])
def test_a_tool_that_was_not_offered_or_cannot_be_read_is_no_answer(keyed_models, tool_calls):
    keyed_models.sandbox.tell(Does.CALLS, tool_calls=tool_calls, provider="openai")

    parts = heard(talk())

    assert parts[-1].provider == "deepseek"
    assert calls() == [("openai", "unusable", True), ("deepseek", "answered", True)]


@pytest.mark.parametrize(
    ("does", "outcomes", "is_paid"),
    [
        (Does.BROKE, ["refused"], False),
        (Does.UNAUTHORISED, ["refused"], False),
        (Does.GONE, ["refused"], False),
        (Does.REFUSED_REQUEST, ["refused"], False),
        (Does.LIMITED, ["busy", "busy"], False),
        (Does.BROKEN, ["failed", "failed"], False),
        (Does.OVERLOADED, ["failed", "failed"], False),
        (Does.PROXY, ["failed", "failed"], False),
        (Does.HANGS_UP, ["cut"], True),
        (Does.HTML, ["cut"], True),
        (Does.EMPTY, ["unusable"], True),
        (Does.REFUSES, ["declined"], True),
        (Does.FILTERED, ["declined"], True),
    ],
)
def test_a_provider_that_fails_before_a_word_is_passed_over(keyed_models, does, outcomes, is_paid):
    keyed_models.sandbox.tell(does, provider="openai", retry_after_seconds=0.05)

    parts = heard(talk())

    assert (words(parts), parts[-1].provider) == ("You wrote: Good morning.", "deepseek")
    assert calls() == [*(("openai", outcome, is_paid) for outcome in outcomes), ("deepseek", "answered", True)]
    assert nothing_is_set_aside()


def test_when_all_fail_the_local_model_answers_and_says_so(keyed_models):
    keyed_models.sandbox.tell(Does.UNAUTHORISED)

    parts = heard(talk())

    assert words(parts) == "I can only look things up."
    assert parts[-1] == Ended(role="local reader", provider="local", model="rules-1", why_local="providers failed")


def test_a_stream_that_breaks_carries_what_came_and_nobody_else_is_asked(keyed_models):
    keyed_models.sandbox.tell(Does.CUT)

    with pytest.raises(StreamBroke) as broke:
        heard(talk("Good morning to everybody in Austin."))

    assert broke.value.outcome == "cut"
    assert "You wrote: Good morning to everybody in Austin.".startswith(broke.value.so_far)
    assert broke.value.so_far
    [call] = ModelCall.objects.all()
    assert (call.outcome, call.cost_cents) == ("cut", call.reserved_cents)
    assert nothing_is_set_aside()


def test_an_answer_that_trickles_ends_at_the_deadline(keyed_models, route):
    route(Purpose.CHAT, [OPENAI], deadline_seconds=1)
    keyed_models.sandbox.tell(Does.WELL, between_seconds=0.3)

    with pytest.raises(StreamBroke) as broke:
        heard(talk("Good morning to everybody in Austin, Texas."))

    assert broke.value.outcome == "timed_out"
    assert calls() == [("openai", "timed_out", True)]


def test_whoever_stops_reading_pays_for_what_was_asked(keyed_models):
    keyed_models.sandbox.tell(Does.WELL, between_seconds=0.05)

    async def listen_to_one_piece():
        async with aclosing(gateway.stream(talk())) as parts:
            return await anext(parts)

    assert asyncio.run(listen_to_one_piece()) == TextPart(text="You wro")
    assert calls() == [("openai", "cut", True)]
    assert nothing_is_set_aside()


def test_the_longest_answer_that_is_paid_for_ends_it_and_says_so(keyed_models, route):
    route(Purpose.CHAT, [OPENAI], max_tokens=3)

    parts = heard(talk())

    assert (words(parts), parts[-1].is_cut_short) == ("You wrote: G", True)


def test_without_money_the_local_model_answers(keyed_models, route):
    route(Purpose.CHAT, [OPENAI, DEEPSEEK], daily_budget_cents=0)

    parts = heard(talk())

    assert (words(parts), parts[-1].why_local) == ("I can only look things up.", "budget")
    assert calls() == []
    assert keyed_models.sandbox.wire == ""


def test_without_a_key_nobody_is_asked(models, settings):
    settings.MODEL_PROVIDERS = {}

    parts = heard(talk())

    assert (words(parts), parts[-1].why_local) == ("I can only look things up.", "no provider")
    assert models.sandbox.wire == ""
