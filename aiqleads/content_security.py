"""The strict policy of our pages on every page, and what the pages of libraries need beyond it."""

from typing import Final

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

NEEDED_BY_LIBRARIES: Final = {
    "/admin/": {
        "script-src": ["'unsafe-eval'"],  # unfold's Alpine evaluates attributes
        "style-src": ["'unsafe-inline'"],  # and its colours stand in the page
    },
    "/api/docs/": {"style-src": ["'unsafe-inline'"]},  # Swagger UI styles its elements itself
}
"""What may be used below a path, by directive. Inline scripts and other hosts stay refused everywhere."""


class ContentSecurityPolicy(CSPMiddleware):
    """``CONTENT_SECURITY_POLICY``, with ``NEEDED_BY_LIBRARIES`` added where it applies."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the parts from which the header of ``response`` is built."""
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, needed in NEEDED_BY_LIBRARIES.items():
            if request.path_info.startswith(prefix):
                parts.update = {**(parts.update or {}), **needed}
        return parts
