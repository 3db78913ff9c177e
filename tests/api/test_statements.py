"""A month of credits as a file, for programs."""

import pytest

from aiqleads.core.clock import now
from billing.selectors import Month

pytestmark = pytest.mark.django_db


def test_programs_get_a_month_as_a_table_or_to_print(api, alice, charlie, grant):
    grant(alice, 30)
    this_month = Month.of(now())

    mine = api(alice.user).get("/api/v1/credits/statement.csv", {"month": str(this_month)})
    theirs = api(charlie.user).get("/api/v1/credits/statement.csv", {"month": str(this_month)})
    pages = api(alice.user).get("/api/v1/credits/statement.pdf", {"month": str(this_month)})
    wrong = api(alice.user).get("/api/v1/credits/statement.pdf", {"month": "2026-13"})

    assert "Test credits" in mine.content.decode()
    assert "Test credits" not in theirs.content.decode()
    assert (pages["Content-Type"], pages.content[:5]) == ("application/octet-stream", b"%PDF-")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")
