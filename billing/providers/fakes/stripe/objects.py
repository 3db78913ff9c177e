"""The objects of an account, as Stripe tells them: plain dictionaries by id, each naming others by theirs.

What may be null is left out unless somebody reads it; the SDK's types say which.
"""

import copy
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from billing.providers.fakes.stripe.shapes import answer
from billing.providers.stripe_messages import signature

Thing = dict[str, Any]

API_VERSION: Final = "2026-08-26.dahlia"
FEE_MINOR: Final = 30
FEE_PER_MILLE: Final = 29
DISPUTE_FEE_MINOR: Final = 1_500
HOUR: Final = 3_600
DAY: Final = 24 * HOUR


class Refusal(Exception):
    """Stripe's no.

    :param kind: ``card_error``, ``invalid_request_error``, ``idempotency_error``, ``api_error``
    """

    def __init__(
        self, status: int, kind: str, says: str, *, code: str = "", param: str = "", **further: Any
    ) -> None:
        super().__init__(says)
        self.status = status
        told = {"type": kind, "message": says, "code": code, "param": param, **further}
        self.body = {"error": {name: value for name, value in told.items() if value}}


class Objects:
    """What an account holds, its clock, and what happened in it.

    :ivar shift_seconds: how far its clock is ahead of ours
    :ivar waiting: events that were not handed over yet, oldest first
    """

    def __init__(self, *, base_url: str = "http://127.0.0.1") -> None:
        self.base_url = base_url
        self.shift_seconds = 0
        self.things: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.waiting: list[Thing] = []
        self.lines: list[Thing] = []
        self._numbers = 0

    def now(self) -> int:
        """Seconds since 1970 by the account's clock."""
        return int(time.time()) + self.shift_seconds

    def make(self, prefix: str, kind: str, **told: Any) -> Thing:
        """An object that is new and kept."""
        self._numbers += 1
        thing_id = f"{prefix}_{self._numbers:04d}{secrets.token_hex(8)}"
        thing = {"id": thing_id, "object": kind, "created": self.now(), "livemode": False, **told}
        self.things[thing_id] = thing
        return thing

    def get(self, thing_id: str, kind: str = "") -> Thing:
        """
        :raises Refusal: there is no such object
        """
        thing = self.things.get(thing_id)
        if thing is None or (kind and thing["object"] != kind):
            raise Refusal(
                404,
                "invalid_request_error",
                f"No such {kind or 'object'}: '{thing_id}'",
                code="resource_missing",
                param="id",
            )
        return thing

    def all(self, kind: str) -> list[Thing]:
        """Those of a kind, oldest first."""
        return [thing for thing in self.things.values() if thing["object"] == kind]

    def happened(self, name: str, thing: Thing) -> None:
        """An event about an object as it is now."""
        event = self.make(
            "evt",
            "event",
            type=name,
            api_version=API_VERSION,
            data={"object": answer(bare(thing))},
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
        )
        self.events.append(event)
        self.waiting.append(event)

    def moved(self, category: str, kind: str, source: str, amount: int, *, fee: int = 0) -> Thing:
        """A line of the account's balance."""
        line = self.make(
            "txn",
            "balance_transaction",
            amount=amount,
            available_on=self.now() + 2 * DAY,
            balance_type="payments",
            currency="usd",
            fee=fee,
            fee_details=[],
            net=amount - fee,
            reporting_category=category,
            source=source,
            status="pending",
            type=kind,
        )
        del line["livemode"]
        self.lines.append(line)
        return line

    def message(
        self, event: Mapping[str, Any], *, secret: str, at: int | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """An event as it is posted: the body, and its headers.

        :param at: when it is signed, by default now
        """
        raw = json.dumps(event, indent=2).encode()
        at = self.now() if at is None else at
        signed = f"t={at},v1={signature(raw, secret=secret, at=at)}"
        return raw, {"content-type": "application/json; charset=utf-8", "stripe-signature": signed}

    def told(self, thing: Thing, expand: list[str]) -> Thing:
        """An object as it is answered: ids, and whole objects where they were asked for."""
        body = copy.deepcopy(thing)
        for hidden, paths in _grouped(expand):
            self._expand(body, hidden, paths)
        return bare(body, keep=[name for name, _ in _grouped(expand)])

    def _expand(self, body: Thing, name: str, paths: list[str]) -> None:
        value = body.get(name)
        if isinstance(value, str) and value in self.things:
            body[name] = self.told(self.things[value], paths)
        elif isinstance(value, list):
            body[name] = [self.told(one, paths) for one in value]
        elif isinstance(value, dict) and "object" in value and value["object"] != "list":
            body[name] = self.told(value, paths)


_ASKED_FOR: Final = frozenset({"payments", "line_items"})
"""What is told only where it is asked for."""


def _grouped(expand: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The first names of paths, each with what follows it."""
    names = dict.fromkeys(path.partition(".")[0] for path in expand)
    for name in names:
        yield name, [path.partition(".")[2] for path in expand if path.startswith(f"{name}.")]


def bare(thing: Thing, *, keep: list[str] | None = None) -> Thing:
    """Without what is told only where it is asked for, and without our own notes."""
    asked = keep or []
    return {
        name: value
        for name, value in thing.items()
        if not name.startswith("_") and (name not in _ASKED_FOR or name in asked)
    }


def page(things: list[Thing], told: Callable[[Thing], Thing], asked: Mapping[str, Any], url: str) -> Thing:
    """A list's page, newest first."""
    newest = list(reversed(things))
    after = asked.get("starting_after")
    if after:
        ids = [thing["id"] for thing in newest]
        newest = newest[ids.index(after) + 1 :] if after in ids else []
    limit = asked.get("limit") or 10
    return {
        "object": "list",
        "url": url,
        "has_more": len(newest) > limit,
        "data": [told(thing) for thing in newest[:limit]],
    }


def fee_on(amount: int) -> int:
    """What Stripe keeps of a payment by card: 2.9 % and 30 cents."""
    return (amount * FEE_PER_MILLE + 500) // 1_000 + FEE_MINOR
