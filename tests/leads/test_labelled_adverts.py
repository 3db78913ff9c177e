"""What the rules read from real adverts beside what a person read there; without the adverts it is skipped."""

from pathlib import Path

import pytest

from bench.labelled_adverts import (
    FIGURES,
    LABELS,
    LEAST_PRECISION,
    LEAST_RECALL,
    LOOKED_FOR,
    Labelled,
    figures,
    labelled,
    tally_of,
)


@pytest.fixture(scope="module")
def adverts() -> list[Labelled]:
    found = labelled()
    if not found:
        pytest.skip("The adverts are not beside the checkout.")
    return found


def test_labels_name_facts_of_the_catalogue_and_hold_no_word_of_an_advert():
    assert len(LABELS["advert"]) >= 60
    assert {key for advert in LABELS["advert"] for key in advert["tells"]} <= LOOKED_FOR
    assert {frozenset(advert) for advert in LABELS["advert"]} == {frozenset({"row", "sha256", "tells"})}


def test_what_is_read_of_held_out_adverts_stands_there_and_most_of_what_stands_there_is_read(adverts):
    tally = tally_of(advert for advert in adverts if advert.is_held_out)

    assert tally.precision() >= LEAST_PRECISION
    assert tally.recall() >= LEAST_RECALL
    assert sum((tally.right + tally.missed).values()) > 250


def test_the_benchmark_prints_each_fact(adverts, capsys):
    told = list(figures())

    assert [figure.name for figure in told] == list(FIGURES)
    assert "feature: pool" in capsys.readouterr().out


def test_an_advert_that_reads_otherwise_than_when_it_was_labelled_is_not_compared(tmp_path):
    file = tmp_path / LABELS["file"]
    file.parent.mkdir()
    file.write_text("title,posting_body\n" + "Bright condo,Near the park.\n" * 100)

    with pytest.raises(ValueError, match="Row 0 is not the advert"):
        labelled(tmp_path)
    assert labelled(Path(tmp_path / "absent")) == []


def test_right_wrong_and_overlooked_are_counted_by_hand():
    text = "Heated pool. Near the park. Quiet street."
    tells = frozenset({"feature: pool", "feature: near a park", "feature: solar panels"})

    tally = tally_of([Labelled(row=1, text=text, tells=tells)])

    assert (dict(tally.right), dict(tally.wrong), dict(tally.missed)) == (
        {"feature: pool": 1, "feature: near a park": 1},
        {"feature: quiet street": 1},
        {"feature: solar panels": 1},
    )
    assert (tally.precision(), tally.recall()) == (2 / 3, 2 / 3)
    assert tally.recall("feature: quiet street") is None
