"""What operators know better than the adverts: corrections that outrank every source until they are taken back.

A correction is an observation of the source ``operator`` that tells a few fields and no more. It gives no right to
list, keeps no advert alive and is nobody's sighting: it only says what counts.
"""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID, uuid4

from aiqleads.core import audit, clock, transactions
from aiqleads.core.personal_data import keyed_hash
from leads import merging, sightings, usps
from leads.address import NormalisedAddress, parse_address, zip5
from leads.errors import LeadClosed, UnusableCorrection
from leads.models import Kind, Lead, Observation, Source
from leads.sightings import OPERATOR
from leads.summary import HOME_WORDS

MOST_ROOMS: Final = 99
MOST_SQUARE_FEET: Final = 1_000_000
MOST_DOLLARS: Final = 1_000_000_000


@transactions.write
def correct_lead(*, lead_id: UUID, corrections: Mapping[str, Any], reason: str, actor_id: int) -> Lead:
    """Let ``corrections`` count whatever the adverts say, from now on and through every later crawl.

    :param corrections: names of ``FIELDS`` → values, as numbers or as an operator types them; prices in dollars
    :raises LeadClosed: it was merged or erased
    :raises UnusableCorrection: a name that cannot be corrected, or a value that it cannot have; nothing was changed
    """
    lead = _open_lead(lead_id)
    read_values = {name: read(name, value) for name, value in corrections.items()}
    if not read_values:
        raise UnusableCorrection("Say what to correct.", field="field")
    write(lead, {**in_force(lead), **read_values}, raw={"reason": reason})
    audit.record(
        actor_id=actor_id, action="lead.corrected", subject=lead, fields=sorted(read_values), reason=reason
    )
    return lead


@transactions.write
def take_back_correction(*, lead_id: UUID, fields: Collection[str], actor_id: int) -> Lead:
    """Let the adverts tell ``fields`` again.

    :raises LeadClosed: it was merged or erased
    :raises UnusableCorrection: one of them was not corrected; nothing was changed
    """
    lead = _open_lead(lead_id)
    standing = in_force(lead)
    if not fields or not standing.keys() >= set(fields):
        raise UnusableCorrection("This was not corrected.", field="field")
    write(lead, {name: value for name, value in standing.items() if name not in fields}, raw={"reason": ""})
    audit.record(actor_id=actor_id, action="lead.correction_taken_back", subject=lead, fields=sorted(fields))
    return lead


def in_force(lead: Lead) -> dict[str, Any]:
    """What operators corrected of a lead: name → value, the newest word on each."""
    said = lead.observations.filter(source=OPERATOR, gone_at=None).order_by("first_seen_at", "pk")
    return {name: value for item in said for name, value in (item.raw or {}).get("corrections", {}).items()}


def _open_lead(lead_id: UUID) -> Lead:
    lead = Lead.objects.select_for_update().get(pk=lead_id)
    if lead.state in {Lead.State.MERGED, Lead.State.ERASED}:
        raise LeadClosed("This lead was merged into another or erased.", state=lead.state)
    return lead


def write(
    lead: Lead,
    corrections: Mapping[str, Any],
    *,
    raw: Mapping[str, Any],
    source: str = OPERATOR,
    beside: Mapping[str, Any] | None = None,
) -> Observation | None:
    """Put one observation of ``source`` with all that is corrected in the place of those before.

    Joins the caller's transaction, which has locked the lead.

    :param raw: what is kept, encrypted, beside the corrections
    :param beside: what its facts say besides
    :return: None where nothing is corrected any more
    """
    now, word = clock.now(), None
    lead.observations.filter(source=source, gone_at=None).update(gone_at=now)
    if corrections or beside:
        address = _address(lead, corrections)
        word = Observation.objects.create(
            source=Source.objects.get(pk=source),
            lead=lead,
            external_id_hash=sightings.external_id_hash(f"correction:{lead.pk}"),
            content_hash=keyed_hash(uuid4().hex, purpose="content"),
            address_hash=sightings.building_hash(address),
            door_hash=sightings.door_hash(address),
            raw={"corrections": dict(corrections), **raw},
            facts={**_facts(lead, corrections, address), **(beside or {})},
            first_seen_at=now,
            last_seen_at=now,
        )
    merging.refresh([lead.pk])
    return word


def _address(lead: Lead, corrections: Mapping[str, Any]) -> NormalisedAddress | None:
    """The whole address, where any part of it was corrected: what was not is what the adverts say."""
    if not corrections.keys() & {"address", "city", "state_code", "zip_code"}:
        return None
    return parse_address(
        corrections.get("address", lead.address_line),
        city=corrections.get("city", lead.city) or None,
        state=corrections.get("state_code", lead.state_code) or None,
        zip_code=corrections.get("zip_code", lead.zip_code) or None,
    )


def _facts(lead: Lead, corrections: Mapping[str, Any], address: NormalisedAddress | None) -> dict[str, Any]:
    facts = {name: value for name, value in corrections.items() if name not in {"address", "asking_price"}}
    if "asking_price" in corrections:
        facts["asking_price_cents"] = int(Decimal(corrections["asking_price"]) * 100)
        facts["price_period"] = lead.price_period
    if address is not None and address.is_complete:
        facts |= sightings.address_facts(address)
    return facts


def read(name: str, value: Any) -> Any:
    """The value of a field of ``FIELDS`` as it is kept.

    :raises UnusableCorrection: as it says
    """
    if name not in FIELDS:
        raise UnusableCorrection("This cannot be corrected.", field="field")
    said, reading = FIELDS[name]
    try:
        return reading(" ".join(str(value).split()))
    except (ValueError, InvalidOperation) as error:
        raise UnusableCorrection(f"{said}: {error}", field="value") from error


def _one_of(names: Collection[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        name = text.casefold().replace(" ", "_")
        if name not in names:
            raise ValueError(f"one of {', '.join(names)}.")
        return name

    return read


def _number(*, most: int, step: str) -> Callable[[str], float | int]:
    def read(text: str) -> float | int:
        number = float(text.replace(",", "").removeprefix("$"))
        if not 0 <= number <= most or number % float(step):
            raise ValueError(f"a number from 0 to {most:,} in steps of {step}.")
        return int(number) if number.is_integer() else number

    return read


def _street(text: str) -> str:
    address = parse_address(text)
    if not (address.number and address.street):
        raise ValueError("a house number and a street, such as 40 Elm St.")
    return text[:200]


def _town(text: str) -> str:
    if not text or len(text) > 80:
        raise ValueError("a town's name.")
    return text


def _state(text: str) -> str:
    code = usps.state_code(text)
    if code is None:
        raise ValueError("two letters of a state.")
    return code


def _zip(text: str) -> str:
    code = zip5(text)
    if code is None:
        raise ValueError("five digits.")
    return code


FIELDS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "kind": ("Kind of lead", _one_of(Kind.values)),
    "property_type": ("Kind of home", _one_of([*HOME_WORDS, "other"])),
    "beds": ("Bedrooms", _number(most=MOST_ROOMS, step="1")),
    "baths": ("Bathrooms", _number(most=MOST_ROOMS, step="0.5")),
    "area_sqft": ("Living area in square feet", _number(most=MOST_SQUARE_FEET, step="1")),
    "asking_price": ("Asking price in dollars", _number(most=MOST_DOLLARS, step="1")),
    "address": ("House number and street", _street),
    "city": ("City", _town),
    "state_code": ("State", _state),
    "zip_code": ("ZIP", _zip),
}
"""What can be corrected: its name for operators, and how a typed value is read."""
