"""Who lives in an area is known to the parity report alone: import contracts say so; there is no way around."""

import re
from pathlib import Path
from typing import Final

from leads import models

PRODUCT: Final = Path(__file__).parents[2]
APPS: Final = ("accounts", "ai", "aiqleads", "billing", "leads", "marketplace", "pricing", "scraping")
NAMES: Final = re.compile(r"area_?groups?", re.IGNORECASE)
KNOWS_THE_TABLE: Final = {
    "leads/kept.py",  # for how long it is kept
    "leads/errors.py",  # what a table that cannot be read is called
    "leads/management/commands/import_area_groups.py",
    "leads/models/__init__.py",
    "leads/models/area_groups.py",
    "leads/scoring/parity.py",
}


def test_no_other_module_names_the_table_in_an_import_in_sql_or_as_a_word():
    named = {
        str(path.relative_to(PRODUCT))
        for app in APPS
        for path in (PRODUCT / app).rglob("*.py")
        if "migrations" not in path.parts and NAMES.search(path.read_text(encoding="utf-8"))
    }

    assert named == KNOWS_THE_TABLE


def test_models_pass_no_name_of_it_on():
    assert not hasattr(models, "AreaGroup")
    assert "area_groups" not in models.__all__
