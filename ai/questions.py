"""What is asked of a model and what comes back: the values that other apps build and read."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel

from ai.prompts import Prompt
from ai.purposes import Purpose

ReplyT = TypeVar("ReplyT", bound=BaseModel)

WhyLocal = Literal["", "no provider", "budget", "providers failed", "batch later"]

LOCAL: Final = "local"
LOCAL_ROLE: Final = "local reader"


class InvalidReply(ValueError):
    """A reply has the right shape and says what cannot be, such as a quote that is not in the text."""


def as_it_is(reply: ReplyT) -> ReplyT:
    """For questions whose replies cannot be wrong beyond their shape."""
    return reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a call is about, for the ledger: an id, never a word."""

    kind: str
    id: UUID | str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[ReplyT]):
    """One question to the models of a purpose.

    :ivar values: what fills the prompt's places
    :ivar reply: the shape of the answer
    :ivar personal: values known to be personal (names, phones, address lines): hidden besides what patterns find
    :ivar verify: returns the reply, mended where that is safe; raises ``InvalidReply`` for what cannot be
    :ivar locally: the local model: never fails, asks nobody, costs nothing
    :ivar local_version: what the local model is called in an answer, such as "rules-2"
    """

    purpose: Purpose
    prompt: Prompt
    values: Mapping[str, str]
    reply: type[ReplyT]
    subject: Subject
    locally: Callable[[], ReplyT]
    verify: Callable[[ReplyT], ReplyT] = as_it_is
    personal: Collection[str] = ()
    local_version: str = "rules-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[ReplyT]):
    """What was answered, by whom, and at whose expense.

    :ivar reply: with the personal values back in their places
    :ivar role: as the route calls who answered ("primary reader"); ``LOCAL_ROLE`` for the local model
    :ivar provider: ``LOCAL`` for the local model
    :ivar model: what the provider says that answered, or the local version
    :ivar why_local: empty where a provider answered
    :ivar call_id: the line of the ledger that paid for it
    :ivar is_remembered: whether the same had been asked before, so that nothing was paid
    """

    reply: ReplyT
    role: str
    provider: str
    model: str
    why_local: WhyLocal = ""
    call_id: UUID | None = None
    is_remembered: bool = False
