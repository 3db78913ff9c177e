"""A journey looks at a page as a person does: it waits until what it expects is there."""

import re
from pathlib import Path

JOURNEYS = Path(__file__).parents[1] / "journeys"
GLANCE = re.compile(
    r"\.(is_visible|is_hidden|is_checked|is_enabled|is_disabled)\(\)|assert .*\.count\(\)|assert .*\.url\b"
)


def test_no_journey_takes_the_first_glance_for_the_answer():
    lines = [
        f"{file.name}: {line.strip()}"
        for file in JOURNEYS.glob("test_*.py")
        for line in file.read_text().splitlines()
        if GLANCE.search(line)
    ]

    assert lines == [], "Ask with expect(…), which waits: a page may still be on its way."
