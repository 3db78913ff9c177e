"""Parts of a sum on one scale."""

from marketplace.bars import steps


def test_each_part_begins_where_the_one_before_it_ended():
    laid = steps(
        [{"part": "base", "credits": 20, "says": "a"}, {"part": "demand", "credits": -5}], amount="credits"
    )

    assert [(step.part, step.start, step.width, step.is_gain) for step in laid] == [
        ("base", 0, 100, True),
        ("demand", 75, 25, False),
    ]


def test_a_sum_that_dips_below_zero_keeps_within_the_scale():
    laid = steps([{"part": "loss", "points": -10}, {"part": "gain", "points": 30}], amount="points")

    assert [(step.start, step.width) for step in laid] == [(0, 33.33), (0, 100)]


def test_nothing_has_no_steps():
    assert steps([], amount="points") == []
