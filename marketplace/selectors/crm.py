"""Reads of what an organisation knows already."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import Membership
from marketplace.models import CrmMatch, CrmUpload, Listing


def known_leads(organisation_id: UUID, lead_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these leads stood in any upload of the organisation."""
    matches = CrmMatch.objects.filter(upload__organisation=organisation_id, listing__in=list(lead_ids))
    return set(matches.values_list("listing_id", flat=True))


def crm_uploads(member: Membership) -> list[CrmUpload]:
    """The organisation's last ten uploads with their matches, newest first."""
    uploads = CrmUpload.objects.filter(organisation=member.organisation_id).order_by("-uploaded_at")
    return list(uploads.prefetch_related("matches")[:10])


def matched_offers(upload: CrmUpload) -> list[Listing]:
    """What an upload found, with holds, best quality first."""
    rows = Listing.objects.with_holds().filter(pk__in=upload.matches.values("listing"))
    return list(rows.order_by("-quality_score", "pk"))
