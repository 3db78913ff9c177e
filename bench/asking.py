"""What the gateway adds to a call: redaction, budget, ledger and breaker, beside the bare SDK at the same stand-in.

The stand-in for the providers runs in a process of its own and answers at once, so what is measured is ours.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pydantic import BaseModel

from aiqleads.embedded import ports
from bench.measuring import Figure

CALLS: Final = 300
WARM_UP: Final = 20
AT_ONCE: Final = 100
ROUNDS: Final = 3
WAIT_SECONDS: Final = 30.0
FIGURES: Final = (
    "ask: the gateway's share of a call, median",
    "ask: the gateway's share of a call, p95",
    "ask: a call by the bare SDK, median",
    "ask: the gateway's work for a call",
    "ask: statements of a new question",
    "ask: 0 at once, all answered by the provider",
    "ask: 0 at once, calls and places left open",
    "ask: files left open by 0 rounds of 0 at once",
)


class Reading(BaseModel):
    """What is asked for."""

    motivation: str
    beds: int | None


def figures() -> Iterator[Figure]:
    """Measure a call after the other, and then many at once."""
    with _stand_in() as url:
        settings.MODEL_PROVIDERS = {"openai": {"key": "a-key", "url": f"{url}/openai/v1"}}
        _allow()
        bare, ours = _one_by_one()
        added = sorted(map(float.__sub__, ours.milliseconds, bare.milliseconds))
        yield Figure(name=FIGURES[0], value=statistics.median(added), unit="ms")
        yield Figure(name=FIGURES[1], value=added[int(len(added) * 0.95)], unit="ms", at_most=10)
        yield Figure(name=FIGURES[2], value=statistics.median(bare.milliseconds), unit="ms")
        yield Figure(
            name=FIGURES[3],
            value=statistics.median(ours.cpu_milliseconds),
            unit="ms",
            beside="the bare SDK",
            other=statistics.median(bare.cpu_milliseconds),
        )
        yield Figure(name=FIGURES[4], value=_statements(), unit="", at_most=2)
        yield from _many()


@contextmanager
def _stand_in() -> Iterator[str]:
    port = ports.free_port()
    command = [sys.executable, "-m", "ai.sandbox", "--port", str(port)]
    served = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        served.terminate()
        served.wait()


def _wait_for(port: int) -> None:
    import socket  # noqa: PLC0415

    ends_at = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends_at:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("The stand-in for the providers does not answer.")


def _allow() -> None:
    from ai.purposes import Purpose  # noqa: PLC0415  (after the settings)
    from ai.routes import Step  # noqa: PLC0415
    from ai.services import set_route  # noqa: PLC0415

    set_route(
        purpose=Purpose.SCORE_LEAD,
        name="Bench",
        steps=[Step(role="reader", provider="openai", model="gpt-4o", parameters={"temperature": 0})],
        deadline_seconds=60,
        daily_budget_cents=1_000_000,
        monthly_budget_cents=1_000_000,
        max_tokens=500,
        actor_id=None,
    )


def _ask(text: str) -> str:
    """Who answered a question about ``text``, through the gateway."""
    from ai import gateway  # noqa: PLC0415
    from ai.prompts import Prompt  # noqa: PLC0415
    from ai.purposes import Purpose  # noqa: PLC0415
    from ai.questions import Question, Subject  # noqa: PLC0415

    answer = gateway.ask(
        Question(
            purpose=Purpose.SCORE_LEAD,
            prompt=Prompt(name="bench", version=1, system="Read the advert.", template="{{advert}}"),
            values={"advert": text},
            reply=Reading,
            subject=Subject(kind="bench", id="1"),
            locally=lambda: Reading(motivation="", beds=None),
        )
    )
    return answer.provider


@dataclass(slots=True)
class _Taken:
    """What calls took, by the clock and of this process's work."""

    milliseconds: list[float] = field(default_factory=list)
    cpu_milliseconds: list[float] = field(default_factory=list)

    def add(self, call: Callable[[str], object], text: str) -> None:
        began, worked = time.perf_counter(), time.process_time()
        call(text)
        self.cpu_milliseconds.append((time.process_time() - worked) * 1000)
        self.milliseconds.append((time.perf_counter() - began) * 1000)


def _statements() -> int:
    """So many statements a question takes that nobody asked before."""
    with CaptureQueriesContext(connection) as captured:
        _ask("A home that nobody asked about.")
    return len(captured)


def _one_by_one() -> tuple[_Taken, _Taken]:
    """What calls by the bare SDK and by the gateway took, which take turns."""
    import openai  # noqa: PLC0415

    from ai.replies import strict  # noqa: PLC0415

    client: Any = openai.OpenAI(
        api_key="a-key", base_url=settings.MODEL_PROVIDERS["openai"]["url"], max_retries=0, timeout=10
    )
    shape = {"name": "answer", "strict": True, "schema": strict(Reading)}

    def bare(text: str) -> None:
        said = [{"role": "system", "content": "Read the advert."}, {"role": "user", "content": text}]
        client.chat.completions.create(
            model="gpt-4o",
            messages=said,
            response_format={"type": "json_schema", "json_schema": shape},
        )

    others, ours = _Taken(), _Taken()
    for number in range(-WARM_UP, CALLS):
        if not number:
            others, ours = _Taken(), _Taken()
        text = f"Moving in June, must sell. Home {number}: 3 beds, roof of {1990 + number % 30}."
        others.add(bare, text)
        ours.add(_ask, text)
    return others, ours


def _many() -> Iterator[Figure]:
    answered, files = 0, []
    for turn in range(ROUNDS):
        answered += _at_once(turn)
        files.append(len(list(Path("/proc/self/fd").iterdir())))
    name, left_open, kept = FIGURES[5:]
    asked = ROUNDS * AT_ONCE
    yield Figure(name=name.replace("0", str(AT_ONCE), 1), value=answered / asked * 100, unit="%", at_least=100)
    yield Figure(name=left_open.replace("0", str(AT_ONCE), 1), value=_left_open(), unit="", at_most=0)
    told = kept.replace("0", str(ROUNDS), 1).replace(" 0 ", f" {AT_ONCE} ")
    yield Figure(name=told, value=files[-1] - files[0], unit="", at_most=5)


def _at_once(turn: int) -> int:
    def ask(number: int) -> str:
        try:
            return _ask(f"Home {turn}/{number} at once, 2 beds.")
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(ask, range(AT_ONCE))).count("openai")


def _left_open() -> int:
    """Calls that are not settled, cents that are set aside, and places among the provider's calls."""
    from ai import breakers  # noqa: PLC0415
    from ai.models import ModelCall, Spend  # noqa: PLC0415

    calls = ModelCall.objects.filter(outcome=ModelCall.Outcome.ASKED).count()
    cents = Spend.objects.filter(reserved_cents__gt=0).count()
    places = breakers.client().exists(breakers.keys("openai")[0])
    return calls + cents + int(str(places))
