"""Pages that a site shows instead of itself: log-ins, captchas, refusals. Recognised, never worked around."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_WALL_BYTES = 200_000
"""Walls are small; a listing page may name a captcha's key somewhere in its megabyte."""

_SIGNS: Mapping[str, tuple[bytes, ...]] = {
    "The site asks for a captcha instead of showing the page.": (
        rb"press\s*(?:&amp;|&|and)\s*hold",
        rb"px-captcha|_pxcaptcha",
        rb"access to this page has been denied",
        rb"pardon our interruption|distil_r_captcha",
        rb"<title>\s*(?:just a moment|attention required)",
        rb"verify (?:that )?(?:you are|you're) (?:a |not a )?(?:human|robot)|are you a human\?",
        rb"g-recaptcha|h-captcha|please (?:solve|complete) (?:this|the) captcha|<title>[^<]*captcha",
        rb"/ips\.js\?|kpsdk",
        rb"unusual (?:activity|traffic)",
    ),
    "The site refused the request.": (
        rb"<(?:h1|title)>\s*(?:access denied|403|429|blocked)",
        rb"you don't have permission to access",
        rb"request (?:has been |was |could not be )?(?:blocked|satisfied|processed)",
        rb"rate ?limit exceeded|too many requests",
    ),
    "The site shows its log-in page instead.": (
        rb"<title>[^<]*\b(?:log|sign) ?in\b",
        rb"please (?:log|sign) ?in to (?:continue|view|see)",
        rb"<input[^>]+type=[\"']?password",
    ),
}
_WALLS = {reason: re.compile(b"|".join(signs), re.IGNORECASE) for reason, signs in _SIGNS.items()}


def wall_reason(body: bytes) -> str | None:
    """Why the page is no page of the site; ``None`` if nothing says so. Ask only where no listing was found."""
    if len(body) > MAX_WALL_BYTES:
        return None
    return next((reason for reason, signs in _WALLS.items() if signs.search(body)), None)
