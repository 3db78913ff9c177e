"""Every saved page of every portal and classified site, against what somebody else read from it."""

import json

import pytest

from bench import reading
from bench.sidecars import CONTROLS, FACTS, pages_with_sidecars, read_saved, score_page


@pytest.fixture(scope="module")
def scores(shared_data):
    return [score_page(shared_data, name) for name in pages_with_sidecars(shared_data)]


def test_every_fact_of_every_page_is_read_and_none_is_made_up(scores):
    assert [f"{score.page}: {miss}" for score in scores for miss in score.misses] == []
    assert sum(score.absent for score in scores) > 500


def test_no_fact_goes_unasked(scores):
    asked = {name for score in scores for name, tally in score.tallies.items() if tally.asked}

    assert asked == {"records"} | {fact.name for fact in FACTS}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_page_without_a_home_ends_rejected(shared_data, name):
    page, _ = read_saved(shared_data, name)

    assert page.page == "rejected"
    assert all(record.rejected for record in page.records)


def test_a_wrong_value_is_a_miss_and_a_value_from_nowhere_is_an_invention(shared_data, tmp_path):
    name = "redfin/sale_items_somerville_2026-09_a.json"
    truth = json.loads((shared_data / f"{name}.expected.json").read_text())
    truth["items"][0] |= {"price": 1, "beds": None}
    (tmp_path / "redfin").mkdir()
    (tmp_path / name).write_bytes((shared_data / name).read_bytes())
    (tmp_path / f"{name}.expected.json").write_text(json.dumps(truth))

    score = score_page(tmp_path, name)

    assert (score.tallies["price"].asked, score.tallies["price"].right) == (2, 1)
    assert (score.tallies["beds"].invented, score.invented) == (1, 1)
    assert len(score.misses) == 2


def test_the_bench_says_that_there_are_no_pages(tmp_path, capsys):
    assert list(reading.shares(tmp_path / "nowhere")) == []
    assert list(reading.comparisons(tmp_path / "nowhere")) == []
    assert "no saved pages" in capsys.readouterr().out
