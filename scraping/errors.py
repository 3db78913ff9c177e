"""Why a crawl does not start."""

from aiqleads.core.problems import Refusal


class CrawlRefused(Refusal):
    """The source is prohibited, paused, unknown to any spider, or being crawled already."""

    code = "crawl_refused"
