"""Contacts are fed through every way to a provider, and the wire is searched for them."""

import asyncio
import re

import pytest

from ai import batches, gateway, providers, waiting
from ai.folding import folded
from ai.models import ModelReply
from ai.questions import Question, Subject
from ai.sandbox import Does
from ai.talks import Message, ToolCall
from tests.ai.asking import question
from tests.ai.test_streaming import talk

PERSONAL = (
    "Maria Rose Gonzalez",
    "+1 512-555-0143",
    "maria.gonzalez88@example.com",
    "1480 Hidden Creek Road, Austin",
)
ADVERT = """For sale by owner, María Gonzalez. Moving soon, 3 beds at 1480 Hidden Creek Rd,
fourteen eighty Hidden Creek.
Call 512-555-0143, (512) 555 0143, five one two 555 zero one four three, ５１２．５５５．０１４３ or 737 555 0188.
maria.gonzalez88@example.com, maria dot gonzalez88 at example dot com, MARIA.GONZALEZ88 [at] EXAMPLE [dot] COM.
Ask for Bob Carter. GONZALEZ, MARIA R. Mail to PO Box 338."""
SECRETS = ("maria", "gonzalez", "0143", "gonzalez88", "0188", "carter", "1480", "fourteen eighty", "338")

BY_CHANCE = re.compile(
    r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|127\.0\.0\.1:\d+"
    r"|'content-length': '\d+'|\"created(?:_at)?\": ?\d{10}"
)
"""Ids, boundaries, ports and times hold every number some day."""


def asked(**facts) -> Question:
    return question(ADVERT, personal=PERSONAL, **facts)


def leaks(wire: str) -> list[str]:
    """What of the contacts is on the wire, in any spelling that a person would recognise."""
    plain = BY_CHANCE.sub("", folded(wire))
    joined = re.sub(r"[^a-z0-9]", "", plain)
    return [secret for secret in SECRETS if secret in plain or secret.replace(" ", "") in joined]


def test_what_is_looked_for_would_be_found():
    assert leaks(ADVERT) == list(SECRETS)
    assert leaks('{"created": 1795338480, "text": "Maria"}') == ["maria"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(providers.providers()) - {"compatible"}))
def test_a_question_to_any_provider_carries_nobody(give_keys, route, name):
    models = give_keys(name)
    model = next(model for model in providers.provider(name).models.values() if not model.dimensions)
    route("score_lead", [(name, model.id)])
    models.sandbox.tell(Does.SAYS, text='{"motivation": "[NAME_1] of [PHONE_1] is moving"}', calls=1)
    models.sandbox.tell(Does.SAYS, text='{"motivation": "[NAME_1]", "beds": 3}', calls=1)

    answer = gateway.ask(asked())

    assert (answer.provider, answer.reply.motivation) == (name, "María Gonzalez")
    assert len(models.sandbox.sent) == 2
    assert leaks(models.sandbox.wire) == []
    assert [reply for reply in ModelReply.objects.all() if leaks(reply.raw)] == []


@pytest.mark.django_db(transaction=True)
def test_a_talk_carries_nobody(give_keys):
    models = give_keys("openai", "deepseek")
    models.sandbox.tell(Does.REFUSES, provider="openai")
    call = ToolCall(
        id="a", name="find_leads", arguments={"city": "Austin", "owners": ["Maria Gonzalez", {"at": ADVERT}]}
    )
    turns = [
        Message(role="user", text=ADVERT),
        Message(role="assistant", text="I look for Maria Gonzalez.", tool_calls=[call]),
        Message(role="tool", answers="a", text=f'{{"found": "{PERSONAL[2]}"}}'),
        Message(role="user", text="And 512 555 0143?"),
    ]

    async def listen():
        return [part async for part in gateway.stream(talk(messages=turns, personal=PERSONAL))]

    asyncio.run(listen())

    assert {one.provider for one in models.sandbox.sent} == {"openai", "deepseek"}
    assert leaks(models.sandbox.wire) == []
    assert [reply for reply in ModelReply.objects.all() if leaks(reply.raw)] == []


@pytest.mark.django_db
def test_texts_that_become_vectors_carry_nobody(give_keys):
    models = give_keys("openai")

    embedded = gateway.embed([ADVERT, "Maria Gonzalez"], subject=Subject(kind="lead", id="1"), personal=PERSONAL)

    assert len(embedded.vectors) == 2
    assert leaks(models.sandbox.wire) == []


class Adverts:
    """Questions about the advert that can wait."""

    answered: list[str]

    def question(self, subject_id: str) -> Question:
        return asked()

    def apply(self, subject_id: str, answer) -> None:
        self.answered.append(answer.reply.motivation)

    def give_up(self, subject_id: str) -> None:
        pytest.fail("It was answered.")


ADVERTS = Adverts()
waiting.register("personal adverts", ADVERTS)


@pytest.mark.django_db
def test_a_batch_carries_nobody(give_keys):
    models = give_keys("openai")
    models.sandbox.tell(Does.SAYS, text='{"motivation": "[PHONE_1]", "beds": 3}')
    ADVERTS.answered = []
    waiting.ask_later("personal adverts", ["1"])

    batches.send_waiting()
    batches.collect()

    assert ADVERTS.answered == ["512-555-0143"]
    assert len(models.sandbox.sent) > 3
    assert leaks(models.sandbox.wire) == []
