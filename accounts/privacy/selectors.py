"""Public reads about privacy requests."""

from accounts.models import IdentityCode, PrivacyRequest, PrivacyStep
from accounts.privacy import receipts
from accounts.privacy.authorities import to_complain_to
from accounts.privacy.people import Person
from accounts.privacy.receipts import Receipt


def privacy_steps(request: PrivacyRequest) -> list[PrivacyStep]:
    """What happened to a request, in order."""
    return list(request.steps.order_by("id"))


def newest_identity_code(request: PrivacyRequest) -> IdentityCode | None:
    """The code that somebody asked for last and did not use yet."""
    return request.codes.filter(used_at=None).order_by("-asked_at", "-pk").first()


def privacy_receipt(request: PrivacyRequest) -> Receipt:
    """What the person of a closed request is told: who bought what only where they proved to be that person."""
    is_theirs = bool(request.proven_by)
    shows_values = request.kind == PrivacyRequest.Kind.KNOW and request.state == PrivacyRequest.State.COMPLETED
    values = receipts.values_held(Person.from_document(request.proven or {})) if shows_values and is_theirs else []
    return Receipt(
        request=request,
        told=request.receipt or {},
        is_theirs=is_theirs,
        values=values,
        reported=list(request.reported.select_related("organisation").order_by("bought_at")),
        authorities=to_complain_to(request.state_code),
    )
