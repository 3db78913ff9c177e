"""The one door to every model. An answer always comes: where no provider can, the local model does and says so.

Nothing here runs inside a transaction: a provider may take seconds.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Final, Generic

from django.db import connection

from ai import asking, clients, routes
from ai.asking import Course, Told
from ai.embedding_calls import embed
from ai.purposes import Purpose
from ai.questions import Answer, Question, ReplyT
from ai.spending import Estimate, estimate
from ai.streaming import stream
from aiqleads.core import queues, transactions

__all__ = ["Answer", "Estimate", "Question", "ask", "ask_many", "embed", "estimate", "most_at_a_time", "stream"]

AT_ONCE: Final = 16
"""So many questions of one ``ask_many`` are under way at the same time."""


def ask(question: Question[ReplyT]) -> Answer[ReplyT]:
    """Ask the providers of the purpose's route in turn, and the local model where none can answer.

    The same question is never paid for twice: what was answered before is remembered, and while somebody else is
    asking it, this waits for their answer.

    :raises TransactionManagementError: the caller is inside a transaction
    :raises WrongValues: the prompt's places and the values differ
    """
    return ask_many([question])[0]


def ask_many(questions: Sequence[Question[ReplyT]]) -> list[Answer[ReplyT]]:
    """Ask each question, several at a time; the answers stand in the order of the questions.

    The budget may end in the middle: the rest is answered by the local model, with ``why_local`` "budget".

    :raises TransactionManagementError: the caller is inside a transaction
    :raises WrongValues: a prompt's places and its values differ; nothing more is asked then
    """
    transactions.refuse_transaction()
    # Before any place among a provider's calls: who has a place and waits for a connection would else wait for
    # those who have connections and wait for a place.
    connection.ensure_connection()
    driver = _Driver(questions)
    try:
        return driver.drive()
    finally:
        driver.stop()


def most_at_a_time(purpose: Purpose) -> int:
    """So many questions one ``ask_many`` of a task in the queue ``ai`` can take and end before its soft limit."""
    rounds = queues.AI_SOFT_SECONDS // (routes.in_force(purpose).deadline_seconds + 1)
    return max(1, rounds - 1) * AT_ONCE


@dataclass(slots=True)
class _Driver(Generic[ReplyT]):
    """Drives courses side by side. The network is waited for elsewhere; all else happens in the caller's thread."""

    questions: Sequence[Question[ReplyT]]
    answers: dict[int, Answer[ReplyT]] = field(default_factory=dict)
    under_way: "dict[Future[Told], tuple[int, Course[Answer[ReplyT]]]]" = field(default_factory=dict)

    def drive(self) -> list[Answer[ReplyT]]:
        waiting = deque(range(len(self.questions)))
        while waiting or self.under_way:
            while waiting and len(self.under_way) < AT_ONCE:
                place = waiting.popleft()
                self._go_on(place, asking.course(self.questions[place]), None)
            if self.under_way:
                done, _ = wait(self.under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    place, course = self.under_way.pop(future)
                    self._go_on(place, course, future.result())
        return [self.answers[place] for place in range(len(self.questions))]

    def _go_on(self, place: int, course: Course[Answer[ReplyT]], told: Told) -> None:
        try:
            command = course.send(told)
        except StopIteration as over:
            self.answers[place] = over.value
        else:
            self.under_way[clients.start(command.done())] = (place, course)

    def stop(self) -> None:
        """Give up what is still under way; what it may have cost is written."""
        for future, (_, course) in self.under_way.items():
            future.cancel()
            course.close()
