"""What scores, asks models, filters, counts, saves and recommends, looked through for words about who lives there.

Part of ``manage.py check``, so of ``make check``: nobody adds a feature, a prompt or a filter past the list of
``leads.fair_housing``. A ZIP code may filter and price by market; it is no feature of a score, no side of a taste.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from leads import fair_housing
from leads.models import Kind
from leads.reading.catalogue import FEATURES as FEATURES_OF_HOMES
from leads.scoring import IN_OUR_WORDS
from leads.scoring.features import FEATURES
from leads.summary import HOME_WORDS
from marketplace import facets, taste
from marketplace.engagement.wording import WORDING
from marketplace.filters import ListingFilters
from marketplace.models import SavedSearch, StandingOrder

TAG: Final = "fair_housing"
WITHOUT_ZIP: Final = ("a feature of the score", "a side of a taste")

Named = Mapping[str, Sequence[str]]
"""What is looked through → the names that are used there."""


def names_in_use() -> Named:
    """Every name that tells homes or leads apart, by what it does there."""
    return {
        "a feature of the score": [
            *(feature.part for feature in FEATURES),
            *(feature.field for feature in FEATURES),
            *(name for feature in FEATURES for name in feature.band_names),
        ],
        "a side of a taste": [*taste.PARTS, *(field.name for field in fields(taste.Taste))],
        "a facet": [facet.name for facet in facets.FACETS],
        "a filter": [field.name for field in fields(ListingFilters)],
        "a column of a saved search": [field.name for field in SavedSearch._meta.fields],
        "a column of a standing order": [field.name for field in StandingOrder._meta.fields],
    }


def prompts_in_use() -> Iterator[tuple[str, str]]:
    """Every prompt that an app ships: its name and its words."""
    for app in apps.get_app_configs():
        for path in sorted((Path(app.path) / "prompts").glob("*.md")):
            yield f"{app.label}/{path.name}", path.read_text(encoding="utf-8")


def texts_in_use() -> Iterator[tuple[str, str]]:
    """Every text of our own that offers and letters are made of: what it is, and its words."""
    yield from (("a feature", feature.says) for feature in FEATURES_OF_HOMES.values())
    yield from (("a reason", words) for words in IN_OUR_WORDS.values() if words)
    yield from (("a kind of home", words) for words in HOME_WORDS.values())
    yield from (("a kind of lead", str(label)) for label in Kind.labels)
    for kind, wording in WORDING.items():
        parts = (*wording.before, wording.opening, *wording.questions, wording.offer, wording.subject)
        steps = (step.says for step in wording.steps)
        yield from ((f"a text about {kind}", words) for words in (*parts, *wording.letter, wording.text, *steps))


def broken_texts(texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What of our own words would choose people, in words for whoever wrote it."""
    for what, words in texts:
        lowered = words.lower()
        for start, end in fair_housing.steering_spans(lowered):
            yield f"{what} says “{lowered[start:end]}”"
        for limit in fair_housing.limits_in(words):
            yield f"{what} says “{limit}”"


def broken_rules(named: Named, prompts: Mapping[str, str]) -> Iterator[str]:
    """What uses a protected term or a proxy of one, in words for whoever wrote it."""
    for use, names in named.items():
        for name in names:
            for word in fair_housing.barred_words(name, with_zip=use in WITHOUT_ZIP):
                yield f"{use} is called “{name}”: “{word}” tells of people, not of homes"
    for name, text in prompts.items():
        for start, end in fair_housing.steering_spans(text.lower()):
            yield f"the prompt {name} says “{text[start:end]}”"


@register(TAG)
def check_fair_housing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """An error for each use of what is protected."""
    hint = "Take it out: leads/fair_housing.py says what may not be used, and why."
    found = [*broken_rules(names_in_use(), dict(prompts_in_use())), *broken_texts(texts_in_use())]
    return [Error(f"{broken[0].upper()}{broken[1:]}.", hint=hint, id="marketplace.E001") for broken in found]
