"""What the leads hold about people: adverts as they were read, contacts, and everything that was made of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q

from accounts.privacy.holders import Changed, Channel, Corrections, Erased, Exported, Held, Holder, Way
from accounts.privacy.people import Person
from ai.questions import Subject
from ai.services import forget
from aiqleads.core import alerts, audit, events, transactions
from leads import merging, owners_word
from leads.events import LeadErased
from leads.models import (
    Consent,
    Contact,
    DoubtfulPair,
    ImageHash,
    Lead,
    LeadVector,
    Merge,
    Observation,
    ProviderVector,
    Reading,
    Score,
    VectorDue,
)
from leads.privacy import emptying
from leads.privacy.belongings import address_of, belongings_of, contacts_of, family_of, told_beside

KINDS: Final = {"contact_name": "name", "phones": "telephone number", "emails": "e-mail address"}
THEIRS_TOO: Final = "privacy.unsure"
"""The area of alerts about leads that hold something of an erased person and may be somebody else's."""


class LeadsHolder(Holder):
    """Answers for the leads, and for what models said of them."""

    name = "leads"
    models = frozenset(
        f"leads.{name}"
        for name in (
            "lead", "observation", "contact", "consent", "imagehash", "leadvector", "providervector", "vectordue",
            "reading", "score", "merge", "doubtfulpair",
        )
    ) | {"ai.modelreply", "leads.sourceright"}  # fmt: skip

    def widen(self, person: Person) -> Person:
        return told_beside(person, belongings_of(person))

    def find(self, person: Person) -> Sequence[Held]:
        found: dict[UUID, Held] = {}
        ways: dict[UUID, list[Way]] = {}
        for contact in contacts_of(person):
            item = contact.observation
            ways.setdefault(item.pk, []).extend(_ways(contact))
            right = item.source.rights.order_by("-recorded_at").first()
            found[item.pk] = Held(
                holder=self.name,
                subject=f"leads.observation:{item.pk}",
                lead_id=contact.lead_id,
                kinds=_kinds(item.raw or {}),
                source=item.source.name,
                right=right.get_basis_display() if right else "",
                first_seen_at=item.first_seen_at,
                last_seen_at=item.last_seen_at,
                ways=tuple(ways[item.pk]),
            )
        return list(found.values())

    def reach(self, handle: str) -> tuple[Channel, str] | None:
        pk, _, by = handle.partition(":")
        contact = Contact.objects.filter(pk=pk).first()
        if contact is None:
            return None
        if by == "email":
            return ("email", contact.email) if contact.email else None
        return ("sms", contact.phone.partition(";")[0]) if contact.phone else None

    def export(self, person: Person) -> Iterable[Exported]:
        seen = set()
        for contact in contacts_of(person):
            item = contact.observation
            if item.pk in seen:
                continue
            seen.add(item.pk)
            for what, value in (item.raw or {}).items():
                if value not in (None, "", [], {}, ()):
                    yield Exported(
                        holder=self.name, subject=f"leads.observation:{item.pk}", what=what, value=str(value)
                    )

    @transactions.write
    def correct(self, person: Person, corrections: Corrections) -> Sequence[Changed]:
        """Let what a proven person says of their home and of themselves outrank every source (``owners_word``).

        Of leads that may be somebody else's as well, their own contacts alone are put right.

        :raises UnusableCorrection: a value that a fact cannot have; nothing was changed
        """
        ids = belongings_of(person).leads
        homes = Lead.objects.filter(pk__in=ids).exclude(state__in=[Lead.State.MERGED, Lead.State.ERASED])
        leads = list(homes.order_by("pk").select_for_update())
        replaced: dict[UUID, list[owners_word.Replaced]] = {}
        changed = []
        for contact in contacts_of(person).select_for_update(of=("self",)):
            for what, old, right in _wrong_in(contact, corrections):
                contact.save(update_fields=owners_word.set_right(contact, what, right))
                replaced.setdefault(contact.lead_id, []).append((what, old, right))
                changed.append(Changed(holder=self.name, subject=f"leads.contact:{contact.pk}", what=what))
        for lead in leads:
            said = owners_word.note(lead, corrections, replaced.get(lead.pk, ()))
            changed += [Changed(holder=self.name, subject=f"leads.lead:{lead.pk}", what=what) for what in said]
        return changed

    def erase(self, person: Person) -> Erased:
        return _erase(person)


def _wrong_in(contact: Contact, corrections: Corrections) -> Iterable[owners_word.Replaced]:
    """What a contact says that is not what its person says."""
    right = Person.of(
        phones=filter(None, [corrections.get("phone", "")]), emails=filter(None, [corrections.get("email", "")])
    )
    wanted = {"name": corrections.get("name", ""), "phone": _one(right.phones), "email": _one(right.emails)}
    for what, value in wanted.items():
        old = owners_word.value_of(contact, what)
        if old and value and old != value:
            yield what, old, value
    wrong = _one(Person.of(phones=filter(None, [corrections.get("not_phone", "")])).phones)
    if wrong and not wanted["phone"] and owners_word.value_of(contact, "phone") == wrong and not contact.objection:
        yield "phone", wrong, None


def _one(values: Iterable[str]) -> str:
    return next(iter(values), "")


def _ways(contact: Contact) -> list[Way]:
    ways = []
    if contact.email:
        begins, _, domain = contact.email.partition("@")
        ways.append(Way(handle=f"{contact.pk}:email", channel="email", hint=f"{begins[:1]}…@{domain[:1]}…"))
    if contact.phone and not contact.is_phone_fictitious:
        last = contact.phone.partition(";")[0][-2:]
        ways.append(Way(handle=f"{contact.pk}:phone", channel="sms", hint=f"ends in {last}"))
    return ways


def _kinds(raw: dict[str, Any]) -> list[str]:
    kinds = [says for field, says in KINDS.items() if raw.get(field)]
    if address_of(raw):
        kinds.append("address of the home")
    if raw.get("description") or raw.get("title"):
        kinds.append("the advert's words")
    return kinds + (["addresses of pictures"] if raw.get("image_urls") else [])


@transactions.write
def _erase(person: Person) -> Erased:
    """Empty the leads that are theirs, and of the others what is theirs. Locks leads first, as whoever merges does.

    A lead is locked for itself alone: an observation that is just arriving shares a lock on it, so that neither
    misses the other.
    """
    theirs = belongings_of(person)
    leads = list(family_of(theirs.leads).order_by("pk").select_for_update())
    ids = [lead.pk for lead in leads]
    counts: Counter[str] = Counter()
    buildings = {one for lead in leads for one in [lead.address_hash] if one}
    buildings |= set(Observation.objects.filter(lead__in=ids).values_list("address_hash", flat=True)) - {""}
    new = [lead.pk for lead in leads if lead.state not in {Lead.State.ERASED, Lead.State.MERGED}]
    Lead.objects.filter(pk__in=new).update(state=Lead.State.ERASED, **emptying.LEAD)
    Lead.objects.filter(pk__in=ids, state=Lead.State.MERGED).update(**emptying.LEAD)
    counts["leads.lead"] = len(new)
    _empty_made_of(ids, counts)
    _empty_adverts(Observation.objects.filter(lead__in=ids), counts)
    _empty_property_records(person, buildings, counts)
    _part_from(person, theirs.unsure, counts)
    for lead_id in new:
        audit.record(actor_id=None, action="lead.erased", subject=Lead(pk=lead_id))
    events.publish(*(LeadErased(lead_id=lead_id) for lead_id in sorted(new)))
    return Erased(counts={model: count for model, count in sorted(counts.items()) if count})


def _empty_made_of(ids: Sequence[UUID], counts: Counter[str]) -> None:
    """What was made of a lead: scores' reasons, vectors, what both were before a merge, doubts, models' replies."""
    standing = Score.objects.filter(lead__in=ids).exclude(quality_evidence=[], fraud_evidence=[], facts=None)
    counts["leads.score"] += standing.update(**emptying.SCORE)
    for model in (LeadVector, ProviderVector, VectorDue):
        counts[model._meta.label_lower] += model._default_manager.filter(lead__in=ids).delete()[0]
    merges = Merge.objects.filter(Q(winner__in=ids) | Q(loser__in=ids)).exclude(before=None, evidence=[])
    counts["leads.merge"] += merges.update(before=None, evidence=[])
    doubts = DoubtfulPair.objects.filter(Q(first__in=ids) | Q(second__in=ids)).exclude(evidence=[])
    counts["leads.doubtfulpair"] += doubts.update(evidence=[], state=DoubtfulPair.State.DIFFERENT)
    counts["ai.modelreply"] += sum(forget(Subject(kind="lead", id=lead_id)) for lead_id in ids)


def _empty_adverts(adverts: Any, counts: Counter[str], *, of_another: bool = False) -> None:
    """What adverts said. Their keyed ids stay, so that the very same advert is known as erased.

    :param of_another: the lead stays, for it is somebody else's: what names the home is that one's too
    """
    pks = list(adverts.values_list("pk", flat=True))
    counts["leads.contact"] += Contact.objects.filter(observation__in=pks).delete()[0]
    counts["leads.imagehash"] += ImageHash.objects.filter(observation__in=pks).delete()[0]
    left = {"raw": None} if of_another else emptying.OBSERVATION
    full = Observation.objects.filter(pk__in=pks).exclude(raw=None, facts={})
    counts["leads.observation"] += full.update(**left)
    counts["leads.reading"] += Reading.objects.filter(observation__in=pks).delete()[0]
    if not of_another:
        proofs = Consent.objects.filter(observation__in=pks).exclude(proof=None)
        counts["leads.consent"] += proofs.update(proof=None)
    counts["ai.modelreply"] += sum(forget(Subject(kind="lead", id=pk)) for pk in pks)


def _empty_property_records(person: Person, buildings: set[str], counts: Counter[str]) -> None:
    """Closings and listings at their home that name them; those that name nobody are the home's, and stay."""
    beside = Observation.objects.filter(lead=None, address_hash__in=buildings).exclude(raw=None)
    for item in beside.select_for_update():
        said = " ".join(str(value) for value in (item.raw or {}).values()).casefold()
        if any(value.casefold() in said for value in (*person.names, *_reaches(person))):
            Observation.objects.filter(pk=item.pk).update(**emptying.OBSERVATION)
            counts["leads.observation"] += 1


def _reaches(person: Person) -> list[str]:
    phones = person.phones | person.beside_phones
    return [*person.emails, *person.beside_emails, *(phone[-10:] for phone in phones)]


def _part_from(person: Person, unsure: Iterable[UUID], counts: Counter[str]) -> None:
    """Take out of leads that may be somebody else's what is this person's: their adverts, or their number alone."""
    given = contacts_of(person).filter(lead__in=list(unsure))
    touched = set()
    for contact in given:
        touched.add(contact.lead_id)
        item = contact.observation
        others = Contact.objects.filter(lead=contact.lead_id).exclude(observation=item).exists()
        if others:
            _empty_adverts(Observation.objects.filter(pk=item.pk), counts, of_another=True)
            Observation.objects.filter(pk=item.pk, gone_at=None).update(gone_at=F("last_seen_at"))
        else:
            counts["leads.contact"] += Contact.objects.filter(pk=contact.pk).delete()[0]
            counts["leads.observation"] += _without(item, contact)
    merging.refresh(touched)
    for lead_id in sorted(touched):
        alerts.open_alert(
            key=f"{THEIRS_TOO}:{lead_id}",
            says="A lead may be an erased person's as well: what was surely theirs is gone. Look at the rest.",
            subject=Lead(pk=lead_id),
        )


def _without(item: Observation, contact: Contact) -> int:
    """Take one way to reach somebody out of an advert that stays; in its words it is covered."""
    raw = dict(item.raw or {})
    gone = [value for value in (contact.phone, contact.email, contact.name) if value]
    if not gone or not raw:
        return 0
    for reaches in ("phones", "fictitious_phones", "emails"):
        raw[reaches] = [one for one in raw.get(reaches) or () if one not in gone]
    if raw.get("contact_name") in gone:
        raw["contact_name"] = None
    raw["title"] = raw["description"] = None
    item.raw = raw
    item.save(update_fields=["raw"])
    return 1
