"""The proof of how often a lead was sold: stated and signed for one lead, and checked for whoever brings one."""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import VisitorRequest
from aiqleads.core import signatures
from marketplace import errors, proof_checks, selectors
from marketplace.models import Listing
from marketplace.views.leads import NO_SUCH_LEAD
from marketplace.views.parts import not_found


@never_cache
@require_safe
def proof(request: VisitorRequest, lead_id: UUID) -> HttpResponse:
    """State it now, signed."""
    try:
        statement = selectors.sale_statement(lead_id)
    except Listing.DoesNotExist:
        return not_found(request, NO_SUCH_LEAD)
    document = signatures.sign(statement)
    told = {
        "statement": statement,
        "document": json.dumps(document, ensure_ascii=False),
        "key": signatures.public_keys()[0],
        "is_verified": True,
    }
    return render(request, "marketplace/proof.html", told)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_proof(request: VisitorRequest) -> HttpResponse:
    """Check a proof that somebody pasted, whole or as its link."""
    brought = (request.POST if request.method == "POST" else request.GET).get("proof", "").strip()
    if not brought:
        return render(request, "marketplace/proof_check.html", {"keys": signatures.public_keys()})
    told: dict[str, Any] = {"brought": brought[: signatures.LONGEST_DOCUMENT], "keys": signatures.public_keys()}
    try:
        checked = proof_checks.check(brought)
        told |= {"statement": checked.statement, "says_now": checked.says_now}
    except errors.ProofRefused:
        told["is_refused"] = True
    status = HTTPStatus.UNPROCESSABLE_ENTITY if told.get("is_refused") else HTTPStatus.OK
    return render(request, "marketplace/proof_check.html", told, status=status)


@cache_control(max_age=3600, public=True)
@require_safe
def keys(request: VisitorRequest) -> HttpResponse:
    """The keys that verify, for programs."""
    told = [
        {"key": key.name, "algorithm": signatures.ALGORITHM, "public_key": key.raw, "pem": key.pem}
        for key in signatures.public_keys()
    ]
    return JsonResponse({"keys": told})
