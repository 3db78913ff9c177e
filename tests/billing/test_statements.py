"""A month of credits, as a table and to print."""

import csv
from datetime import date
from io import BytesIO, StringIO

import pikepdf
import pytest
from django.test import Client

from aiqleads.core.clock import now
from billing import documents, selectors, services
from billing.selectors import Month, NoMonth
from tests.billing.test_ledger import give, sell
from tests.conftest import log_in

pytestmark = pytest.mark.django_db


def statement(member, month: Month) -> selectors.Statement:
    return selectors.monthly_statement(
        organisation_id=member.organisation_id, organisation=member.organisation.name, month=month
    )


@pytest.fixture
def this_month(alice) -> Month:
    """Thirty credits given, four of them spent, in the month that is."""
    give(alice, 30, days=90)
    sell(alice, 4)
    return Month.of(now())


@pytest.fixture
def alices(alice) -> Client:
    return log_in(Client(), alice.user)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "1999-12", "2026-1", "2026-11-01", "2026-11\n", "٢٠٢٦-١١"]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(NoMonth):
        Month.parse(text)


def test_months_follow_one_another_over_the_year():
    december = Month.parse("2026-12")

    assert (december.next, december.next.previous) == (Month(date(2027, 1, 1)), december)


def test_a_month_closes_with_what_the_next_one_opens_with(alice, this_month, clock):
    then = statement(alice, this_month)
    clock.advance(days=32)
    sell(alice, 6, key="sale:2")
    later = statement(alice, Month.of(now()))

    assert (then.opening_credits, [line.amount_credits for line in then.lines], then.closing_credits) == (
        0,
        [30, -4],
        26,
    )
    assert (later.opening_credits, [line.balance_credits for line in later.lines], later.closing_credits) == (
        26,
        [20],
        20,
    )


def test_months_are_offered_from_the_first_entry_on(alice, this_month, clock):
    clock.advance(days=62)
    offered = selectors.months_with_entries(alice.organisation_id, now=now())

    assert offered[-1] == this_month
    assert [month.next for month in offered[1:]] == offered[:-1]


def test_the_table_begins_and_ends_with_a_balance(alices, alice, this_month):
    answer = alices.get("/credits/statement.csv", {"month": str(this_month)})

    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert answer["Content-Disposition"] == f'attachment; filename="aiqleads-credits-{this_month}.csv"'
    assert [row[1:] for row in rows] == [
        ["What", "Credits", "Balance"],
        ["Balance brought forward", "", "0"],
        ["Gift", "30", "30"],
        ["A lead", "-4", "26"],
        [f"Balance at the end of {this_month}", "", "26"],
    ]


def test_the_pages_say_the_same_and_are_the_same_each_time(alices, alice, this_month):
    once, again = (alices.get("/credits/statement.pdf", {"month": str(this_month)}).content for _ in range(2))

    assert once == again
    with pikepdf.open(BytesIO(once)) as document:
        assert len(document.pages) == 1
        assert document.docinfo["/Title"] == f"Statement of credits, {this_month}"
        drawn = b"".join(
            bytes(operand) if isinstance(operand, pikepdf.String) else b""
            for operands, _ in pikepdf.parse_content_stream(document.pages[0])
            for operand in operands
        )
    for text in (b"Balance brought forward", b"Gift", b"+30", b"A lead", b"26", b"Balance at the end", b"Page 1"):
        assert text in drawn


def test_what_would_be_markup_or_has_no_letter_in_the_font_is_printed_all_the_same(alice, this_month):
    services.grant_credits(
        organisation_id=alice.organisation_id, amount_credits=1, key="odd", memo="<b>5 & 6</b> 家"
    )

    assert documents.statement_pdf(statement(alice, this_month)).content.startswith(b"%PDF-")


def test_a_long_month_goes_over_several_pages_each_with_its_heading(alice, this_month):
    for number in range(60):
        give(alice, 1, days=90, key=f"more:{number}")

    with pikepdf.open(BytesIO(documents.statement_pdf(statement(alice, this_month)).content)) as document:
        assert len(document.pages) == 2


@pytest.mark.parametrize("kind", ["csv", "pdf"])
def test_no_month_is_asked_for_in_words(alices, alice, kind):
    page = alices.get(f"/credits/statement.{kind}", {"month": "never"}, follow=True)

    assert page.redirect_chain == [("/credits/", 302)]
    assert "Choose a month for the statement." in page.text
