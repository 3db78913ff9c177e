"""Sending and collecting at the same time as themselves: each question is sent once, each answer applied once."""

import pytest

from ai import batches
from ai.models import BatchJob, ModelCall, Spend, WaitingQuestion
from ai.sandbox import Does
from tests.ai.test_batches import adverts, provider  # noqa: F401 - fixtures
from tests.marketplace.test_races import at_once

pytestmark = [pytest.mark.no_cover, pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("last", ["says", "broken"])
def test_two_who_send_and_two_who_collect_do_everything_once(provider, adverts, last):  # noqa: F811
    provider.sandbox.tell(Does.WELL, route="files", seconds=0.1)
    at_once([batches.send_waiting] * 2)
    sent = ModelCall.objects.count()
    provider.sandbox.tell(last, text='{"motivation": "moving", "beds": 3}')

    applied = at_once([batches.collect] * 2)

    assert sent == 3
    assert {job.state for job in BatchJob.objects.all()} == {"over"}
    assert sum(applied) == len(adverts.applied) == (3 if last == "says" else 0)
    assert [row.tries for row in WaitingQuestion.objects.all()] == ([] if last == "says" else [1, 1, 1])
    assert not Spend.objects.exclude(reserved_cents=0).exists()
