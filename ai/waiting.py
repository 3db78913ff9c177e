"""Whose questions can wait, and what becomes of their answers: each app tells it for its own, when it is ready.

The queue keeps the name of a kind and a subject's id, so that nothing personal waits in it and a question is always
made from what is known now.
"""

from collections.abc import Iterable
from typing import Any, Final, Protocol

from ai.models import WaitingQuestion
from ai.questions import Answer, Question


class Kind(Protocol):
    """One kind of questions that can wait."""

    def question(self, subject_id: str) -> Question[Any] | None:
        """The question as it is asked now; None where there is nothing to ask any more."""

    def apply(self, subject_id: str, answer: Answer[Any]) -> None:
        """Take an answer of a provider. Joins the caller's transaction, in which the question leaves the queue."""

    def give_up(self, subject_id: str) -> None:
        """Told when a question leaves the queue because no provider could answer it."""


_kinds: Final[dict[str, Kind]] = {}


def register(name: str, kind: Kind) -> None:
    """Have questions of this kind wait. Called as apps are made ready."""
    if _kinds.setdefault(name, kind) is not kind:
        raise ValueError(f"Two kinds of questions are called {name}.")


def kind_called(name: str) -> Kind | None:
    """The kind, or None where no app knows it any more."""
    return _kinds.get(name)


def ask_later(name: str, subject_ids: Iterable[str]) -> None:
    """Queue a question about each subject, if none waits for it yet.

    Joins the caller's transaction, if there is one.
    """
    waiting = [WaitingQuestion(kind=name, subject_id=subject_id) for subject_id in dict.fromkeys(subject_ids)]
    WaitingQuestion.objects.bulk_create(waiting, ignore_conflicts=True)
