"""Prompts are files with versions, beside the app that asks: ``<app>/prompts/<name>.v<version>.md``.

A file holds what the model is told to be, a line of three dashes, and the message with ``{{name}}`` where a value
belongs. A prompt that was asked with is never edited: its next version is another file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

DIVIDER: Final = "\n---\n"
_PLACE: Final = re.compile(r"\{\{(\w+)\}\}")


class WrongValues(ValueError):
    """The values are not those that the prompt has places for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One version of a prompt."""

    name: str
    version: int
    system: str
    template: str

    @classmethod
    def load(cls, folder: Path, name: str, *, version: int) -> "Prompt":
        """Read ``folder/<name>.v<version>.md``.

        :raises FileNotFoundError: there is no such prompt
        :raises ValueError: the file does not consist of two parts
        """
        return _load(folder, name, version)

    def fill(self, values: Mapping[str, str]) -> str:
        """The message with each value in its place. What looks like a place inside a value stays as it is.

        :raises WrongValues: a place has no value, or a value has no place
        """
        if set(_PLACE.findall(self.template)) != values.keys():
            raise WrongValues(f"{self} has places for {sorted(set(_PLACE.findall(self.template)))}")
        return _PLACE.sub(lambda place: values[place[1]], self.template)

    def __str__(self) -> str:
        return f"{self.name}.v{self.version}"


@cache
def _load(folder: Path, name: str, version: int) -> Prompt:
    text = (folder / f"{name}.v{version}.md").read_text(encoding="utf-8")
    system, divider, template = text.partition(DIVIDER)
    if not (divider and system.strip() and template.strip()):
        raise ValueError(f"{name}.v{version}.md is not two parts with --- between them")
    return Prompt(name=name, version=version, system=system.strip(), template=template.strip())
