"""What a buyer gets: the passport at the unlock, and the contact behind a sold claim."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from django.db.models import QuerySet

from aiqleads.core import audit, clock, transactions
from leads import passport
from leads.models import Contact, Observation, SourceRight
from leads.objections import has_asked_not_to_be_contacted
from leads.selectors import find_consent
from marketplace.models import Claim, Passport, Purchase
from scraping.readers.mapping import DETAIL, FIELDS

POST_ADDRESS: Final = FIELDS[f"{DETAIL}mailing_address"]
"""What ``public_record`` calls where an absent owner gets their post."""
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
    """What the buyer may do by now: as the passport says; nothing once the lead came back or its owner objected.

    ``purchase`` comes from ``selectors.purchases``, which adds ``has_objection``.
    """
    closed = ""
    if purchase.claim.state != Claim.State.SOLD:
        closed = GIVEN_BACK
    elif purchase.has_objection:
        closed = passport.ASKED_NOT_TO
    stated: dict[str, dict[str, object]] = purchase.passport.channels
    return {channel: {"is_allowed": False, "why": closed} for channel in stated} if closed else stated


def issue_passport(purchase: Purchase) -> Passport:
    """State what the buyer may do with the contact. Joins the caller's transaction."""
    contacts = _contacts(purchase)
    basis = _right_basis(purchase)
    has_objected = has_asked_not_to_be_contacted(contacts)
    statement = passport.issue(
        reaches=[reach for contact in contacts for reach in _reaches(contact, has_objected=has_objected)],
        has_address=bool(purchase.lead.address_line),
        agreement=_agreement(contacts),
        now=clock.now(),
    )
    channels = {name: asdict(getattr(statement, name)) for name in ("call", "text", "email", "post")}
    return Passport.objects.create(
        purchase=purchase,
        channels=channels,
        consent=statement.consent,
        dnc_checked_at=statement.dnc_checked_at,
        quiet_hours=statement.quiet_hours,
        right_basis=basis,
        valid_until=statement.valid_until,
    )


@transactions.write
def unlock_contact(*, purchase: Purchase, viewer_id: int) -> list[UnlockedContact]:
    """Decrypt the contact of a sold lead for one look, which is audited.

    :raises Claim.DoesNotExist: the claim is not a sold one
    """
    Claim.objects.get(pk=purchase.claim_id, state=Claim.State.SOLD)
    audit.record(actor_id=viewer_id, action="contact.seen", subject=purchase)
    return [
        UnlockedContact(
            name=contact.name,
            phone=contact.phone,
            email=contact.email,
            source_name=contact.observation.source.name,
            objection=contact.get_objection_display(),
        )
        for contact in _contacts(purchase)
    ]


def public_record(purchase: Purchase) -> list[tuple[str, str]]:
    """What a public record tells beside the home, in words and values: case, auction, the owner's post address.

    For the same eyes as ``unlock_contact``, whose look is noted; empty where no record tells of the home.

    :raises Claim.DoesNotExist: the claim is not a sold one
    """
    Claim.objects.get(pk=purchase.claim_id, state=Claim.State.SOLD)
    told: dict[str, str] = {}
    for observation in _listable_sightings(purchase).order_by("-source__trust_percent", "-first_seen_at"):
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


def _listable_sightings(purchase: Purchase) -> QuerySet[Observation]:
    """Sightings from sources whose right allowed listing when the lead was bought.

    A lead that proved to be another's home has its sightings there.
    """
    return Observation.objects.filter(
        lead=purchase.lead.merged_into_id or purchase.lead_id,
        source__rights__may_list=True,
        source__rights__during__contains=purchase.bought_at,
    )


def _contacts(purchase: Purchase) -> list[Contact]:
    """Contacts from observations whose source's right allowed listing when the lead was bought.

    A lead that proved to be another's home has its sightings there.
    """
    return list(
        Contact.objects.filter(
            lead=purchase.lead.merged_into_id or purchase.lead_id,
            observation__source__rights__may_list=True,
            observation__source__rights__during__contains=purchase.bought_at,
        )
        .select_related("observation__source", "observation__consent")
        .order_by("-observation__source__trust_percent", "pk")
    )


def _reaches(contact: Contact, *, has_objected: bool) -> list[passport.Reach]:
    consent = find_consent(contact.observation)
    agreed = frozenset(consent.channels) if consent else frozenset()
    reaches = []
    if contact.phone:
        is_fictitious = contact.is_phone_fictitious
        reaches.append(
            passport.Reach(channel="phone", agreed=agreed, is_fictitious=is_fictitious, has_objected=has_objected)
        )
    if contact.email:
        reaches.append(passport.Reach(channel="email", agreed=agreed, has_objected=has_objected))
    return reaches


def _agreement(contacts: list[Contact]) -> passport.Agreement | None:
    """The newest consent behind these contacts."""
    given = [consent for contact in contacts if (consent := find_consent(contact.observation))]
    if not given:
        return None
    newest = max(given, key=lambda consent: consent.given_at)
    return passport.Agreement(
        text_version=newest.text_version,
        given_at=newest.given_at,
        channels=newest.channels,
        agents=newest.agents,
    )


def _right_basis(purchase: Purchase) -> str:
    return str(
        SourceRight.objects.filter(
            source__observations__lead=purchase.lead.merged_into_id or purchase.lead_id,
            may_list=True,
            during__contains=clock.Now(),
        )
        .order_by("-source__trust_percent")
        .values_list("basis", flat=True)
        .first()
        or ""
    )
