"""Refusals about privacy requests."""

from http import HTTPStatus

from aiqleads.core.refusals import Refusal


class LinkUnusable(Refusal):
    """A link to a privacy request that was changed, or leads to nothing any more."""

    status = HTTPStatus.GONE
    code = "link_unusable"
    remedy = "Ask at /privacy/ anew; another link comes."


class IdentityRefused(Refusal):
    """A code that is wrong, too old or tried too often, or one more than may be asked for."""

    code = "identity_refused"
    remedy = "Take the newest code, or ask for another; an operator can check who you are instead."


class RequestMoved(Refusal):
    """The request is in a state that does not allow this; somebody else may have decided meanwhile."""

    status = HTTPStatus.CONFLICT
    code = "request_moved"
    remedy = "Look at the request again."


class DocumentRefused(Refusal):
    """A file that is too large, one too many, or nothing that we take."""

    code = "document_refused"
    remedy = "Send a picture or a PDF within the limits."


class NobodyHolds(Exception):
    """No holder is registered: whatever was told of what we hold would be untrue."""
