"""What we rely on of every provider: asked of the stand-in always, of a real one where its key is there.

``OPENAI_API_KEY=… make test ARGS=tests/ai/test_contract.py`` asks OpenAI (some tenths of a cent) in the same words.
"""

import asyncio
import json
import os
from contextlib import aclosing

import pytest
from pydantic import BaseModel, ConfigDict

from ai import clients, failures, providers, replies, said, wire
from ai.prompts import Prompt
from ai.providers import Endpoint, Model, Provider
from ai.purposes import Purpose
from ai.questions import Question, Subject
from ai.redaction import Cover
from ai.sandbox import Does
from ai.sandbox.dialects import DIALECTS
from tests.ai.asking import FOLDER

KEYS = {
    "openai": "OPENAI_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "qwen": "DASHSCOPE_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
}
REAL = [name for name, variable in KEYS.items() if os.environ.get(variable)]
SECONDS = 60.0
MOST_TOKENS = 300


class Home(BaseModel):
    """What anybody can read of an advert."""

    model_config = ConfigDict(extra="forbid")

    beds: int
    motivation: str


class Asked:
    """A provider, one of its models that write, and where it is."""

    def __init__(self, name: str, endpoint: Endpoint, *, is_real: bool) -> None:
        self.provider: Provider = providers.provider(name)
        self.endpoint = endpoint
        self.is_real = is_real
        self.model: Model = next(model for model in self.provider.models.values() if not model.dimensions)

    def body(self, **how) -> dict:
        question = home("Moving to Denver for work, must sell this house with 3 beds.")
        cover = Cover()
        said = replies.messages(question, cover, model=self.model)
        return replies.request(
            said, Home, provider=self.provider, model=self.model, parameters=how, max_tokens=MOST_TOKENS
        )

    def talk(self, text: str, **how) -> dict:
        said = [{"role": "user", "content": text}]
        return {
            "model": self.model.id,
            "messages": said,
            self.provider.longest: MOST_TOKENS,
            **self.model.extra,
            **how,
        }


def home(text: str) -> Question[Home]:
    return Question(
        purpose=Purpose.SCORE_LEAD,
        prompt=Prompt.load(FOLDER, "read_advert", version=1),
        values={"advert": text},
        reply=Home,
        subject=Subject(kind="lead", id="contract"),
        locally=lambda: Home(beds=0, motivation=""),
    )


@pytest.fixture(params=[*(f"{name} (stand-in)" for name in KEYS), *REAL])
def asked(request: pytest.FixtureRequest, models) -> Asked:
    name = request.param.split()[0]
    is_real = name == request.param
    url = providers.provider(name).url if is_real else models.base_url(name)
    key = os.environ[KEYS[name]] if is_real else "a-key"
    return Asked(name, Endpoint(url=url, key=key), is_real=is_real)


def test_a_reply_of_a_given_shape_comes_and_says_what_it_cost(asked):
    said = clients.wait_for(wire.complete(asked.endpoint, asked.body(), seconds=SECONDS))

    assert said.flaw is None
    assert replies.read(said.text, home(""), Cover()).beds == 3
    assert said.answered_by
    assert said.tokens is not None
    assert said.tokens.read > 20
    assert said.tokens.written > 0
    assert 0 <= said.tokens.cached <= said.tokens.read


def test_a_stream_comes_in_pieces_ends_and_says_what_it_cost(asked):
    async def listen() -> list[said.Chunk]:
        body = asked.talk("Say the names of ten American cities, nothing else.", **asked.provider.streams)
        async with aclosing(wire.stream(asked.endpoint, body, seconds=SECONDS)) as pieces:
            return [piece async for piece in pieces]

    heard = asyncio.run(listen())

    assert len([piece for piece in heard if piece.text]) > 2
    assert [piece.finish for piece in heard if piece.finish] == ["stop"]
    assert [piece.tokens.written > 0 for piece in heard if piece.tokens] == [True]


def test_a_tool_that_must_be_called_is_called_with_arguments_of_its_shape(asked):
    function = {"name": "find_leads", "description": "Finds leads.", "parameters": replies.strict(Home)}
    body = asked.talk(
        "Find leads with 3 beds whose owners are moving.",
        tools=[{"type": "function", "function": function}],
        tool_choice={"type": "function", "function": {"name": "find_leads"}},
    )

    said = clients.wait_for(wire.complete(asked.endpoint, body, seconds=SECONDS))

    assert Home.model_validate(json.loads(said.text)).beds == 3


def test_an_answer_that_is_too_long_says_that_it_was_cut(asked):
    body = asked.talk("Tell a long story about a house.") | {asked.provider.longest: 16}
    if not asked.is_real:
        body["messages"][0]["content"] = f"Once upon a time {'there was a house ' * 20}"

    said = clients.wait_for(wire.complete(asked.endpoint, body, seconds=SECONDS))

    assert said.flaw == "unusable"
    assert said.tokens.written <= 17


def test_a_wrong_key_is_refused_for_good_and_free(asked, models):
    if not asked.is_real:
        models.sandbox.tell(Does.UNAUTHORISED)

    with pytest.raises(failures.Failed) as failed:
        clients.wait_for(
            wire.complete(Endpoint(url=asked.endpoint.url, key="sk-wrong"), asked.body(), seconds=SECONDS)
        )

    assert (failed.value.is_free, failed.value.is_hopeless, failed.value.is_worth_another) == (True, True, False)


def test_a_model_that_is_not_there_is_refused_free(asked):
    with pytest.raises(failures.Failed) as failed:
        clients.wait_for(
            wire.complete(asked.endpoint, asked.talk("Hello.") | {"model": "no-such-model"}, seconds=SECONDS)
        )

    assert (failed.value.outcome, failed.value.is_free, failed.value.is_worth_another) == ("refused", True, False)


def test_the_stand_in_serves_each_model_of_the_table_in_the_same_manners():
    for name, known in providers.providers().items():
        dialect = DIALECTS[name]
        assert known.takes_any_model or set(known.models) <= set(dialect.models), name
        assert (known.has_batches, known.longest) == (dialect.has_batches, dialect.longest), name
        for model in known.models.values():
            takes_shapes = dialect.heeds_format and model.schema in dialect.formats
            assert model.dimensions or takes_shapes or model.schema == "tool", (name, model.id)
