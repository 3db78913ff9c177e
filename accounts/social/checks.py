"""System checks on ``SOCIAL_LOGINS``: each names the variable and the remedy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from aiqleads import social_logins
from aiqleads.core.checks import TAG, is_private
from aiqleads.social_logins import SocialLogin


@register(TAG)
def check_social_logins(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    known = settings.ENVIRONMENT
    strange = [name for name in social_logins.named(known) if name not in social_logins.NAMES]
    found: list[CheckMessage] = [
        Error(
            f"SOCIAL_LOGINS names {name}, which is not known.",
            hint=f"Name some of {', '.join(social_logins.NAMES)}.",
            id="accounts.E001",
        )
        for name in strange
    ]
    for login in social_logins.asked_for(known):
        found += _wrong_with(login)
    return found


def _wrong_with(login: SocialLogin) -> list[CheckMessage]:
    missing = [name for name, is_set in login.needs.items() if not is_set]
    if missing:
        hint = f"Set {' and '.join(missing)}, or take {login.id} out of SOCIAL_LOGINS."
        return [
            Error(f"SOCIAL_LOGINS names {login.id}, of which something is unset.", hint=hint, id="accounts.E002")
        ]
    if not is_private(login.url):
        hint = "Write the https address beneath which /.well-known/openid-configuration lies."
        return [Error("OIDC_URL is no https address.", hint=hint, id="accounts.E003")]
    key_file = login.settings.get("signed_secret", {}).get("key_file")
    if key_file and not Path(key_file).is_file():
        hint = "Name the .p8 file with the key that Apple handed out."
        return [Error("APPLE_KEY_FILE names no file.", hint=hint, id="accounts.E004")]
    return []
