"""Marking the leads that an organisation has in its own CRM already.

A match needs an address *and* a phone or an e-mail, so that nobody learns an owner whom they do not know. The
contacts are compared once, with what is on offer now, and forgotten.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from accounts import permissions
from accounts import selectors as accounts
from accounts.models import Membership
from aiqleads.core import alerts, audit, clock, transactions
from aiqleads.core.personal_data import keyed_hashes
from leads.models import Contact
from marketplace import errors
from marketplace.crm_rows import CrmContact, looks_like_guessing
from marketplace.models import CrmMatch, CrmUpload, Listing

HASHES_PER_QUERY: Final = 5_000
REFUSED: Final = "This upload looks like trying out numbers, so nothing was compared. Our operators were told."


def compare_crm(*, member: Membership, contacts: Sequence[CrmContact]) -> CrmUpload:
    """Find which leads on offer the organisation knows already. Once a day, and the contacts are not kept.

    :raises NotYourRole: as it says
    :raises NotVerified: the member's e-mail address is not confirmed
    :raises CrmUploadedToday: the organisation has used this day's upload
    :raises CrmRefused: nothing to compare, or it looks like guessing (the day's upload is used, operators are told)
    """
    permissions.require(member, permissions.Action.COMPARE_CRM)
    if not accounts.is_verified(member.user):
        raise errors.NotVerified("Confirm your e-mail address first.")
    _require_first_today(member)
    usable = [contact for contact in contacts if contact.can_match]
    if not usable:
        raise errors.CrmRefused("No row has an address and a phone or an e-mail.")
    at_home = [(building, contact) for contact in usable if (building := contact.building())]
    is_guessing = looks_like_guessing(at_home)
    found = [] if is_guessing else _matching_leads(at_home)
    upload = _keep(member, len(contacts), len(usable), found, is_refused=is_guessing)
    if is_guessing:
        raise errors.CrmRefused(REFUSED)
    return upload


def _require_first_today(member: Membership) -> None:
    today = clock.now().date()
    if CrmUpload.objects.filter(organisation=member.organisation_id, uploaded_on=today).exists():
        raise _uploaded_today(today)


def _uploaded_today(today: date) -> errors.CrmUploadedToday:
    return errors.CrmUploadedToday(
        "Your organisation has compared its contacts today. Come back tomorrow.",
        until=f"{today + timedelta(days=1)}T00:00:00+00:00",
    )


@transactions.write
def _keep(member: Membership, rows: int, usable: int, found: list[UUID], *, is_refused: bool) -> CrmUpload:
    today = clock.now().date()
    with errors.refusals(one_crm_upload_a_day=lambda: _uploaded_today(today)):
        upload = CrmUpload.objects.create(
            organisation_id=member.organisation_id,
            membership=member,
            uploaded_on=today,
            row_count=rows,
            usable_count=usable,
            is_refused=is_refused,
        )
    CrmMatch.objects.bulk_create(CrmMatch(upload=upload, listing_id=lead_id) for lead_id in found)
    audit.record(
        actor_id=member.user_id, action="crm.compared", subject=upload, rows=rows, usable=usable, matches=len(found)
    )
    if is_refused:
        alerts.open_alert(
            key=f"crm.guessing:{member.organisation_id}",
            says="An organisation's contacts looked like trying out numbers at doors. Nothing was compared.",
            subject=member.organisation,
        )
    return upload


def _matching_leads(contacts: Sequence[tuple[str, CrmContact]]) -> list[UUID]:
    """Leads on offer with the same building and a phone or e-mail of the same contact."""
    buildings_of: dict[str, set[str]] = defaultdict(set)
    for building, contact in contacts:
        for digest in _reach_hashes(contact):
            buildings_of[digest].add(building)
    known = _known_reaches(list(buildings_of))
    return sorted({lead_id for lead_id, building, reach in known if building in buildings_of[reach]})


def _reach_hashes(contact: CrmContact) -> Iterator[str]:
    for phone in contact.phones:
        yield from keyed_hashes(phone, purpose="phone")
    for email in contact.emails:
        yield from keyed_hashes(email.lower(), purpose="email")


def _known_reaches(hashes: Sequence[str]) -> Iterator[tuple[UUID, str, str]]:
    """Lead, building and the hash by which it is known, of every lead on offer that one of ``hashes`` reaches."""
    offered = Listing.objects.offered().values("pk")
    for start in range(0, len(hashes), HASHES_PER_QUERY):
        part = hashes[start : start + HASHES_PER_QUERY]
        known = set(part)
        rows = Contact.objects.filter(Q(phone_hash__in=part) | Q(email_hash__in=part), lead__in=offered)
        columns = ("lead_id", "lead__address_hash", "phone_hash", "email_hash")
        for lead_id, address_hash, *reaches in rows.values_list(*columns):
            yield from ((lead_id, address_hash, reach) for reach in reaches if reach in known)
