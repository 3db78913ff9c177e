"""E-mail is spelt in one way wherever people read it: in pages, letters, docs and what forms and messages say."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

OTHERWISE: Final = re.compile(r"(?<![\w.@/`\"'{<%=_|-])(?:[Ee]mails?|EMAIL)(?![\w@/`\"'}>=_|-]|\.\w|\()")
COLUMNS: Final = re.compile(r"::text|:ivar|\(call, text, e|columns e|with e\w+, phone|owner_e|to me and e")
"""What stands in prose and names columns or words of adverts."""
NOT_OURS: Final = frozenset(
    {
        "ai/personal_spans.py", "leads/batch_reads.py", "leads/models/consent.py", "leads/resolution/columns.py",
        "marketplace/models/purchases.py", "scraping/demo/prose.py", "scraping/readers/guessing.py",
        "scraping/readers/labels.py", "docs/decisions/0036-a-reading-rests-on-words-that-stand-in-the-advert.md",
    }
)  # fmt: skip
"""Words of adverts and names of columns."""


def kept() -> list[str]:
    git = [str(shutil.which("git")), "ls-files"]
    told = subprocess.run(git, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    return [name for name in told.stdout.split() if not name.startswith("tests/") and name not in NOT_OURS]


def prose(text: str) -> Iterator[str]:
    """The lines of a page of docs without code."""
    for number, part in enumerate(text.split("```")):
        if number % 2 == 0:
            yield from re.sub(r"`[^`]*`", "", part).splitlines()


def shown(template: str) -> Iterator[str]:
    """What a template shows by itself, and what it has translated."""
    yield from re.findall(r'{%\s*trans(?:late)?\s+"([^"]*)"', template)
    yield from re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", "", template, flags=re.DOTALL).splitlines()


def said(code: str) -> Iterator[str]:
    """The texts of several words in a module."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from (line for line in node.value.splitlines() if not COLUMNS.search(line))


def read_by_people(name: str, text: str) -> Iterator[str]:
    if name.endswith(".md"):
        return prose(text)
    if "templates/" in name and name.endswith((".html", ".txt")):
        return shown(text)
    return said(text) if name.endswith(".py") and "/migrations/" not in name else iter(())


def test_pages_letters_docs_and_messages_say_e_mail():
    found = {
        (name, line.strip())
        for name in kept()
        if name.endswith((".md", ".html", ".txt", ".py"))
        for line in read_by_people(name, Path(settings.BASE_DIR, name).read_text(encoding="utf-8"))
        if OTHERWISE.search(line)
    }

    assert found == set()


def test_another_spelling_is_found_in_each_of_them():
    assert [line for line in prose("Your Email.\n`email`\n```\nemail\n```\n") if OTHERWISE.search(line)] == [
        "Your Email."
    ]
    page = '<p name="email">{{ email }} Email us</p>{% translate "Your email" %}'
    assert sum(bool(OTHERWISE.search(line)) for line in shown(page)) == 2
    assert [line for line in said('x = "email"\ny = "an email of yours"') if OTHERWISE.search(line)] == [
        "an email of yours"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/account/login/", "/account/signup/", "/account/password/reset/"])
def test_the_words_of_packages_are_spelt_like_ours(client, path):
    answer = client.post(path, {"email": "nobody", "login": "nobody", "password": "x"})

    lines = list(shown(answer.content.decode()))
    assert any("E-mail" in line for line in lines)
    assert not any(OTHERWISE.search(line) for line in lines)
