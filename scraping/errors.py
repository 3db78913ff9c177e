"""Why a crawl does not start, and what cannot be believed of one."""

from http import HTTPStatus

from aiqleads.core.refusals import Refusal


class CrawlRefused(Refusal):
    """The source is prohibited, paused, unknown to any spider, or being crawled already."""

    code = "crawl_refused"


class NothingToBelieve(Refusal):
    """The run is not suspicious, or a later one has been judged since."""

    code = "nothing_to_believe"


class PageCannotBeSaved(Refusal):
    """The page is unreadable or too large, holds no listing, or its name is taken."""

    code = "page_cannot_be_saved"


class SelectorsRefused(Refusal):
    """A selector cannot be used, or a saved page would read otherwise with it."""

    code = "selectors_refused"


class UnusableArea(Refusal):
    """An area that no crawl could begin in; ``field`` names what to change."""

    code = "unusable_area"


class QueueUnreachable(Refusal):
    """No worker can be told what to do, because the queue does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "queue_unreachable"


class LinkUnusable(Refusal):
    """A link in a letter that was changed, is too old, or whose submission is gone."""

    status = HTTPStatus.GONE
    code = "link_unusable"


class CodeRefused(Refusal):
    """A code that is wrong, too old or tried too often, or one more than may be asked for."""

    code = "code_refused"


class FileRefused(Refusal):
    """A file that cannot be read as a table, or about which nothing can be decided any more."""

    code = "file_refused"


class KeyRefused(Refusal):
    """A supplier's key that was revoked before."""

    code = "key_refused"


class SupplierRefused(Refusal):
    """A supplier whose source is paused or may not be offered."""

    code = "supplier_refused"
