"""No file that is kept holds a secret: what looks like one is named here with its reason."""

import re
import shutil
import subprocess
from typing import Final

from django.conf import settings

SHAPES: Final = {
    "a key of ours": r"\baiq_[0-9A-Za-z]{46}\b",
    "a supplier's key": r"\bsup_[\w-]{43}\b",
    "a webhook's secret": r"\bwhsec_[0-9A-Za-z+/]{32,}={0,2}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": r"\bgh[pousr]_[0-9A-Za-z]{36}\b",
    "a key of a model's provider": r"\bsk-(?:proj-|ant-)?[0-9A-Za-z_-]{32,}\b",
    "a key of Stripe": r"\b[rs]k_live_[0-9A-Za-z]{16,}\b",
    "a key of Google": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a token of Slack": r"\bxox[abprs]-[0-9A-Za-z-]{10,}\b",
    "a password in an address": r"\b[a-z]{3,12}://[^\s:/@{}\"'<>$]+:(?!(?:password|secret|AUTH_TOKEN)@)[^\s:/@{}\"'<>$]{6,}@[^\s/@\"']+",
}
FINDS: Final = {name: re.compile(shape) for name, shape in SHAPES.items()}
EXAMPLES: Final = {
    ("aiqleads/api_examples.toml", "a webhook's secret"),
    ("docs/api.md", "a webhook's secret"),
}
"""File and shape of what opens nothing: the example of Standard Webhooks, where readers look for one."""


def kept_files() -> list[str]:
    told = subprocess.run(
        [str(shutil.which("git")), "ls-files", "-z"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=True,
        text=True,
    )
    return [name for name in told.stdout.split("\0") if name]


def found() -> set[tuple[str, str]]:
    seen = set()
    for name in kept_files():
        path = settings.BASE_DIR / name
        if not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        text = path.read_bytes().decode("utf-8", "ignore")
        seen |= {(name, shape) for shape, pattern in FINDS.items() if pattern.search(text)}
    return seen


def test_no_kept_file_holds_a_secret():
    assert found() - EXAMPLES == set()
    assert EXAMPLES - found() == set(), "these are gone: take their rows out"


def test_each_shape_finds_what_it_is_for():
    made_up = {
        "a key of ours": "aiq_" + "7" * 46,
        "a supplier's key": "sup_" + "x" * 43,
        "a webhook's secret": "whsec_" + "A" * 32,
        "a private key": "-----BEGIN " + "PRIVATE KEY-----",
        "a key of AWS": "AKIA" + "A" * 16,
        "a token of GitHub": "ghp_" + "a" * 36,
        "a key of a model's provider": "sk-" + "a" * 40,
        "a key of Stripe": "sk_live_" + "a" * 24,
        "a key of Google": "AIza" + "a" * 35,
        "a token of Slack": "xoxb-" + "1" * 12,
        "a password in an address": "postgresql://leads:" + "hunter22" + "@db/leads",
    }
    assert {name for name, text in made_up.items() if FINDS[name].search(text)} == set(SHAPES)
