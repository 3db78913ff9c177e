"""A bought lead as Follow Up Boss takes it: one event, from which it makes or finds the person.

Follow Up Boss knows a person by e-mail or phone, so a message that comes twice updates one person.
Source: https://docs.followupboss.com/reference/events-post
"""

import json
from base64 import b64encode
from typing import Any, Final

from django.conf import settings

from aiqleads.core.posting import Post
from leads.models import Kind
from marketplace.messages.bought_lead import BoughtLead
from marketplace.messages.webhooks import USER_AGENT, shape
from marketplace.models import Delivery

SOURCE: Final = "AIQLeads"
_TYPES: Final = {Kind.BUYER_ENQUIRY: "General Inquiry"}
_OTHERWISE: Final = "Seller Inquiry"
_CHANNELS: Final = {"call": "Calls", "text": "Texts", "email": "E-mail", "post": "Post"}


def write(delivery: Delivery, given: BoughtLead) -> Post | None:
    """The event of a bought lead, for the account of its buyer; None where the account was disconnected."""
    if delivery.receiver is None or delivery.receiver.secret is None:
        return None
    told = event(given)
    delivery.shape = shape(told)
    return Post(
        url=f"{settings.FOLLOW_UP_BOSS_URL}/v1/events",
        body=json.dumps(told).encode(),
        headers=_headers(delivery, delivery.receiver.secret),
    )


def event(given: BoughtLead) -> dict[str, Any]:
    """The event in Follow Up Boss's words; what is not known is left out."""
    return {
        "source": SOURCE,
        "system": settings.FOLLOW_UP_BOSS_SYSTEM,
        "type": _TYPES.get(Kind(given.lead.kind), _OTHERWISE),
        "occurredAt": given.purchase.bought_at.isoformat(),
        "message": _message(given),
        "person": _known(_person(given)),
        "property": _known(_property(given)),
    }


def _person(given: BoughtLead) -> dict[str, Any]:
    """The first contact that may be reached; without one, whoever lives at the address, to write to."""
    contact = given.reachable or next(iter(given.contacts), None)
    first, _, last = ((contact.name if contact else None) or "Owner").partition(" ")
    return {
        "firstName": first,
        "lastName": last or given.lead.address_line or given.lead.city,
        "emails": [{"value": one.email} for one in given.contacts if one.email],
        "phones": [{"value": one.phone} for one in given.contacts if one.phone],
        "addresses": [_post_address(given)],
        "tags": [SOURCE, given.lead.get_kind_display()],
    }


def _post_address(given: BoughtLead) -> dict[str, Any]:
    if given.post_address:
        return {"type": "mailing", "street": given.post_address}
    return _known({"type": "home", **_place(given)})


def _place(given: BoughtLead) -> dict[str, Any]:
    lead = given.lead
    return {"street": lead.address_line, "city": lead.city, "state": lead.state_code, "code": lead.zip_code}


def _property(given: BoughtLead) -> dict[str, Any]:
    lead = given.lead
    return {
        **_place(given),
        "type": lead.listing.property_type,
        "bedrooms": lead.beds and float(lead.beds),
        "bathrooms": lead.baths and float(lead.baths),
        "area": lead.area_sqft,
        "price": lead.asking_price_cents and lead.asking_price_cents // 100,
        "url": given.page_url,
    }


def _message(given: BoughtLead) -> str:
    """The lead and its passport, in sentences for whoever opens the person."""
    passport = given.purchase.passport
    channels = [
        f"{word}: {'allowed' if channel['is_allowed'] else 'not allowed'}. {channel['why']}"
        for name, word in _CHANNELS.items()
        if (channel := given.channels[name])
    ]
    ends = f"This passport is valid until {passport.valid_until:%B %-d, %Y}. {passport.quiet_hours}"
    return "\n".join([given.lead.listing.summary, *channels, f"Consent: {passport.consent}", ends, given.page_url])


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in (None, "", [])}


def _headers(delivery: Delivery, key: str) -> dict[str, str]:
    system = {
        "X-System": settings.FOLLOW_UP_BOSS_SYSTEM,
        "X-System-Key": settings.FOLLOW_UP_BOSS_SYSTEM_KEY,
    }
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}",
        "X-AIQLeads-Delivery": str(delivery.pk),
        **{name: value for name, value in system.items() if value},
    }
