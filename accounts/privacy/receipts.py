"""What a person is told at the end: what we held, from where, by what right, who bought it, what became of it.

A receipt holds no personal value: who reads it knows them. It is kept, encrypted, for as long as the request is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import PrivacyRequest, ReportedBuyer
from accounts.privacy import holders
from accounts.privacy.authorities import Authority
from accounts.privacy.holders import Exported, ReceiptLine
from accounts.privacy.people import Person

CORRECTED: Final = {
    "name": _("name"),
    "phone": _("telephone number"),
    "not_phone": _("a phone number that is not yours"),
    "email": _("e-mail address"),
    "address": _("address of the home"),
    "price": _("price"),
    "beds": _("bedrooms"),
    "not_for_sale": _("that your home is not for sale"),
}
"""What a person corrects, in words for them."""


def of_what_is_held(person: Person) -> dict[str, Any]:
    """What every holder tells about ``person`` now, as JSON. Asked before anything is erased."""
    lines = [line for holder in holders.everywhere() for line in holder.receipt(person)]
    return {"held": [_line(line) for line in lines]}


def _line(line: ReceiptLine) -> dict[str, Any]:
    return {
        "what": line.says,
        "source": line.source,
        "right": line.right,
        "since": _told(line.at),
        "sold": [{"organisation": sold.organisation, "at": _told(sold.at)} for sold in line.sold],
    }


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def values_held(person: Person) -> list[Exported]:
    """Every value that we hold of ``person`` at this moment; kept nowhere."""
    return [value for holder in holders.everywhere() for value in holder.export(person)]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Receipt:
    """What the page of a receipt shows.

    :ivar told: what was written down when the request was carried out
    :ivar is_theirs: whether its reader proved who they are: else no buyer is named, and nothing of what was found
    :ivar values: what we hold at this moment, for those who asked to know it
    """

    request: PrivacyRequest
    told: Mapping[str, Any]
    is_theirs: bool
    values: Sequence[Exported]
    reported: Sequence[ReportedBuyer]
    authorities: Sequence[Authority]

    @property
    def held(self) -> Sequence[Mapping[str, Any]]:
        """What was found, where its reader may know it."""
        return [_with_times(line) for line in self.told.get("held", ())] if self.is_theirs else []

    @property
    def erased_count(self) -> int:
        """How many rows and files were deleted or emptied."""
        return sum(self.told.get("erased", {}).values())

    @property
    def corrected(self) -> list[str]:
        """What was corrected, in its reader's language."""
        return [str(CORRECTED.get(name, name)) for name in self.told.get("corrected", ())]

    @property
    def keeps_hashes(self) -> bool:
        """Whether keyed hashes stay, so that nobody takes the person in again."""
        return bool(self.told.get("suppressed"))

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        request = self.request
        return {
            "reference": request.reference,
            "asked": request.kind,
            "outcome": request.state,
            "refused_because": request.refusal or None,
            "received_at": request.received_at.isoformat(),
            "closed_at": request.closed_at.isoformat() if request.closed_at else None,
            "identity_proven_by": request.proven_by or None,
            "held": self.told.get("held", []) if self.is_theirs else [],
            "values": [{"what": one.what, "value": one.value} for one in self.values],
            "erased_rows": self.erased_count,
            "corrected": self.told.get("corrected", []),
            "kept_out_of": self.told.get("suppressed"),
            "kept": [{"what": "keyed hashes", "why": "so that nobody takes them in again"}]
            if self.keeps_hashes
            else [],
            "reported": [
                {"organisation": one.organisation.name, "outcome": one.outcome}
                for one in self.reported
                if self.is_theirs
            ],
            "complain_to": [{"name": one.name, "address": one.address} for one in self.authorities],
        }


def _with_times(line: Mapping[str, Any]) -> dict[str, Any]:
    """Times as times, and words in its reader's language."""
    sold = [{**one, "at": _read(one["at"])} for one in line["sold"]]
    what, right = _in_their_words(line["what"]), _in_their_words(line["right"])
    return {**line, "what": what, "right": right, "since": _read(line["since"]), "sold": sold}


def _in_their_words(told: str) -> str:
    """A holder's words, one thing after the other, in the reader's language."""
    whole = gettext(told) if told else ""
    return whole if whole != told else ", ".join(gettext(part) if part else "" for part in told.split(", "))


def _read(moment: str | None) -> datetime | None:
    return datetime.fromisoformat(moment) if moment else None
