"""Files that show who somebody is: looked into before they are kept (``aiqleads.core.uploads``).

A picture is drawn anew. A PDF is handed to operators as a file.
"""

from typing import Final

from django.core.files.base import File
from django.utils.translation import gettext as _

from accounts.privacy.errors import DocumentRefused
from aiqleads.core import uploads
from aiqleads.core.uploads import Examined

ACCEPTED: Final = ".png,.jpg,.jpeg,.webp,.pdf"


def examine(file: "File[bytes]") -> Examined:
    """:raises DocumentRefused: empty, too large, or nothing that we take"""
    if not file.size or file.size > uploads.MOST_BYTES:
        raise DocumentRefused(_("A file has at most 5 MB."), field="document")
    body = file.read()
    try:
        examined = uploads.as_picture(body) or uploads.as_pdf(body)
    except uploads.TooManyPixels:
        examined = None
    except uploads.NotForLooking as error:
        raise DocumentRefused(
            _("This PDF is locked, holds other files, or does something when opened. Print it into a new PDF."),
            field="document",
        ) from error
    if examined is None:
        raise DocumentRefused(
            _("Bring a picture (PNG, JPEG, WebP) or a PDF; this file is neither."), field="document"
        )
    return examined
