"""What the stand-in does next: well, or one of the ways in which providers fail.

A behaviour counts for its next ``calls``, in the order told, or stands until another of the same provider and route
is told.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Any, Final


class Does(StrEnum):
    """How a call is answered."""

    LIMITED = "limited"
    """429 with ``Retry-After``: too many for now."""
    BROKE = "broke"
    """429 without one: the account has no money left, and waiting does not help."""
    UNAUTHORISED = "unauthorised"
    GONE = "gone"
    """404: the model was shut down."""
    BROKEN = "broken"
    OVERLOADED = "overloaded"
    """503."""
    PROXY = "proxy"
    """502 with a page of HTML: something between us and the provider."""
    REFUSED_REQUEST = "refused_request"
    """400: the provider does not take what was asked."""
    CUT = "cut"
    """The connection ends in the middle of the answer, streamed or not."""
    HANGS_UP = "hangs_up"
    """The connection ends before a word was answered."""
    WELL = "well"
    HTML = "html"
    """200 with a page of HTML."""
    WRONG_JSON = "wrong_json"
    """JSON of another shape than asked."""
    NOT_JSON = "not_json"
    """A sentence where JSON was asked for."""
    FENCED = "fenced"
    """What was asked for, as Markdown between backticks, after a sentence."""
    EMPTY = "empty"
    """No words at all: DeepSeek sends spaces."""
    SHORT = "short"
    """Cut by the limit on tokens: ``finish_reason`` is "length" and the JSON stops in the middle."""
    REFUSES = "refuses"
    """The model declines in a field of its own."""
    FILTERED = "filtered"
    """The provider's filter took the answer away."""
    NO_CHOICES = "no_choices"
    NO_USAGE = "no_usage"
    """A whole answer that does not say what it cost."""
    SAYS = "says"
    """Exactly ``text``."""
    CALLS = "calls"
    """Exactly the ``tool_calls``."""
    OBEYS = "obeys"
    """A model that does what the text it reads tells it: each number at its highest, each switch on, and the
    injected words wherever words are asked for."""

    WAITS = "waits"
    """A batch that is not over yet."""
    FAILS = "fails"
    """A batch that is refused when it is looked into."""
    EXPIRES = "expires"
    """A batch whose time was over half-way."""


ROUTES: Final = ("chat", "embeddings", "models", "files", "batches")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How calls are answered.

    :ivar calls: for so many, or None until told otherwise
    :ivar provider: "" is every one
    :ivar route: one of ``ROUTES``; "" is chat and embeddings, also inside batches
    :ivar seconds: before the first byte
    :ivar between_seconds: between two parts of a stream
    :ivar tool_calls: pairs of a tool's name and its arguments
    """

    does: Does = Does.WELL
    calls: int | None = None
    provider: str = ""
    route: str = ""
    seconds: float = 0.0
    between_seconds: float = 0.0
    retry_after_seconds: float = 1.0
    text: str = ""
    tool_calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def is_for(self, provider: str, route: str) -> bool:
        """Whether a call of this provider's route is meant."""
        is_route = self.route == route if self.route else route in ("chat", "embeddings")
        return is_route and self.provider in ("", provider)

    @classmethod
    def told(cls, told: Mapping[str, Any]) -> "Behaviour":
        """As the control plane's JSON says it.

        :raises ValueError: it says something else
        """
        try:
            named = {**told, "does": Does(told.get("does", "well"))}
            calls = tuple((str(call["name"]), dict(call["arguments"])) for call in told.get("tool_calls", ()))
            behaviour = cls(**{**named, "tool_calls": calls})
        except (TypeError, KeyError) as error:
            raise ValueError(f"no behaviour: {error}") from error
        if behaviour.route not in ("", *ROUTES):
            raise ValueError(f"no route: {behaviour.route}")
        return behaviour


@dataclass(slots=True)
class Control:
    """What was told and is still to come. Tests tell it from their own thread."""

    _queue: deque[list[Any]] = field(default_factory=deque)
    _standing: dict[tuple[str, str], Behaviour] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def tell(self, behaviour: Behaviour) -> None:
        """Answer so from now on, or the next calls."""
        with self._lock:
            if behaviour.calls is None:
                self._standing[behaviour.provider, behaviour.route] = behaviour
            else:
                self._queue.append([behaviour, behaviour.calls])

    def forget(self) -> None:
        """Answer well again."""
        with self._lock:
            self._queue.clear()
            self._standing.clear()

    def next(self, provider: str, route: str) -> Behaviour:
        """How this call is answered; the narrowest of those that stand."""
        with self._lock:
            for entry in self._queue:
                if entry[0].is_for(provider, route):
                    entry[1] -= 1
                    if not entry[1]:
                        self._queue.remove(entry)
                    return entry[0]  # type: ignore[no-any-return]
            standing = [one for one in self._standing.values() if one.is_for(provider, route)]
        return max(standing, key=lambda one: (one.provider != "", one.route != ""), default=Behaviour())
