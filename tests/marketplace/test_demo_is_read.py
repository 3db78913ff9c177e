"""With a key, or the stand-in, models read the demo's adverts soon after it is loaded."""

from collections.abc import Iterator

import pytest

from aiqleads import celery_app
from leads.models import Reading
from leads.reading_by_models import RECIPE
from marketplace import demo
from tests.ai.conftest import forget_breakers, point_at
from tests.leads.test_policies import bring

pytestmark = pytest.mark.django_db
TASKS = ["leads.tasks.read_adverts", "leads.tasks.clean_listings", "leads.tasks.embed_leads_elsewhere"]


@pytest.fixture
def _at_once() -> Iterator[None]:
    """A task runs where it is sent for, whatever its time: no worker runs here."""
    celery_app.conf.task_always_eager = True
    forget_breakers()
    yield
    celery_app.conf.task_always_eager = False
    forget_breakers()


def test_nobody_is_sent_for_without_a_key(settings):
    settings.MODEL_PROVIDERS = {}

    assert demo.have_adverts_read() == []


@pytest.mark.usefixtures("_at_once")
def test_with_a_key_what_was_loaded_is_read_by_a_model(models, settings, open_source):
    bring(open_source, description="A heated pool. Quiet street.")
    settings.MODEL_PROVIDERS = point_at(models, "openai")

    assert demo.have_adverts_read() == TASKS

    assert Reading.objects.get(recipe=RECIPE).model == "gpt-6-luna"
