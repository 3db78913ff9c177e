"""When our side breaks: a page or a problem document that names no cause, and a log that names no person."""

import logging
import re
from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction

from leads.models import Lead
from tests.api.problems import assert_problem
from tests.security.conftest import HIDDEN, visitor
from tests.security.spellings import traces
from tests.tokens import access_token

pytestmark = pytest.mark.django_db

INSIDES = re.compile(r"Traceback|psycopg|marketplace_listing|\.py|line \d+|SELECT|Exception|Error:")


@pytest.fixture
def without_listings(secret: Lead) -> Iterator[None]:
    """The table of offers is gone until the test ends, as after half a migration."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE marketplace_listing RENAME TO mislaid")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE mislaid RENAME TO marketplace_listing")


@pytest.mark.parametrize("path", ["/", "/leads/", "/leads/?q=Quackenbush"])
def test_a_broken_page_says_so_and_shows_no_insides(client, without_listings, safely, log_lines, path):
    answer = safely(client.get, path)

    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something broke on our side" in page
    assert INSIDES.search(page) is None
    assert "relation &quot;" not in page
    assert 'relation "marketplace_listing" does not exist' in log_lines.getvalue()
    assert "Traceback" in log_lines.getvalue()
    assert "Quackenbush" not in log_lines.getvalue()


def test_a_broken_part_of_a_page_is_the_same_page(without_listings, safely):
    htmx = visitor(headers={"HX-Request": "true", "HX-Target": "lead-results"})

    answer = safely(htmx.get, "/leads/")

    assert answer.status_code == 500
    assert INSIDES.search(answer.content.decode()) is None


@pytest.mark.parametrize("path", ["leads/", "leads/6f2c0000-0000-4000-8000-000000000000/", "cart/"])
def test_a_broken_operation_answers_a_program_with_a_problem(alice, without_listings, safely, path):
    program = visitor(headers={"Authorization": f"Bearer {access_token(alice.user)}"})

    answer = safely(program.get, f"/api/v1/{path}")

    problem = assert_problem(answer, 500, "error")
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    assert INSIDES.search(answer.content.decode()) is None


def test_the_log_of_a_refused_row_holds_nothing_of_the_row(secret, log_lines):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Lead.objects.update(longitude=None)

    logging.getLogger("django.request").error("Internal Server Error", exc_info=refused.value)

    assert HIDDEN["house number"] in str(refused.value)
    assert "lead_point_whole_and_on_earth" in log_lines.getvalue()
    assert traces(log_lines.getvalue(), HIDDEN) == set()
