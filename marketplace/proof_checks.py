"""Checking a proof that somebody brings: whether we signed it, and what we would state today of the same lead."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from aiqleads.core import signatures
from marketplace import errors, selectors
from marketplace.models import Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProof:
    """A statement that we signed. ``says_now`` is "" where its lead is no longer known."""

    statement: dict[str, Any]
    says_now: str


def check(brought: str) -> CheckedProof:
    """Read what somebody brought: the document itself, or the link that holds it.

    :raises ProofRefused: we did not sign it so
    """
    try:
        statement = signatures.read_signed(_document(brought.strip()))
    except signatures.NotSigned as error:
        raise errors.ProofRefused("We did not sign this, or it was changed since.") from error
    return CheckedProof(statement=statement, says_now=_says_now(statement))


def _document(brought: str) -> str:
    if brought.startswith("{"):
        return brought
    try:
        return parse_qs(urlsplit(brought).query).get("proof", [""])[0]
    except ValueError:
        return ""


def _says_now(statement: dict[str, Any]) -> str:
    try:
        return selectors.sale_count(UUID(statement["lead"])).says
    except (Listing.DoesNotExist, KeyError, ValueError):
        return ""
