"""Personal values never leave: they are covered by tokens before a call and put back into what comes.

A token says what kind of value it covers and which, such as ``[PHONE_1]``; another spelling of the same value is
``[PHONE_1_2]``. Tokens are counted in the order in which values appear, so that the same text is covered alike
whoever it is about. Whatever looks like a token in a text is covered itself; a token that a model makes up covers
nothing and stays as it is.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from ai.personal_spans import Known, Span, find

TOKEN: Final = re.compile(r"\[[A-Z]{2,12}(?:_[A-Z]{2,12}){0,2}_[1-9]\d{0,3}(?:_[1-9]\d{0,2})?\]")
LONGEST_TOKEN: Final = 48
SHORTEST_NUMBER: Final = 7
"""Shorter ones, such as those of houses, stand by chance in a text that speaks of nobody."""
_NAME: Final = re.compile(r"[^\W\d_]{3}")
_BEGUN: Final = re.compile(rf"\[[A-Z0-9_]{{0,{LONGEST_TOKEN}}}\Z")


class Cover:
    """The tokens of one question. Every text of it is hidden by the same cover, and its reply restored by it."""

    def __init__(self, personal: Collection[str] = ()) -> None:
        """
        :param personal: values known to be personal: names, telephone numbers, e-mail addresses, address lines
        """
        self._known = Known(personal)
        self._tokens: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._spellings: dict[tuple[str, str], int] = {}

    def hide(self, text: str) -> str:
        """The text with a token in place of each personal value."""
        like_tokens = [
            Span(start=match.start(), end=match.end(), kind="TEXT", same=match.group())
            for match in TOKEN.finditer(text)
        ]
        parts, place = [], 0
        for span in _apart([*find(text, self._known), *like_tokens]):
            parts += [text[place : span.start], self._token(span, text[span.start : span.end])]
            place = span.end
        return "".join([*parts, text[place:]])

    def hide_all(self, value: Any) -> Any:
        """The same for every text inside a value as JSON has them."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, Mapping):
            return {str(name): self.hide_all(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.hide_all(inner) for inner in value]
        return value

    def restore(self, text: str) -> str:
        """The text with its values back in place of their tokens."""
        return TOKEN.sub(lambda token: self._values.get(token.group(), token.group()), text)

    def restore_all(self, value: Any) -> Any:
        """The same for every text inside a value as JSON has them."""
        if isinstance(value, str):
            return self.restore(value)
        if isinstance(value, Mapping):
            return {self.restore(str(name)): self.restore_all(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.restore_all(inner) for inner in value]
        return value

    def names_somebody(self, value: Any) -> bool:
        """Whether a value as JSON has them holds a token that covers something, or what it covers."""
        told = json.dumps(value, ensure_ascii=False).lower()
        telling = [kept for kept in self._values.values() if len(kept) >= SHORTEST_NUMBER or _NAME.search(kept)]
        written = [json.dumps(kept, ensure_ascii=False)[1:-1] for kept in telling]
        return any(part.lower() in told for part in (*self._values, *written))

    def stream(self) -> "Restoring":
        """A restorer for a text that comes in parts."""
        return Restoring(self)

    @property
    def hidden(self) -> Mapping[str, str]:
        """The values by their tokens."""
        return dict(self._values)

    def _token(self, span: Span, written: str) -> str:
        if written in self._tokens:
            return self._tokens[written]
        key = (span.kind, span.same)
        if key not in self._numbers:
            self._numbers[key] = 1 + sum(kind == span.kind for kind, _ in self._numbers)
        self._spellings[key] = self._spellings.get(key, 0) + 1
        spelling = f"_{self._spellings[key]}" if self._spellings[key] > 1 else ""
        token = f"[{span.kind}_{self._numbers[key]}{spelling}]"
        self._tokens[written] = token
        self._values[token] = written
        return token


class Restoring:
    """Puts values back into a text that comes in parts: a token may begin in one and end in the next."""

    def __init__(self, cover: Cover) -> None:
        self._cover = cover
        self._held = ""

    def feed(self, part: str) -> str:
        """As much of the text as is sure by now."""
        text = self._held + part
        begun = _BEGUN.search(text)
        sure = text[: begun.start()] if begun else text
        self._held = text[len(sure) :]
        return self._cover.restore(sure)

    def end(self) -> str:
        """What was held back: it never became a token."""
        held, self._held = self._held, ""
        return self._cover.restore(held)


def _apart(spans: list[Span]) -> list[Span]:
    """Spans in order; where some overlap, one over all of them."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if joined and span.start < joined[-1].end:
            last = joined[-1]
            same = last.same if span.end <= last.end else f"{last.same}+{span.same}"
            joined[-1] = Span(start=last.start, end=max(last.end, span.end), kind=last.kind, same=same)
        else:
            joined.append(span)
    return joined
