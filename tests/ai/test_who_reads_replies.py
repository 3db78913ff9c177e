"""What was covered comes back to nobody but who may see it."""

import json

import pytest

from ai import gateway
from ai.models import ModelCall
from ai.purposes import AUDIENCE, Audience, Purpose
from ai.sandbox import Does
from tests.ai.asking import Reading, question

ADVERT = "Casey Homeowner is moving soon, 3 beds. Call 512-555-0142."
PERSONAL = ("Casey Homeowner", "512-555-0142")
NAMING = ("[PHONE_1]", "Call [NAME_1] today.", "call 512-555-0142", "CASEY HOMEOWNER moves")
OTHERS = [purpose for purpose in Purpose if AUDIENCE[purpose] == Audience.OTHERS]


def asked(purpose: Purpose):
    return question(
        ADVERT,
        purpose=purpose,
        personal=PERSONAL,
        locally=lambda: Reading(motivation="Somebody is moving.", beds=3),
    )


def says(words: str) -> str:
    return json.dumps({"motivation": words, "beds": 3})


def test_of_each_purpose_it_is_known_who_reads_what_models_write():
    assert set(AUDIENCE) == set(Purpose)
    assert OTHERS == [Purpose.MARKET_NOTE, Purpose.ENGAGEMENT]


@pytest.mark.django_db
@pytest.mark.parametrize("words", NAMING)
@pytest.mark.parametrize("purpose", OTHERS)
def test_a_reply_that_others_read_and_that_names_somebody_is_no_reply(give_keys, route, purpose, words):
    models = give_keys("openai", "deepseek")
    route(purpose, [("openai", "gpt-6-luna"), ("deepseek", "deepseek-v4-flash")])
    models.sandbox.tell(Does.SAYS, text=says(words))

    answer = gateway.ask(asked(purpose))

    assert (answer.provider, answer.why_local) == ("local", "providers failed")
    assert answer.reply.motivation == "Somebody is moving."
    assert set(ModelCall.objects.values_list("outcome", flat=True)) == {"unusable"}


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", OTHERS)
def test_the_next_provider_is_asked_and_what_names_nobody_is_taken(give_keys, route, purpose):
    models = give_keys("openai", "deepseek")
    route(purpose, [("openai", "gpt-6-luna"), ("deepseek", "deepseek-v4-flash")])
    models.sandbox.tell(Does.SAYS, text=says("[PHONE_1]"), provider="openai")
    models.sandbox.tell(Does.SAYS, text=says("The owner is moving."), provider="deepseek")

    answer = gateway.ask(asked(purpose))

    assert (answer.provider, answer.reply.motivation) == ("deepseek", "The owner is moving.")


@pytest.mark.django_db
@pytest.mark.parametrize("words", NAMING[:2])
def test_the_same_reply_comes_back_whole_to_rules_that_look_for_it_in_the_advert(give_keys, route, words):
    models = give_keys("openai")
    route("score_lead", [("openai", "gpt-6-luna")])
    models.sandbox.tell(Does.SAYS, text=says(words))

    answer = gateway.ask(asked(Purpose.SCORE_LEAD))

    assert answer.provider == "openai"
    assert any(value in answer.reply.motivation for value in PERSONAL)
