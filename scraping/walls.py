"""Block pages, captchas and log-in walls: a site that shows one does not want us now, and we go no further.

Pure: an answer in, the wall's name out. The marks are those of a page that stands *instead of* what was asked
for. Most sites carry the same vendors' scripts, captcha forms and log-in links on every ordinary page; those prove
nothing, so words count only in a title or heading, and widgets only on a page that says hardly anything else.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

LOOKED_AT_CHARACTERS: Final = 400_000
THIN_PAGE_CHARACTERS: Final = 1_500
"""What a block page says at most, scripts and styles left out; a lone widget has a third of it."""

HINTS: Final = (
    *("captcha", "moment", "human", "robot", "browser", "denied", "blocked", "banned", "interruption"),
    *("unusual", "suspicious", "automated", "incapsula", "security", "hold", "log in", "login", "sign in"),
    *("_cf_chl", "orchestrate", "cf-turnstile", "edgesuite", "error code", "cloudflare"),
)
"""Every wall has one of these words; a page without any is looked at no further."""

LOG_IN_PATH: Final = re.compile(
    r"(?:^|/)(?:log[-_]?in|sign[-_]?in|logon|authwall|checkpoint|consumer_login)(?:\.\w{2,5})?(?:/|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer:
    """What a site answered.

    :param asked_path: the path that was asked for first, before any redirect
    :param headers: by name in lower case
    :param page: the body as text
    """

    status: int
    path: str
    asked_path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    page: str = ""

    @cached_property
    def is_hinted(self) -> bool:
        """Whether the page is small enough to be a wall and has a word that walls have."""
        lowered = self.page.lower() if len(self.page) <= LOOKED_AT_CHARACTERS else ""
        return any(hint in lowered for hint in HINTS)

    @cached_property
    def heading(self) -> str:
        """The words of the title and of the first headings."""
        found = re.findall(r"<(title|h1|h2)\b[^<>]*>(.{0,300}?)</\1>", self.page, _I)
        return " | ".join(" ".join(re.sub(r"<[^<>]*>", " ", words).split()) for _, words in found[:4])

    @cached_property
    def words(self) -> str:
        """What a reader of the page would see, roughly."""
        seen = re.sub(r"<(script|style|noscript|svg)\b.*?(?:</\1>|\Z)|<!--.*?(?:-->|\Z)", " ", self.page, flags=_I)
        return " ".join(re.sub(r"<[^<>]*>", " ", seen).split())

    @cached_property
    def is_thin(self) -> bool:
        """Whether the page says so little that no advert or list can stand on it."""
        return self.is_hinted and len(self.words) <= THIN_PAGE_CHARACTERS


_I: Final = re.IGNORECASE | re.DOTALL


def _header(name: str, pattern: str) -> Callable[[Answer], bool]:
    compiled = re.compile(pattern, _I)
    return lambda answer: bool(compiled.search(answer.headers.get(name, "")))


def _heading(pattern: str) -> Callable[[Answer], bool]:
    compiled = re.compile(rf"(?:^|\| )(?:{pattern})", _I)
    return lambda answer: answer.is_thin and bool(compiled.search(answer.heading))


def _words(pattern: str) -> Callable[[Answer], bool]:
    compiled = re.compile(pattern, _I)
    return lambda answer: answer.is_thin and bool(compiled.search(answer.words))


def _markup(pattern: str) -> Callable[[Answer], bool]:
    compiled = re.compile(pattern, _I)
    return lambda answer: answer.is_thin and bool(compiled.search(answer.page))


def _widget(pattern: str) -> Callable[[Answer], bool]:
    compiled = re.compile(pattern, _I)
    return lambda answer: (
        answer.is_thin
        and len(answer.words) * 3 <= THIN_PAGE_CHARACTERS
        and bool(compiled.search(answer.page))
        and "application/ld+json" not in answer.page
    )


def _log_in_page(answer: Answer) -> bool:
    if not answer.is_thin:
        return False
    titled = re.match(r"(?:please )?(?:log|sign)[ -]?in(?:to)?\b|facebook\W+log in or sign up", answer.heading, _I)
    return bool(titled) and bool(re.search(r"type\s*=\s*[\"']?password", answer.page, _I))


WALLS: Final[tuple[tuple[str, Callable[[Answer], bool]], ...]] = (
    ("a Cloudflare challenge", _header("cf-mitigated", "challenge")),
    (
        "a Cloudflare challenge",
        _heading(r"just a moment ?(?:\.\.\.|…|\||$)|attention required! \||checking your browser"),
    ),
    ("a Cloudflare challenge", _markup(r"_cf_chl_opt|challenge-platform/h/\w/orchestrate")),
    (
        "a Cloudflare block",
        _words(r"sorry, you have been blocked.*cloudflare|error code:? 1(?:006|007|010|015|020)\b"),
    ),
    ("a PerimeterX challenge", _markup(r"id=[\"']px-captcha|captcha\.px-cdn\.net|/px/captcha")),
    ("a PerimeterX challenge", _heading(r"access to this page has been denied|press (?:&|&amp;|and) hold")),
    ("a DataDome challenge", _markup(r"(?:geo|ct)\.captcha-delivery\.com")),
    ("an Imperva block", _words(r"incapsula incident id|request unsuccessful\. incapsula")),
    ("an Imperva block", _heading(r"pardon our interruption")),
    ("an Akamai block", _markup(r"errors\.edgesuite\.net|<h1>access denied</h1>.{0,400}reference\s*(?:#|&#)")),
    ("an AWS challenge", _header("x-amzn-waf-action", "challenge|captcha")),
    ("a block page", _words(r"this ip (?:address )?has been (?:automatically )?(?:blocked|banned)")),
    (
        "a block page",
        _words(r"your (?:request|ip(?: address)?|access) (?:has been|is) (?:temporarily )?blocked"),
    ),
    (
        "a block page",
        _words(r"(?:unusual|suspicious|automated) (?:traffic|activity|requests?) (?:from|has|coming)"),
    ),
    (
        "a captcha",
        _heading(
            r"(?:are|verify|confirm|prove)(?: that)? you(?:'re| are)?(?: not a)? (?:a )?(?:human|robot)|robot check"
            r"|human verification|security (?:check|verification)|captcha\b|(?:please )?verify (?:that )?you are"
        ),
    ),
    ("a captcha", _widget(r"class=[\"'][^\"']*\b(?:g-recaptcha|h-captcha|cf-turnstile)\b|hcaptcha\.com/captcha")),
    ("a log-in wall", lambda answer: is_log_in_redirect(asked=answer.asked_path, reached=answer.path)),
    ("a log-in wall", _log_in_page),
    ("a demand to log in (HTTP 401)", lambda answer: answer.status == 401),
    ("a demand to log in to the network (HTTP 511)", lambda answer: answer.status == 511),
)


def wall_in(answer: Answer) -> str | None:
    """The name of the wall that ``answer`` is ("a captcha"); ``None`` for an ordinary page or error."""
    return next((says for says, stands in WALLS if stands(answer)), None)


def is_log_in_redirect(*, asked: str, reached: str) -> bool:
    """Whether somebody who asked for one page was sent to a log-in form instead."""
    return asked != reached and bool(LOG_IN_PATH.search(reached)) and not LOG_IN_PATH.search(asked)


def path_of(url: str) -> str:
    """The path of an address; "" where it is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
