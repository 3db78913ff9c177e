"""What owners say is right about their own home: it outranks every source until that source itself says otherwise.

An owner's word is an observation of the source ``owners-word``, as an operator's correction is one. Beside each
fact stands what every source told then: what one of them tells anew since ends the word on that fact. Numbers that
proved to be wrong are put right again each time an advert repeats them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from accounts.privacy.people import Mark
from aiqleads.core import audit, clock, events, transactions
from leads import corrections, sightings
from leads.address import parse_address
from leads.events import OwnerCorrected
from leads.models import Contact, Lead, Observation
from leads.sightings import OWNER

Replaced = tuple[str, str, str | None]
"""What of a contact, what it was, and what is right; None for what is nobody's of that home."""
NOT_FOR_SALE: Final = "its owner says that it is not for sale"
FACTS: Final = {"price": "asking_price", "beds": "beds"}
"""What a person corrects, as requests name it → as leads do; the address is read apart."""


def note(lead: Lead, said: Mapping[str, str], replaced: Sequence[Replaced] = ()) -> list[str]:
    """Let an owner's word count from now on; return what it changed, as requests name it. Again changes nothing.

    Joins the caller's transaction, which has locked the lead.

    :param replaced: of its contacts, what was written in place of what
    :raises UnusableCorrection: a value that the fact cannot have; nothing was changed
    """
    transactions.require_transaction()
    read = _read(said)
    standing = lead.observations.filter(source=OWNER, gone_at=None).order_by("-first_seen_at").first()
    before = (standing.raw or {}) if standing else {}
    kept = {name: value for name, value in before.get("corrections", {}).items() if _stands(name, standing, lead)}
    wanted = {**kept, **read}
    pairs = _together(before.get("replaced", ()), replaced)
    is_for_sale = not (said.get("not_for_sale") or before.get("is_for_sale") is False)
    same = {"corrections": wanted, "replaced": [list(pair) for pair in pairs], "is_for_sale": is_for_sale}
    if not (wanted or pairs) and is_for_sale:
        return []
    if standing and same == {name: before.get(name) for name in same}:
        return []
    told = _told_by_sources(lead)
    word = corrections.write(lead, wanted, source=OWNER, raw=same, beside={
        "instead_of": told, "is_for_sale": is_for_sale, "replaces_contacts": bool(pairs),
    })  # fmt: skip
    changed = sorted(name for name in said if said[name])
    audit.record(actor_id=None, action="lead.corrected_by_owner", subject=lead, fields=changed)
    if word is not None:
        events.publish(OwnerCorrected(lead_id=lead.pk, observation_id=word.pk, fields=changed))
    return changed


def _read(said: Mapping[str, str]) -> dict[str, Any]:
    read = {field: corrections.read(field, said[name]) for name, field in FACTS.items() if said.get(name)}
    if said.get("address"):
        line = corrections.read("address", said["address"])
        parsed = parse_address(line)
        place = {"city": parsed.city, "state_code": parsed.state, "zip_code": parsed.zip} if parsed else {}
        read |= {"address": line, **{name: value for name, value in place.items() if value}}
    return read


def _stands(name: str, word: Observation | None, lead: Lead) -> bool:
    field = {"asking_price": "asking_price_cents", "address": "address_line"}.get(name, name)
    said = [item for item in _sightings(lead) if sightings.is_sighting(item)]
    return word is not None and field in sightings.still_said(word, said)


def _together(before: Iterable[Sequence[Any]], new: Sequence[Replaced]) -> list[Replaced]:
    known = {(str(what), str(old)): right for what, old, right in before}
    known |= {(what, old): right for what, old, right in new}
    return [(what, old, right) for (what, old), right in sorted(known.items())]


def _sightings(lead: Lead) -> list[Observation]:
    return list(lead.observations.select_related("source").defer("raw"))


def _told_by_sources(lead: Lead) -> dict[str, dict[str, list[Any]]]:
    """Field → source → every value that it told so far."""
    told: dict[str, dict[str, list[Any]]] = {}
    for item in _sightings(lead):
        for field in sightings.MERGED_FIELDS if sightings.is_sighting(item) else ():
            value = item.facts.get(field)
            values = told.setdefault(field, {}).setdefault(item.source_id, [])
            if value not in (None, "") and value not in values:
                values.append(value)
    return told


def is_not_for_sale(observations: Collection[Observation]) -> bool:
    """Whether an owner said so, and nobody offered the home anew since: a later advert, or the owner."""
    words = [item for item in observations if item.source_id == OWNER and item.gone_at is None]
    word = next((item for item in words if item.facts.get("is_for_sale") is False), None)
    return word is not None and not any(_is_offered_since(item, word.first_seen_at) for item in observations)


def _is_offered_since(item: Observation, moment: datetime) -> bool:
    if not sightings.is_sighting(item) or item.first_seen_at <= moment:
        return False
    posted = item.facts.get("posted_at")
    return item.source_id == "owner-submissions" or bool(posted and datetime.fromisoformat(posted) > moment)


def put_right(contacts: Sequence[Contact], observations: Iterable[Observation]) -> None:
    """Correct, in the unsaved contacts of an advert that just arrived, what its owner put right before."""
    words = [
        item.pk
        for item in observations
        if item.source_id == OWNER and item.gone_at is None and item.facts.get("replaces_contacts")
    ]
    for word in Observation.objects.filter(pk__in=words) if words and contacts else ():
        for what, old, right in (word.raw or {}).get("replaced", ()):
            for contact in contacts:
                if value_of(contact, what) == old:
                    set_right(contact, what, right)


def value_of(contact: Contact, what: str) -> str:
    """A contact's name, telephone or e-mail as two of them are compared."""
    value: str = getattr(contact, what) or ""
    return value.partition(";")[0] if what == "phone" else value.lower() if what == "email" else value


def set_right(contact: Contact, what: str, right: str | None) -> list[str]:
    """Set what is right and all that follows from it; return the columns. What is nobody's there is marked so."""
    if right is None:
        contact.objection, contact.objected_at = Contact.Objection.WRONG_NUMBER, clock.now()
        return ["objection", "objected_at"]
    setattr(contact, what, right)
    if what == "name":
        contact.name_phonetic_hash = sightings.name_phonetic_hash(right)
        return ["name", "name_phonetic_hash"]
    setattr(contact, f"{what}_hash", Mark.of(what, right).newest)
    if what == "email":
        return ["email", "email_hash"]
    contact.phone_last_seven_hash = sightings.last_seven_hash(right)
    contact.dnc_checked_at, contact.dnc_looked_in, contact.dnc_found_in = None, [], []
    return ["phone", "phone_hash", "phone_last_seven_hash", "dnc_checked_at", "dnc_looked_in", "dnc_found_in"]
