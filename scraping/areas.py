"""The areas of a source: adding one and changing one."""

from typing import Any
from urllib.parse import urljoin, urlsplit

from aiqleads.core import audit, transactions
from leads.models import Source
from scraping.errors import UnusableArea
from scraping.models import CrawlArea


@transactions.write
def save_area(*, area_id: int | None, slug: str, actor_id: int, **facts: Any) -> CrawlArea:
    """Add an area to a source, or change one; the next crawl begins there and keeps to its rules.

    :param facts: the columns of ``CrawlArea``, all of them
    :raises UnusableArea: its start lies on another site, or is another area's; nothing was changed
    """
    source = Source.objects.select_for_update().get(pk=slug)
    _require_on_site(source, facts["start"])
    others = CrawlArea.objects.filter(source=source, start=facts["start"]).exclude(pk=area_id or 0)
    if others.exists():
        raise UnusableArea("Another area of this source begins there.", field="start")
    area = CrawlArea.objects.get(pk=area_id, source=source) if area_id else CrawlArea(source=source)
    before = {field: getattr(area, field) for field in facts} if area_id else dict.fromkeys(facts)
    for field, value in facts.items():
        setattr(area, field, value)
    area.save()
    audit.record(actor_id=actor_id, action="area.saved", subject=area, **audit.changes(before, facts))
    return area


def _require_on_site(source: Source, start: str) -> None:
    """The crawl leaves other sites' links alone, so it would end where it begins."""
    site = (urlsplit(source.base_url).hostname or "").removeprefix("www.")
    host = urlsplit(urljoin(f"{source.base_url}/", start)).hostname or ""
    if not site or (host != site and not host.endswith(f".{site}")):
        raise UnusableArea(f"It has to begin on {site or 'the site, whose address is missing'}.", field="start")
