"""Reads of what an organisation knows already."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.models import Membership
from marketplace.models import CrmUpload, Listing

KNOWN: Final = """
SELECT matched.listing_id FROM marketplace_crmmatch matched
JOIN marketplace_crmupload upload ON upload.id = matched.upload_id
WHERE matched.listing_id = ANY(%s) AND upload.organisation_id = %s
"""


def known_leads(organisation_id: UUID, lead_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these leads stood in any upload of the organisation."""
    with connection.cursor() as cursor:  # asked wherever a member sees offers
        cursor.execute(KNOWN, [list(lead_ids), organisation_id])
        return {lead_id for (lead_id,) in cursor.fetchall()}


def crm_uploads(member: Membership) -> list[CrmUpload]:
    """The organisation's last ten uploads with their matches, newest first."""
    uploads = CrmUpload.objects.filter(organisation=member.organisation_id).order_by("-uploaded_at")
    return list(uploads.prefetch_related("matches")[:10])


def matched_offers(upload: CrmUpload) -> list[Listing]:
    """What an upload found, with holds, best quality first."""
    rows = Listing.objects.with_holds().filter(pk__in=upload.matches.values("listing"))
    return list(rows.order_by("-quality_score", "pk"))
