"""Which words a text must hold for a regular expression to match it at all: read off the expression itself.

Looking for plain words goes many times as fast as trying an expression at every place of a text, so expressions
that cannot match need not be tried.
"""

from collections.abc import Iterable, Iterator
from re import _parser as grammar  # type: ignore[attr-defined]  # no public module tells an expression's parts
from typing import Any

Words = tuple[str, ...]
Parts = Iterable[tuple[Any, Any]]


def needed_words(pattern: str) -> tuple[tuple[Words, ...], ...]:
    """What a text must hold for ``pattern`` to match: of one alternative, a word of each tuple."""
    return tuple(tuple(sorted(_told(parts), key=len)) for parts in _alternatives(grammar.parse(pattern)))


def may_match(needed: tuple[tuple[Words, ...], ...], text: str) -> bool:
    """Whether a text holds what a pattern needs; False is certain, True is not."""
    for parts in needed:  # three loops and no generator: this is asked a hundred times of every advert
        for words in parts:
            for word in words:
                if word in text:
                    break
            else:
                break
        else:
            return True
    return False


def _alternatives(parts: Any) -> list[Parts]:
    is_choice = len(parts) == 1 and parts[0][0] is grammar.BRANCH
    return list(parts[0][1][1]) if is_choice else [parts]


def _told(parts: Parts) -> Iterator[Words]:
    """Of each part that tells any, the words of which every match holds one."""
    run = ""
    for kind, what in parts:
        if kind is grammar.LITERAL:
            run += chr(what)
            continue
        if run:
            yield (run,)
        run = ""
        if words := _needed_by(kind, what):
            yield words
    if run:
        yield (run,)


def _needed_by(kind: Any, what: Any) -> Words:
    if kind is grammar.SUBPATTERN:
        return _rarest(what[-1])
    if kind in {grammar.MAX_REPEAT, grammar.MIN_REPEAT}:
        least, _, repeated = what
        return _rarest(repeated) if least else ()
    if kind is grammar.BRANCH:
        branches = [_rarest(branch) for branch in what[1]]
        return tuple({word for words in branches for word in words}) if all(branches) else ()
    return ()


def _rarest(parts: Parts) -> Words:
    """The words of the part whose words are longest, since long words stand in few texts."""
    return max(
        _told(parts), key=lambda words: (min(map(len, words)), sum(map(len, words)) / len(words)), default=()
    )
