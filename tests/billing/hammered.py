"""Threads that do everything with money at once, by the services that members, operators, messages and sweeps call.

They pay at the sandbox, on a line that breaks now and then, while connections end in the middle of what they do.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import psycopg
from django.db import Error, connection
from django.db.models import Model, QuerySet

from accounts.models import Membership
from aiqleads.core import clock
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from billing import services
from billing.models import Payment, Reconciliation, SandboxEvent, SandboxObject
from billing.providers.port import Forged, NotFound, ProviderRefused, ProviderUnreachable, Stale
from billing.providers.sandbox import Sandbox, desk, pages, telling
from marketplace import services as marketplace
from marketplace.models import Purchase, Return
from marketplace.return_rules import Reason
from tests.database import url_of

APPLICATION: Final = "hammered-services"
BREAKS: Final = 0.02
"""How many of the calls to the provider are not heard, and of how many its answer is lost."""
LATEST: Final = 40
"""Among how many of a kind one is chosen."""
CARDS: Final = ("good", "good", "good", "asks", "bank", "declined")
EXPECTED: Final = (
    Refusal, LockTimeout, ProviderRefused, ProviderUnreachable, NotFound, Stale, services.RefundsOverlap
)  # fmt: skip
TICK_SECONDS: Final = 0.05
TICKS_A_LIFE: Final = 4
"""After how many ticks a connection is ended."""
PASSES: Final = "UPDATE test_clock SET shift = shift + interval '5 seconds'"
Row = TypeVar("Row", bound=Model)


class Line:
    """The sandbox on a line that breaks by chance; on which thread and when, nobody knows before."""

    name = "sandbox"

    def __init__(self) -> None:
        self.breaks = 0.0
        self.broken = 0
        self._chance = Random(1)

    def __getattr__(self, call: str) -> Any:
        act = getattr(Sandbox(), call)

        def ask(*arguments: Any, **named: Any) -> Any:
            self._break(may_have_acted=False)
            answer = act(*arguments, **named)
            self._break(may_have_acted=True)
            return answer

        return ask

    def _break(self, *, may_have_acted: bool) -> None:
        if self._chance.random() < self.breaks:
            self.broken += 1
            raise ProviderUnreachable("the line broke", may_have_acted=may_have_acted)


line = Line()


def connect() -> Line:
    return line


class Trader:
    """One thread's way through all of it."""

    def __init__(self, owners: list[Membership], operator_id: int, leads: list[UUID], seed: int) -> None:
        self.owners, self.operator_id, self.leads = owners, operator_id, leads
        self.random, self.done = Random(seed), Counter[str]()

    def run(self, attempts: int, ends_at: float) -> Counter[str]:
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        acts: Mapping[str, Callable[[Trader], None]] = {name: getattr(Trader, name) for name in names}
        for _ in range(attempts):
            if time.monotonic() > ends_at:
                break
            [name] = self.random.choices(names, weights)
            self.done[self._tried(name, acts[name])] += 1
        connection.close()
        return self.done

    def _tried(self, name: str, act: "Callable[[Trader], None]") -> str:
        try:
            act(self)
        except LookupError:
            return "nothing to do"
        except EXPECTED as refusal:
            return f"{name}: {type(refusal).__name__}"
        except (Error, psycopg.Error) as error:
            connection.close()
            return f"lost by {type(error.__cause__ or error).__name__}"
        return name

    def one_of(self, rows: "QuerySet[Row]") -> Row:
        """Any of the latest rows.

        :raises LookupError: there is none
        """
        return self.random.choice(list(rows[:LATEST]))

    def a_payment(self, **has: Any) -> Payment:
        return self.one_of(Payment.objects.filter(**has).order_by("-created_at"))

    def an_object(self, kind: str, **has: Any) -> str:
        kept = SandboxObject.objects.filter(kind=kind, **{f"data__{name}": value for name, value in has.items()})
        return self.one_of(kept.order_by("-created_at")).pk

    # What members do.

    def top_up(self) -> None:
        owner, payment_id = self.random.choice(self.owners), uuid4()
        for _ in range(self.random.choice([1, 1, 2])):  # the form is sent twice by some
            started = services.start_checkout(
                member=owner, pack_code="fifty", provider="sandbox", payment_id=payment_id
            )
        card = self.random.choice(CARDS)
        pages.hand_in(started.checkout_id, card)
        if card == "asks":
            pages.answer(started.checkout_id, is_them=True)
        if self.random.random() < 0.5:  # the others close the window
            services.look_again(started.pk)

    def come_back(self) -> None:
        services.look_again(self.a_payment().pk)

    def buy_leads(self) -> None:
        owner = self.random.choice(self.owners)
        for lead_id in self.random.sample(self.leads, 2):
            marketplace.hold_lead(lead_id=lead_id, buyer=owner)
        marketplace.check_out(buyer=owner, idempotency_key=str(uuid4()))

    def give_back_a_lead(self) -> None:
        bought = self.one_of(Purchase.objects.select_related("membership").order_by("-bought_at"))
        marketplace.request_return(
            purchase_id=bought.pk, buyer=bought.membership, reason=self.random.choice(list(REASONS))
        )

    # What operators do.

    def decide_about_a_return(self) -> None:
        asked = self.one_of(Return.objects.filter(state="requested").order_by("-requested_at"))
        is_accepted = self.random.random() < 0.8
        marketplace.decide_return(
            return_id=asked.pk, is_accepted=is_accepted, says="We called.", actor_id=self.operator_id
        )

    def refund(self) -> None:
        services.refund_payment(
            payment_id=self.a_payment(status="paid").pk,
            amount_credits=self.random.randint(1, 25),
            actor_id=self.operator_id,
            reason="Asked for",
        )

    # What banks and the provider's staff do.

    def settle_a_debit(self) -> None:
        desk.settle(self.an_object("payment", status="pending"), comes=self.random.random() < 0.8)

    def settle_a_refund(self) -> None:
        desk.settle_refund(self.an_object("refund", status="pending"), arrives=self.random.random() < 0.7)

    def refund_at_the_desk(self) -> None:
        desk.refund_here(self.an_object("payment", status="paid"), self.random.randint(1, 2_500))

    def open_a_dispute(self) -> None:
        desk.dispute(self.an_object("payment", status="paid"))

    def decide_a_dispute(self) -> None:
        desk.close_dispute(self.an_object("dispute", status="open"), is_won=self.random.random() < 0.6)

    # What comes by itself.

    def bring_a_message(self) -> None:
        event = self.one_of(SandboxEvent.objects.order_by("-occurred_at"))
        raw, headers = telling.message(event)
        for _ in range(self.random.choice([1, 1, 2])):
            services.receive(provider="sandbox", raw=raw, headers=headers)

    def bring_a_forgery(self) -> None:
        raw, headers = telling.message(self.one_of(SandboxEvent.objects.order_by("-occurred_at")))
        try:
            services.receive(provider="sandbox", raw=raw + b" ", headers=headers)
        except Forged:
            return
        raise AssertionError("a message was taken whose signature does not cover it")

    def work(self) -> None:
        services.work_inbox()

    def sweep(self) -> None:
        services.look_at_unfinished(limit=5)
        services.look_at_asked_refunds()

    def earn(self) -> None:
        services.recognise_revenue(day=clock.now().date())

    def reconcile(self) -> None:
        run = services.reconcile(provider="sandbox")
        if run.error:
            raise ProviderUnreachable(run.error, may_have_acted=True)


REASONS: Final = (Reason.WRONG_NUMBER, Reason.NOT_THE_OWNER, Reason.OUT_OF_AREA)
WEIGHTS: Final[Mapping[str, int]] = {
    "top_up": 12,
    "come_back": 8,
    "buy_leads": 12,
    "give_back_a_lead": 5,
    "decide_about_a_return": 4,
    "refund": 8,
    "settle_a_debit": 3,
    "settle_a_refund": 2,
    "refund_at_the_desk": 3,
    "open_a_dispute": 3,
    "decide_a_dispute": 3,
    "bring_a_message": 16,
    "bring_a_forgery": 2,
    "work": 8,
    "sweep": 3,
    "earn": 1,
    "reconcile": 2,
}
"""How often each is done, beside the others."""


def hammer(
    owners: list[Membership], operator_id: int, leads: list[UUID], *, threads: int, attempts: int, seconds: float
) -> Counter[str]:
    """Let ``threads`` make ``attempts`` attempts each, or as many as they can in ``seconds``.

    :return: what was done, by its name, what was refused, by act and refusal, and what went wrong on purpose
    """
    ends_at, before = time.monotonic() + seconds, deadlocks()
    traders = [Trader(owners, operator_id, leads, seed) for seed in range(threads)]
    line.breaks, line.broken = BREAKS, 0
    try:
        with _sabotage() as ended, ThreadPoolExecutor(threads) as pool:
            done = sum(pool.map(lambda trader: trader.run(attempts, ends_at), traders), Counter[str]())
    finally:
        line.breaks = 0.0
    met = {"connections ended": len(ended), "line broken": line.broken, "deadlocks": deadlocks() - before}
    return done + Counter(met)


@contextmanager
def _sabotage() -> Iterator[list[Any]]:
    """Let time run a hundred times as fast, and end connections in the middle of what they do.

    :return: a list that grows by those that were ended
    """
    ended: list[Any] = []
    are_done = threading.Event()
    saboteur = threading.Thread(target=_end_connections, args=(ended, are_done))
    saboteur.start()
    try:
        yield ended
    finally:
        are_done.set()
        saboteur.join()


def _end_connections(ended: list[Any], are_done: threading.Event) -> None:
    url = url_of(connection.settings_dict["NAME"])
    with psycopg.connect(url, autocommit=True, application_name="saboteur") as own:
        for tick in count(1):
            if are_done.wait(TICK_SECONDS):
                return
            own.execute(PASSES)
            if tick % TICKS_A_LIFE:
                continue
            ended += own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
                "AND state <> 'idle' AND datname = current_database() ORDER BY random() LIMIT 1",
                [APPLICATION],
            )


def settle(clock_of_test: Any) -> Reconciliation:
    """Let banks send what is on its way, and the hours pass in which sweeps and looks come round.

    :return: the last look at the provider's books
    """
    for kind, settle_one in (("payment", desk.settle), ("refund", desk.settle_refund)):
        for on_its_way in SandboxObject.objects.filter(kind=kind, data__status="pending"):
            settle_one(on_its_way.pk)
    for _ in range(3):
        clock_of_test.advance(hours=7)
        last = services.reconcile(provider="sandbox")
    return last


def deadlocks() -> int:
    """How many the server has met in this database so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
