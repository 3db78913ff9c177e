"""By what the offers of a search can be told apart, and the bands that their numbers fall into."""

from dataclasses import dataclass
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import DurationField, Expression, ExpressionWrapper, F, FloatField, Func, IntegerField, Value
from django.db.models.functions import Cast, Concat

from aiqleads.core.clock import Now

BEDS: Final = (0, 1, 2, 3, 4, 5, 6)
PRICES_CREDITS: Final = (1, 6, 11, 16, 21, 31, 51)
ASKING_DOLLARS: Final = (0, 100_000, 200_000, 300_000, 400_000, 500_000, 750_000, 1_000_000)
AGES_DAYS: Final = (0, 1, 7, 30)
"""Where bands begin. The last has no end; what lies below the first belongs to none."""
MOST_CHOICES: Final = 20


class Band(Func):
    """``width_bucket(number, starts)``: in which band a number falls, from 1; NULL where it is unknown."""

    function = "width_bucket"
    output_field = IntegerField()

    def __init__(self, number: Expression | F, *starts: float) -> None:
        super().__init__(Cast(number, FloatField()), Cast(Value(list(starts)), ArrayField(FloatField())))


class Days(Func):
    """The days of an interval, and parts of one."""

    template = "(EXTRACT(EPOCH FROM %(expressions)s) / 86400)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to tell offers apart.

    :param value: what an offer counts for; NULL for nothing
    :param filters: the filters that choose among the values; they do not narrow the facet's own counts
    :param starts: where the bands begin, if ``value`` is the number of one
    """

    name: str
    value: Expression | F
    filters: tuple[str, ...]
    starts: tuple[int, ...] = ()

    def choices(self, counted: dict[str, int]) -> "list[Choice]":
        """The most frequent values first, or the bands in their order."""
        if not self.starts:
            return [Choice(value=value, count=count) for value, count in counted.items()]
        ends = (*self.starts[1:], None)
        return [
            Choice(value=str(start), below=end, count=counted.get(str(number), 0))
            for number, (start, end) in enumerate(zip(self.starts, ends, strict=True), start=1)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a facet, or a band from ``value`` to ``below``, which is None where the band has no end."""

    value: str
    count: int
    below: int | None = None


AGE: Final = Days(ExpressionWrapper(Now() - F("listed_at"), DurationField()))
FACETS: Final = (
    Facet("kind", F("kind"), ("kind",)),
    Facet("tier", F("tier"), ("tier",)),
    Facet("city", Concat("city", Value(", "), "state_code"), ("city",)),
    Facet("beds", Band(F("beds"), *BEDS), ("beds_min", "beds_max"), BEDS),
    Facet("price", Band(F("price_credits"), *PRICES_CREDITS), ("price_max",), PRICES_CREDITS),
    Facet(
        "asking", Band(F("asking_price_cents") / 100, *ASKING_DOLLARS), ("asking_min", "asking_max"), ASKING_DOLLARS
    ),
    Facet("freshness", Band(AGE, *AGES_DAYS), ("listed_within_days",), AGES_DAYS),
)
