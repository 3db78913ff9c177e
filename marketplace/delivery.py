"""What a buyer gets: the passport at the unlock, and the contact behind a sold claim."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from aiqleads.core import audit, clock, transactions
from leads import passport
from leads.calling_rules import is_calling_hour
from leads.models import Contact, Observation
from leads.reaching import Reachable, reachable
from leads.time_zones import find_time_zone
from marketplace.models import Claim, Passport, Purchase
from scraping.readers.mapping import DETAIL, FIELDS

POST_ADDRESS: Final = FIELDS[f"{DETAIL}mailing_address"]
"""What ``public_record`` calls where an absent owner gets their post."""
FILED_ON: Final = FIELDS[f"{DETAIL}filed_on"]
AUCTION_ON: Final = FIELDS[f"{DETAIL}auction_on"]
_DETAILS: Final = {name.removeprefix(DETAIL): label for name, label in FIELDS.items() if name.startswith(DETAIL)}
AMOUNTS: Final = frozenset({"amount_owed", "assessed_value"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockedContact:
    """One way to the owner, in plain text; for the buyer's eyes alone."""

    name: str | None
    phone: str | None
    email: str | None
    source_name: str
    objection: str


GIVEN_BACK: Final = "You gave this lead back."


def channels_now(purchase: Purchase) -> dict[str, dict[str, object]]:
    """What the buyer may do by now: as the passport says; nothing once it came back or its owner wants no more.

    ``purchase`` comes from ``selectors.purchases``, which adds what became of it.
    """
    closed = ""
    if purchase.claim.state != Claim.State.SOLD:
        closed = GIVEN_BACK
    elif purchase.is_erased:
        closed = passport.ERASED
    elif purchase.has_objection:
        closed = passport.ASKED_NOT_TO
    elif purchase.has_withdrawn:
        closed = passport.TOOK_BACK
    stated: dict[str, dict[str, object]] = purchase.passport.channels
    return {channel: {"is_allowed": False, "why": closed} for channel in stated} if closed else stated


@dataclass(frozen=True, slots=True, kw_only=True)
class CallingHours:
    """The owner's clock: ``is_calling_hour`` is None and the texts are empty where nobody knows where it is read.

    ``time_zone`` is an IANA name; ``local_time`` a day and an hour, in words.
    """

    time_zone: str = ""
    local_time: str = ""
    is_calling_hour: bool | None = None


def calling_hours_now(purchase: Purchase) -> CallingHours:
    """Whether the owner's state lets them be rung at the moment when ``selectors.purchases`` read the purchase."""
    lead = purchase.lead
    zone = find_time_zone(zip_code=lead.zip_code, state_code=lead.state_code)
    if zone is None:
        return CallingHours()
    local = purchase.read_at.astimezone(zone)
    return CallingHours(
        time_zone=str(zone),
        local_time=f"{local:%A, %-H:%M}",
        is_calling_hour=is_calling_hour(lead.state_code, local),
    )


def issue_passports(purchases: Sequence[Purchase]) -> None:
    """State what the buyer may do with the contacts of what was bought at once. Joins the caller's transaction."""
    now = purchases[0].bought_at
    known = reachable({purchase.lead_id for purchase in purchases}, at=now)
    Passport.objects.bulk_create(_passport(purchase, known[purchase.lead_id], now) for purchase in purchases)


def _passport(purchase: Purchase, owner: Reachable, now: datetime) -> Passport:
    statement = passport.issue(
        reaches=owner.reaches,
        has_address=owner.has_address,
        agreement=owner.agreement,
        now=now,
        state_code=owner.state_code,
    )
    return Passport(
        purchase=purchase,
        channels={name: asdict(getattr(statement, name)) for name in ("call", "text", "email", "post")},
        consent=statement.consent,
        dnc_checked_at=statement.dnc_checked_at,
        quiet_hours=statement.quiet_hours,
        right_basis=owner.right_basis,
        valid_until=statement.valid_until,
    )


@transactions.write
def unlock_contact(*, purchase: Purchase, viewer_id: int) -> list[UnlockedContact]:
    """Decrypt the contact of a sold lead for one look, which is audited.

    :raises Claim.DoesNotExist: the claim is not a sold one
    """
    Claim.objects.get(pk=purchase.claim_id, state=Claim.State.SOLD)
    audit.record(actor_id=viewer_id, action="contact.seen", subject=purchase)
    return [_unlocked(contact) for contact in _contacts(purchase)]


def contacts_for_machines(purchases: Sequence[Purchase]) -> dict[UUID, list[UnlockedContact]]:
    """The contacts of sold leads as programs, tables and mailboxes may have them: what each passport allows by now.

    A number stays out unless calls or texts are allowed, an address unless e-mail is, everything once the passport
    has ended, and what came from a source whose right was lost since. The purchase's page shows what stays out,
    with the reason. Nobody looks, so no look is audited.

    :param purchases: read just now by a selector of purchases
    :return: by purchase; one that came back is left out
    """
    sold = [purchase for purchase in purchases if purchase.claim.state == Claim.State.SOLD]
    now = clock.now()
    known = _known_contacts(sold)
    return {purchase.pk: _for_machines(purchase, known[_home(purchase)], now) for purchase in sold}


def _for_machines(purchase: Purchase, known: list[Contact], now: datetime) -> list[UnlockedContact]:
    allowed = {channel for channel, told in channels_now(purchase).items() if told["is_allowed"]}
    if purchase.passport.valid_until <= now or not allowed:
        return []
    rightful = [one for one in known if _is_listable_still(one.observation, purchase, now)]
    return [
        replace(
            contact,
            phone=contact.phone if allowed & {"call", "text"} else None,
            email=contact.email if "email" in allowed else None,
        )
        for contact in map(_unlocked, rightful)
    ]


def post_addresses(purchases: Sequence[Purchase]) -> dict[UUID, str]:
    """Where owners who live elsewhere get their post, as public records tell: of sales that allow post by now.

    :param purchases: read just now by a selector of purchases
    """
    now = clock.now()
    open_still = [
        purchase
        for purchase in purchases
        if purchase.passport.valid_until > now and channels_now(purchase)["post"]["is_allowed"]
    ]
    told = Observation.objects.filter(lead__in={_home(purchase) for purchase in open_still})
    sightings: dict[UUID | None, list[Observation]] = defaultdict(list)
    rights_known = told.select_related("source").prefetch_related("source__rights")
    for sighting in rights_known.order_by("-source__trust_percent", "-first_seen_at"):
        sightings[sighting.lead_id].append(sighting)
    return {
        purchase.pk: address
        for purchase in open_still
        for sighting in reversed(sightings[_home(purchase)])
        if (address := _post_address(sighting)) and _is_listable_still(sighting, purchase, now)
    }


def _post_address(sighting: Observation) -> str:
    details = (sighting.raw or {}).get("details", {})
    return str(details.get("mailing_address") or "")


def _unlocked(contact: Contact) -> UnlockedContact:
    return UnlockedContact(
        name=contact.name,
        phone=contact.phone,
        email=contact.email,
        source_name=contact.observation.source.name,
        objection=contact.get_objection_display(),
    )


def public_record(purchase: Purchase) -> list[tuple[str, str]]:
    """What a public record tells beside the home, in words and values: case, auction, the owner's post address.

    For the same eyes as ``unlock_contact``, whose look is noted; empty where no record tells of the home.

    :raises Claim.DoesNotExist: the claim is not a sold one
    """
    Claim.objects.get(pk=purchase.claim_id, state=Claim.State.SOLD)
    told: dict[str, str] = {}
    for observation in listable_sightings(purchase).order_by("-source__trust_percent", "-first_seen_at"):
        told = {**(observation.raw or {}).get("details", {}), **told}
    return [(label, _in_words(name, told[name])) for name, label in _DETAILS.items() if name in told]


def _in_words(name: str, told: str) -> str:
    """Dates as people write them, amounts in dollars, everything else as the record has it."""
    if name.endswith("_on"):
        with suppress(ValueError):
            return f"{date.fromisoformat(told):%B %-d, %Y}"
    if name in AMOUNTS:
        with suppress(ValueError):
            return f"${float(told.replace(',', '').lstrip('$')):,.0f}"
    return told


def listable_sightings(purchase: Purchase) -> QuerySet[Observation]:
    """Sightings from sources whose right allowed listing when the lead was bought.

    A lead that proved to be another's home has its sightings there.
    """
    return Observation.objects.filter(
        lead=purchase.lead.merged_into_id or purchase.lead_id,
        source__rights__may_list=True,
        source__rights__during__contains=purchase.bought_at,
    )


def _contacts(purchase: Purchase) -> list[Contact]:
    """Contacts from observations whose source's right allowed listing when the lead was bought."""
    known = _known_contacts([purchase])[_home(purchase)]
    return [contact for contact in known if _was_listable(contact.observation, purchase.bought_at)]


def _home(purchase: Purchase) -> UUID:
    """Where the sightings are: a lead that proved to be another's home has its own there."""
    return purchase.lead.merged_into_id or purchase.lead_id


def _known_contacts(purchases: Sequence[Purchase]) -> dict[UUID, list[Contact]]:
    """Every contact of the purchases' homes, by home, the most trusted source first."""
    told = Contact.objects.filter(lead__in={_home(purchase) for purchase in purchases})
    whole = told.select_related("observation__source", "observation__consent").prefetch_related(
        "observation__source__rights"
    )
    known: dict[UUID, list[Contact]] = defaultdict(list)
    for contact in whole.order_by("-observation__source__trust_percent", "pk"):
        known[contact.lead_id].append(contact)
    return known


def _was_listable(sighting: Observation, moment: datetime) -> bool:
    """Whether a right of the sighting's source allowed listing at ``moment``."""
    return any(right.may_list and moment in right.during for right in sighting.source.rights.all())


def _is_listable_still(sighting: Observation, purchase: Purchase, now: datetime) -> bool:
    """Whether it was when the lead was bought, and is now."""
    return _was_listable(sighting, purchase.bought_at) and _was_listable(sighting, now)
