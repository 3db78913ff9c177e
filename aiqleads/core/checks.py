"""System checks on the settings: each names the variable and the remedy."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction

from aiqleads.core import clock, rotation
from aiqleads.core.inbound_mail import handover

TAG = "environment"
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@register(TAG)
def check_environment_is_readable(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    return [
        Error(f"{variable} cannot be used: {reason}.", hint=f"Correct or unset {variable}.", id="core.E001")
        for variable, reason in settings.ENVIRONMENT_ERRORS.items()
    ]


@register(TAG)
def check_urls(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    for variable, schemes, example in (
        ("DATABASE_URL", ("postgresql", "postgres"), "postgresql://user:password@host:5432/aiqleads"),
        ("REDIS_URL", ("redis", "rediss", "unix"), "redis://host:6379/0"),
    ):
        if not _is_url(getattr(settings, variable), schemes):
            found.append(
                Error(f"{variable} is not a {schemes[0]} address.", hint=f"Write {example}.", id="core.E002")
            )
    email_url = settings.ENVIRONMENT.email_url
    if email_url and not _is_url(email_url, ("smtp", "smtp+tls")):
        found.append(
            Error(
                "EMAIL_URL is not an smtp address.",
                hint="Write smtp+tls://user:password@host:587.",
                id="core.E003",
            )
        )
    return [*found, *_wrong_messaging(), *_wrong_mail(), *_wrong_crm(), *_wrong_push()]


def _wrong_mail() -> list[CheckMessage]:
    """Whoever can guess the secret writes in anybody's name; without a server's name nobody is vouched for."""
    if settings.MAIL_IN_SECRET and not handover.is_secret(settings.MAIL_IN_SECRET):
        hint = "Write whsec_ and at least 24 random bytes in Base64."
        return [Error("MAIL_IN_SECRET is no secret of Standard Webhooks.", hint=hint, id="core.E017")]
    return []


def _wrong_crm() -> list[CheckMessage]:
    """Keys of our buyers and contacts of owners go to nobody in the clear, except to this machine."""
    if is_private(settings.FOLLOW_UP_BOSS_URL):
        return []
    hint = "Unset it, or write https://api.followupboss.com."
    return [Error("FOLLOW_UP_BOSS_URL is no https address.", hint=hint, id="core.E012")]


def _wrong_messaging() -> list[CheckMessage]:
    """A token goes to nobody in the clear, except to this machine."""
    if not settings.SMS_URL:
        return []
    parts = urlsplit(settings.SMS_URL) if is_private(settings.SMS_URL) else None
    if not (parts and parts.username and parts.password):
        hint = "Write https://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com."
        return [Error("SMS_URL names no account, token and https server.", hint=hint, id="core.E008")]
    if not settings.SMS_FROM:
        hint = "Set SMS_FROM to the number (+15125550100) or the messaging service (MG…) that sends."
        return [Error("SMS_FROM is unset.", hint=hint, id="core.E009")]
    return []


def _wrong_push() -> list[CheckMessage]:
    """Start-up reads the account once; its signatures go to nobody in the clear, except to this machine."""
    if not settings.PUSH_CREDENTIALS:
        return []
    try:
        account = json.loads(Path(settings.PUSH_CREDENTIALS).read_text(encoding="utf-8"))
        servers = [settings.PUSH_URL, account["token_uri"]]
        is_whole = account["project_id"] and account["client_email"] and account["private_key"]
    except (OSError, ValueError, KeyError, TypeError):
        hint = "Name the JSON file of a service account, as the Firebase console hands it out."
        return [Error("PUSH_CREDENTIALS names no service account's file.", hint=hint, id="core.E013")]
    if not is_whole or not all(map(is_private, servers)):
        hint = "Write PUSH_URL=https://fcm.googleapis.com; the file's token_uri is an https address, too."
        return [Error("The push service is not reached over https.", hint=hint, id="core.E014")]
    return []


def is_private(url: str) -> bool:
    """Whether what is sent there cannot be read on its way."""
    if not _is_url(url, ("https", "http")):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _THIS_MACHINE


def _is_url(text: str, schemes: Sequence[str]) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in schemes
            and (bool(parts.hostname) or bool(parts.query) or bool(parts.path))
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False


@register(TAG)
def check_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 32:
        found.append(
            Error(
                "SECRET_KEY is unset or too short.",
                hint="Set SECRET_KEY to 50 random characters.",
                id="core.E004",
            )
        )
    keys = settings.PERSONAL_DATA_KEYS
    if not keys or any(len(key) < 32 for key in keys.values()):
        found.append(
            Error(
                "PERSONAL_DATA_KEYS holds no key of at least 32 characters.",
                hint='Set PERSONAL_DATA_KEYS to "1:<random text>"; on rotation put "2:<new>,1:<old>".',
                id="core.E005",
            )
        )
    return found


@register(TAG)
def check_proof_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """The key that signs is its own. SECRET_KEY may stand behind it: it signed where none was set before."""
    keys = settings.PROOF_KEYS
    if keys and all(len(key) >= 32 for key in keys.values()) and keys[max(keys)] != settings.SECRET_KEY:
        return []
    hint = (
        'Set PROOF_KEYS to "1:<random text>", not SECRET_KEY; on rotation put "2:<new>,1:<old>". Where none was '
        'set so far, SECRET_KEY signed: "2:<new>,1:<SECRET_KEY>" keeps its proofs.'
    )
    return [Error("PROOF_KEYS signs with no key of its own of at least 32 characters.", hint=hint, id="core.E011")]


@register(TAG)
def check_token_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    keys = settings.TOKEN_KEYS.values()
    if keys and all(len(key) >= 32 and key != settings.SECRET_KEY for key in keys):
        return []
    hint = 'Set TOKEN_KEYS to "1:<random text>", not SECRET_KEY; on rotation put "2:<new>,1:<old>" for 14 days.'
    return [Error("TOKEN_KEYS holds no key of its own of at least 32 characters.", hint=hint, id="core.E015")]


@register(TAG)
def check_allowed_hosts(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if not settings.DEBUG and not settings.ALLOWED_HOSTS:
        return [Error("ALLOWED_HOSTS is empty.", hint="Set ALLOWED_HOSTS to your domain names.", id="core.E006")]
    return []


@register(TAG)
def check_site_url(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    secure = ("https",) if settings.SECURE_SSL_REDIRECT else ("http", "https")
    if _is_url(settings.SITE_URL, secure) and urlsplit(settings.SITE_URL).hostname:
        return []
    hint = "Set SITE_URL to where people reach the site: https://leads.example.com"
    return [Error("SITE_URL is no address that a letter can link to.", hint=hint, id="core.E010")]


@register("database")
def check_clock_is_the_databases(app_configs: Any, databases: Any = None, **kwargs: Any) -> Sequence[CheckMessage]:
    if not databases:
        return []
    try:
        replaced = clock.replaced_functions()
    except DatabaseError:  # not migrated yet: migrate says so better than we could
        return []
    return [
        Error(
            f"{name}() is not the function that ships.",
            hint="Restore it as in core migration 0001_database_clock.",
            id="core.E007",
        )
        for name in replaced
    ]


@register("database")
def check_keys_of_rows(app_configs: Any, databases: Any = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """Losing a key loses what it encrypted, so a keyring that lacks one is said before anybody needs it."""
    if not databases:
        return []
    try:
        with transaction.atomic():
            missing = rotation.look().missing
    except DatabaseError:  # not migrated yet
        return []
    return [
        Error(
            f"PERSONAL_DATA_KEYS lacks version {version}, which rows need.",
            hint="Put the key back; `manage.py rotate_keys` says when it can go.",
            id="core.E016",
        )
        for version in missing
    ]


def refuse_wrong_settings() -> None:
    """Raise ``ImproperlyConfigured`` with every environment error, in the checks' own words."""
    errors = [message for message in run_checks(tags=[TAG]) if message.is_serious()]
    if errors:
        raise ImproperlyConfigured("\n".join(str(message) for message in errors))
