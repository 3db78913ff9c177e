"""What a model answers about an advert, and what of it is believed: words that stand there and prove it.

Pure. The shape is closed: no fact outside the catalogue, no number, no text of the model's own. Where a quotation
stands is found by us.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ai.questions import InvalidReply
from leads.reading.catalogue import CATALOGUE, Topic
from leads.reading.folding import find, fold
from leads.reading.masking import Masked, as_data
from leads.reading.passages import Passage, ReadFact, short_quote, without_doubles

MOST_FACTS: Final = 40
LONGEST_QUOTE: Final = 300
ORDERS: Final = f"{Topic.RED_FLAG}: speaks to machines"
ASKED: Final = tuple(key for key in CATALOGUE if key != ORDERS)
"""What a model may answer. Orders to machines are found by rules: a model that obeys them would not tell."""


class QuotedFact(BaseModel):
    """A fact of the catalogue and the words of the advert that it rests on."""

    model_config = ConfigDict(extra="forbid")

    fact: str = Field(json_schema_extra={"enum": list(ASKED)})
    quote: str = Field(max_length=LONGEST_QUOTE)

    @field_validator("fact")
    @classmethod
    def _of_the_catalogue(cls, key: str) -> str:
        if key not in ASKED:
            raise ValueError("no fact of the catalogue")
        return key


class AdvertReading(BaseModel):
    """All facts that an advert tells."""

    model_config = ConfigDict(extra="forbid")

    facts: list[QuotedFact] = Field(max_length=MOST_FACTS)


def passages_of(reply: AdvertReading, *, text: str, masked: Masked) -> tuple[Passage, ...]:
    """Where the facts of a reply stand in the advert.

    A fact whose quotation holds none of its cues is left out: words that are there and prove something else.

    :param masked: ``text``, looked through for what may not be read
    :raises InvalidReply: a quotation does not stand in what the model was given
    """
    given = fold(as_data(text, masked))
    passages = []
    for told in reply.facts:
        span = find(told.quote, given)
        if span is None:
            raise InvalidReply(f"The words quoted for “{told.fact}” do not stand in the advert.")
        entry = CATALOGUE[told.fact]
        cue = entry.cue.search(fold(text[slice(*span)]).text)
        if cue:
            fact = ReadFact(topic=entry.topic, name=entry.name, quote=short_quote(cue.group()))
            passages.append(Passage(fact=fact, start=span[0], end=span[1]))
    return without_doubles(passages)


def as_reply(passages: tuple[Passage, ...], text: str) -> AdvertReading:
    """What was read, in the shape of a reply: how the local reader answers where no model can."""
    told = [item for item in passages if item.fact.key in ASKED][:MOST_FACTS]
    return AdvertReading(
        facts=[QuotedFact(fact=item.fact.key, quote=text[item.start : item.end][:LONGEST_QUOTE]) for item in told]
    )
