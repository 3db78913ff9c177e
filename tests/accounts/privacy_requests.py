"""Requests of people who are worried, and a holder that stands for everybody who holds something about them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Organisation, PrivacyRequest, ReportedBuyer
from accounts.privacy.holders import Changed, Channel, Erased, Exported, Held, Holder, Sold, Way
from accounts.privacy.people import Person
from aiqleads.core import clock

_serial = count(1)
CASEY = "casey@example.com"
CASEYS_PHONE = "+15125550142"


def asked(**facts: Any) -> PrivacyRequest:
    """A request that came in just now, written row by row."""
    number = next(_serial)
    request = PrivacyRequest.objects.create(
        **{
            "reference": f"T-{number}",
            "kind": "know",
            "language": "en",
            "said": {"name": "Casey Homeowner", "emails": [CASEY], "phones": [], "address": ""},
            "said_hash": f"1:{number:064x}",
            "answer_to": CASEY,
            "answer_hash": f"1:{number:064x}",
            **facts,
        }
    )
    request.refresh_from_db()
    return request


@dataclass
class OneHolder(Holder):
    """Holds one advert: its owner's name, telephone and e-mail, and who bought it."""

    name = "tests"
    emails: set[str] = field(default_factory=lambda: {CASEY})
    phones: set[str] = field(default_factory=lambda: {CASEYS_PHONE})
    buyers: Sequence[tuple[UUID, str]] = ()
    lead_id: UUID = field(default_factory=uuid4)
    asked_for: list[Person] = field(default_factory=list)
    corrected: dict[str, str] = field(default_factory=dict)
    is_erased: bool = False

    def _is_theirs(self, person: Person) -> bool:
        self.asked_for.append(person)
        return not self.is_erased and bool(person.emails & self.emails or person.phones & self.phones)

    def find(self, person: Person) -> Sequence[Held]:
        if not self._is_theirs(person):
            return ()
        ways = [Way(handle=f"email {one}", channel="email", hint="an e-mail") for one in sorted(self.emails)]
        ways += [Way(handle=f"sms {one}", channel="sms", hint="a phone") for one in sorted(self.phones)]
        sold = [
            Sold(organisation_id=pk, organisation=name, at=clock.now(), purchase_id=uuid4())
            for pk, name in self.buyers
        ]
        return [
            Held(
                holder=self.name,
                subject="leads.lead:1",
                lead_id=self.lead_id,
                kinds=("name", "telephone number"),
                source="Open homes",
                right="permission",
                first_seen_at=clock.now(),
                ways=ways,
                sold=sold,
            )
        ]

    def reach(self, handle: str) -> tuple[Channel, str] | None:
        channel, _, address = handle.partition(" ")
        return ("email" if channel == "email" else "sms", address)

    def export(self, person: Person) -> Sequence[Exported]:
        if not self._is_theirs(person):
            return ()
        return [Exported(holder=self.name, subject="leads.lead:1", what="name", value="Casey Homeowner")]

    def correct(self, person: Person, corrections: Any) -> Sequence[Changed]:
        if not self._is_theirs(person):
            return ()
        self.corrected = dict(corrections)
        return [Changed(holder=self.name, subject="leads.lead:1", what=name) for name in corrections]

    def erase(self, person: Person) -> Erased:
        if not self._is_theirs(person):
            return Erased()
        self.is_erased = True
        return Erased(counts={"leads.contact": 1, "leads.observation": 2})


def link_in(letter: Any) -> str:
    """The secret link of a letter, without its host."""
    return re.findall(r"https?://[^/]+(/privacy/requests/\S+)", letter.body)[0]


def code_in(words: str) -> str:
    return re.findall(r"^\d{6}$", words, re.MULTILINE)[0]


def reported(organisation: Organisation) -> ReportedBuyer:
    """A report that waits for a decision about ``organisation``."""
    request = asked(kind="report_harassment")
    return ReportedBuyer.objects.create(
        request=request, organisation=organisation, lead_id=uuid4(), bought_at=clock.now()
    )
