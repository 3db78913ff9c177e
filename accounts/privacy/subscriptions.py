"""Which events privacy requests listen to: their own, to write to people and to do what they ask."""

from accounts.events import PersonErased
from accounts.models import Erasure, PrivacyRequest
from accounts.privacy import letters
from accounts.privacy.events import (
    BuyerReportDecided,
    IdentityCodeAsked,
    PrivacyRequestMoved,
    PrivacyRequestReady,
    PrivacyRequestReceived,
)
from accounts.services import privacy_outcomes
from aiqleads.core.events import subscribe


def connect() -> None:
    """Subscribe once, when the apps are ready. A letter may go out twice, never not at all."""
    subscribe(PrivacyRequestReceived, acknowledge_request)
    subscribe(IdentityCodeAsked, send_code)
    subscribe(PrivacyRequestReady, carry_out)
    subscribe(PrivacyRequestMoved, tell_of_step)
    subscribe(PersonErased, finish_erasure)
    subscribe(BuyerReportDecided, tell_reported_buyer)


def acknowledge_request(event: PrivacyRequestReceived) -> None:
    letters.acknowledge(request_id=event.request_id)


def send_code(event: IdentityCodeAsked) -> None:
    letters.send_code(code_id=event.code_id)


def carry_out(event: PrivacyRequestReady) -> None:
    privacy_outcomes.carry_out(request_id=event.request_id)


def finish_erasure(event: PersonErased) -> None:
    """Close the request of an erasure that could not be finished at once."""
    request_id = Erasure.objects.values_list("request_id", flat=True).get(pk=event.erasure_id)
    if request_id is None:
        return
    waiting = PrivacyRequest.objects.filter(pk=request_id, state=PrivacyRequest.State.IN_PROGRESS)
    if waiting.exists():
        privacy_outcomes.carry_out(request_id=request_id)


def tell_of_step(event: PrivacyRequestMoved) -> None:
    letters.tell_of_step(request_id=event.request_id, step=event.step)


def tell_reported_buyer(event: BuyerReportDecided) -> None:
    letters.tell_reported_buyer(reported_id=event.reported_id)
