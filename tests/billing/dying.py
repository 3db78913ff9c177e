"""Processes that die between two steps, and a line to the sandbox that breaks before or after it was heard.

A step is a statement, a commit, or a question to a provider. ``dying(at=3)`` lets two steps happen and ends the
process before the third: nothing of what it did not commit remains, and nothing of it runs any more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import Error, connection

from billing import services
from billing.models import Payment
from billing.providers.port import ProviderUnreachable
from billing.providers.sandbox import Sandbox, desk, memory, pages

KEPT: Final = {"INSERT", "UPDATE", "DELETE", "RELEASE"}
"""What is kept at once where no transaction runs; a savepoint's end is a commit where a test is wrapped in one."""


class Died(BaseException):
    """Nobody catches it: there is nobody any more."""


@dataclass
class Steps:
    """What a process did so far, and where it dies; 1 is before its first step.

    :ivar taken: ``COMMIT``, ``ASK`` or the first word of a statement, in order
    :ivar turns: commits, questions, their answers, and statements that are their own commits. To die before any
        other step is to die before the next of these.
    """

    at: int | None = None
    taken: list[str] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    is_dead: bool = False
    is_elsewhere: bool = False

    def statement(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """One of Django's wrappers around ``execute``."""
        what = str(sql).split(maxsplit=1)[0].upper()
        if not (self.is_dead and _undoes(sql)):
            self.step(what, is_turn=what in KEPT and not _is_open())
        return execute(sql, params, many, context)

    def step(self, what: str, *, is_turn: bool) -> None:
        if self.is_dead:
            raise Died
        if self.is_elsewhere:
            return
        self.taken.append(what)
        if is_turn:
            self.turns.append(len(self.taken))
        if len(self.taken) == self.at:
            self.die()

    def die(self) -> None:
        """The server hears that the line is cut, and undoes what was not committed."""
        self.is_dead = True
        if not any(block._from_testcase for block in connection.atomic_blocks) and connection.connection:
            connection.connection.close()
        raise Died

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """What a provider does is its own: it does not die with us."""
        before, self.is_elsewhere = self.is_elsewhere, True
        try:
            yield
        finally:
            self.is_elsewhere = before


def _is_open() -> bool:
    """Whether a transaction runs, other than the one in which a test is wrapped."""
    return any(not block._from_testcase for block in connection.atomic_blocks)


def _undoes(sql: Any) -> bool:
    """Within a test's own transaction a dead process is undone to its savepoint, as the server would."""
    return str(sql).startswith("ROLLBACK TO SAVEPOINT")


@contextmanager
def dying(*, at: int | None = None) -> Iterator[Steps]:
    """Run until before the step ``at``, counted from 1, and not one further; to the end without it."""
    steps = line.steps = connection.before_commit = Steps(at=at)
    try:
        with connection.execute_wrapper(steps.statement):
            yield steps
    except (Died, Exception):  # a cut line is told in other words while the blocks around it close
        if not steps.is_dead:
            raise
    finally:
        line.steps, connection.before_commit = None, None
        if steps.is_dead:
            _bury()


def _bury() -> None:
    """Leave the connection to whoever comes next, as a process finds it that has just begun."""
    if connection.in_atomic_block:
        connection.set_rollback(False)
    else:
        with suppress(Error):
            connection.close()


class Dying:
    """Asks the sandbox, and the line breaks at each of ``dies``: ``"refund before"``, ``"refund after"``.

    :ivar meanwhile: what somebody else does once while a call is on its way, by the call's name
    """

    name = "sandbox"

    def __init__(self) -> None:
        self.dies: set[str] = set()
        self.asked: list[str] = []
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.steps: Steps | None = None

    def __getattr__(self, call: str) -> Any:
        act = getattr(Sandbox(), call)

        def ask(*arguments: Any, **named: Any) -> Any:
            self.asked.append(call)
            self.meanwhile.pop(call, lambda: None)()
            steps = self.steps or Steps()
            steps.step("ASK", is_turn=True)
            if f"{call} before" in self.dies:
                raise ProviderUnreachable("nobody answered", may_have_acted=False)
            with steps.elsewhere():
                answer = act(*arguments, **named)
            steps.step("HEAR", is_turn=True)
            if f"{call} after" in self.dies:
                raise ProviderUnreachable("the line broke", may_have_acted=True)
            return answer

        return ask


line = Dying()


def connect() -> Dying:
    return line


def bought(member: Any, card: str = "good", *, pack_code: str = "fifty") -> Payment:
    """A pack that was paid for at the sandbox; by ``bank`` the money has come."""
    started = services.start_checkout(member=member, pack_code=pack_code, provider="sandbox")
    pages.hand_in(started.checkout_id, card)
    if card == "bank":
        desk.settle(memory.find(memory.Kind.CHECKOUT, started.checkout_id).data["capture_id"])
    return services.look_again(started.pk)
