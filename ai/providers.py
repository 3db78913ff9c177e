"""Who can be asked, for which models, in what way and at what price: frozen values read from ``providers.toml``.

Keys and addresses are settings (``MODEL_PROVIDERS``); a provider without a key is never asked.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from django.conf import settings

Schema = Literal["json_schema", "json_object", "tool"]

MILLIONTH_CENT: Final = Decimal("0.000001")
_CENTS_PER_DOLLAR_AND_MILLION: Final = Decimal("0.0001")


class UnknownModel(LookupError):
    """Neither the provider nor the model is in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens, from a day on."""

    since: date
    input: Decimal
    cached: Decimal
    output: Decimal

    def cost_cents(self, *, tokens_in: int, tokens_cached: int, tokens_out: int) -> Decimal:
        """What a call costs, rounded up to a millionth of a cent.

        :param tokens_cached: those of ``tokens_in`` that the provider had read before
        """
        dollars = (tokens_in - tokens_cached) * self.input + tokens_cached * self.cached + tokens_out * self.output
        return (dollars * _CENTS_PER_DOLLAR_AND_MILLION).quantize(MILLIONTH_CENT, ROUND_UP)


FREE: Final = Price(since=date.min, input=Decimal(0), cached=Decimal(0), output=Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of a provider.

    :ivar schema: how a reply of a given shape is asked for
    :ivar extra: what every request carries besides
    :ivar dimensions: of its vectors; 0 for a model that writes
    """

    id: str
    schema: Schema
    extra: Mapping[str, Any]
    prices: tuple[Price, ...]
    shuts_down_on: date | None = None
    replaced_by: str = ""
    dimensions: int = 0

    def price_on(self, day: date) -> Price:
        """The price of a day; the oldest known one for a day before it."""
        known = [price for price in self.prices if price.since <= day]
        return known[-1] if known else self.prices[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a provider is reached, and the key that it asks for."""

    url: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A server that speaks the chat-completions protocol, and what it makes of it.

    :ivar streams: what a stream is asked for besides, so that it says what it cost
    :ivar has_batches: whether it takes them in OpenAI's protocol
    :ivar batch_ratio: of the usual price, for what is asked in a batch
    """

    name: str
    title: str
    url: str
    schema: Schema
    longest: str
    streams: Mapping[str, Any]
    has_batches: bool
    batch_ratio: Decimal
    lists_models: bool
    concurrency: int
    checked_on: date
    takes_any_model: bool
    models: Mapping[str, Model]

    def model(self, model_id: str) -> Model:
        """What is known of a model.

        :raises UnknownModel: it is none of this provider's
        """
        known = self.models.get(model_id)
        if known is None and self.takes_any_model:
            return Model(id=model_id, schema=self.schema, extra={}, prices=(FREE,))
        if known is None:
            raise UnknownModel(f"{self.title} has no model {model_id} that we know.")
        return known

    def endpoint(self) -> Endpoint | None:
        """Where it is reached; None where no key is set, so that it is not asked."""
        told = settings.MODEL_PROVIDERS.get(self.name, {})
        url = told.get("url") or self.url
        is_own = self.takes_any_model and bool(told.get("url"))
        if not url or not (told.get("key") or is_own):
            return None
        return Endpoint(url=url.rstrip("/"), key=told.get("key") or "none")


@cache
def providers() -> Mapping[str, Provider]:
    """Every provider of the table, by name."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {name: _provider(name, facts) for name, facts in table.items()}


def provider(name: str) -> Provider:
    """
    :raises UnknownModel: there is no such provider
    """
    try:
        return providers()[name]
    except KeyError:
        raise UnknownModel(f"No provider is called {name}.") from None


def _provider(name: str, facts: dict[str, Any]) -> Provider:
    return Provider(
        name=name,
        title=facts["title"],
        url=facts["url"],
        schema=facts["schema"],
        longest=facts["longest"],
        streams=facts["streams"],
        has_batches=facts["batches"],
        batch_ratio=Decimal(facts.get("batch_ratio", "1")),
        lists_models=facts["lists_models"],
        concurrency=facts["concurrency"],
        checked_on=facts["checked_on"],
        takes_any_model=facts.get("any_model", False),
        models={
            model_id: _model(model_id, model, schema=facts["schema"])
            for model_id, model in facts.get("models", {}).items()
        },
    )


def _model(model_id: str, facts: dict[str, Any], *, schema: Schema) -> Model:
    return Model(
        id=model_id,
        schema=facts.get("schema", schema),
        extra=facts.get("extra", {}),
        prices=tuple(_price(price) for price in facts["prices"]),
        shuts_down_on=facts.get("shuts_down_on"),
        replaced_by=facts.get("replaced_by", ""),
        dimensions=facts.get("dimensions", 0),
    )


def _price(facts: dict[str, Any]) -> Price:
    return Price(
        since=facts["since"],
        input=Decimal(facts["input"]),
        cached=Decimal(facts["cached"]),
        output=Decimal(facts["output"]),
    )
