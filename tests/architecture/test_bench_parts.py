"""A benchmark that is asked for by name prepares nothing else."""

import pytest

from bench.__main__ import Part
from bench.measuring import Figure, is_asked_for


def test_numbers_in_names_do_not_matter():
    assert is_asked_for("ingest: 1,000,000 there, CPU", "ingest: 10000 there")
    assert is_asked_for("feed: gone of 500 deleted", "feed: gone of 0 deleted", wholly=True)
    assert not is_asked_for("feed: gone of 500 deleted", "feed: gone", wholly=True)


def test_a_part_that_nobody_asks_for_is_not_prepared():
    prepared = []
    part = Part(("a figure",), lambda: prepared.append("whole") or [])

    assert list(part.measured("another")) == []
    assert prepared == []


def test_of_a_part_only_what_is_asked_for_is_told():
    told = [Figure(name=f"{what} of 7", value=1.0, unit="s") for what in ("rate", "size")]
    part = Part(("rate of 0", "size of 0"), lambda: told)

    assert list(part.measured("size")) == [told[1]]


def test_a_name_that_a_part_does_not_tell_is_an_error():
    part = Part(("rate",), lambda: [Figure(name="size", value=1.0, unit="s")])

    with pytest.raises(RuntimeError, match="'size'"):
        list(part.measured(""))
