"""Nobody has a key: the local model answers, and says so."""

import pytest
from django.db import transaction

from ai import gateway
from ai.models import ModelCall, Spend
from ai.prompts import WrongValues
from ai.questions import Answer
from tests.ai.asking import Reading, question

pytestmark = pytest.mark.django_db


def test_without_a_key_the_local_model_answers_and_nothing_is_spent():
    answer = gateway.ask(question())

    assert answer == Answer(
        reply=Reading(motivation="unknown", beds=None),
        role="local reader",
        provider="local",
        model="test-1",
        why_local="no provider",
        call_id=None,
        is_remembered=False,
    )
    assert not ModelCall.objects.exists()
    assert not Spend.objects.exists()


def test_many_questions_are_answered_in_their_order():
    asked = [
        question(locally=lambda beds=beds: Reading(motivation="", beds=beds), values={"advert": str(beds)})
        for beds in range(5)
    ]

    assert [answer.reply.beds for answer in gateway.ask_many(asked)] == [0, 1, 2, 3, 4]


def test_nobody_is_asked_inside_a_transaction():
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        gateway.ask(question())


def test_a_question_without_the_values_of_its_prompt_is_refused():
    with pytest.raises(WrongValues):
        gateway.ask(question(values={}))
