"""What a web server loads at its start is left out of later collections."""

import gc

from aiqleads.settling import settle


def test_what_is_there_at_the_start_is_not_looked_through_again():
    before = gc.get_freeze_count()
    try:
        settle()

        assert gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()
