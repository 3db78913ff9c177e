"""What operators are told to type on a bad day exists."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

PAGES = sorted((settings.BASE_DIR / "docs" / "operations").glob("*.md"))
COMMAND = re.compile(r"manage\.py (\w+)((?: --?[\w-]+)*)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_an_operators_page_exists_with_its_options(page):
    known = get_commands()
    for name, options in COMMAND.findall(page.read_text()):
        assert name in known, f"manage.py {name}"
        parser = load_command_class(known[name], name).create_parser("manage.py", name)
        told = {option for action in parser._actions for option in action.option_strings}
        assert set(options.split()) <= told, f"manage.py {name}{options}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_make_target_of_an_operators_page_exists(page):
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z]+)", page.read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
