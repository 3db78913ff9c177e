"""Why a crawl does not start, and what cannot be believed of one."""

from http import HTTPStatus

from aiqleads.core.refusals import Refusal


class CrawlRefused(Refusal):
    """The source is prohibited, paused, unknown to any spider, or being crawled already."""

    code = "crawl_refused"
    remedy = "Wait for the run that goes on, or change the source."


class NothingToBelieve(Refusal):
    """The run is not suspicious, or a later one has been judged since."""

    code = "nothing_to_believe"
    remedy = "Look at the newest run."


class PageCannotBeSaved(Refusal):
    """The page is unreadable or too large, holds no listing, or its name is taken."""

    code = "page_cannot_be_saved"
    remedy = "Save a listing's page, under a name of its own."


class SelectorsRefused(Refusal):
    """A selector cannot be used, or a saved page would read otherwise with it."""

    code = "selectors_refused"
    remedy = "Change the selector that is named, or take the saved page out."


class UnusableArea(Refusal):
    """An area that no crawl could begin in; ``field`` names what to change."""

    code = "unusable_area"
    remedy = "Change the field that is named."


class QueueUnreachable(Refusal):
    """No worker can be told what to do, because the queue does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "queue_unreachable"
    remedy = "Try again in a minute."


class LinkUnusable(Refusal):
    """A link in a letter that was changed, is too old, or whose submission is gone."""

    status = HTTPStatus.GONE
    code = "link_unusable"
    remedy = "Send the form again; a new letter comes."


class CodeRefused(Refusal):
    """A code that is wrong, too old or tried too often, or one more than may be asked for."""

    code = "code_refused"
    remedy = "Take the newest code, or ask for another."


class FileRefused(Refusal):
    """A file that cannot be read as a table, or about which nothing can be decided any more."""

    code = "file_refused"
    remedy = "Send a table as CSV, JSON lines or JSON, in UTF-8."


class KeyRefused(Refusal):
    """A supplier's key that was revoked before."""

    code = "key_refused"
    remedy = "Issue another key."


class SupplierRefused(Refusal):
    """A supplier whose source is paused or may not be offered."""

    code = "supplier_refused"
    remedy = "Ask your contact here; send the leads again when the source is open."
