"""Every setting, and the only module that reads the environment.

``ENVIRONMENT`` holds the typed values. A value that cannot be used never raises here: it is remembered in
``ENVIRONMENT_ERRORS`` and the default stands in, so that the system checks of ``aiqleads.core.checks`` can
name the variable and the remedy before anything is served.
"""

from datetime import timedelta
from importlib.metadata import distribution
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONCE
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from aiqleads import api_page, back_office, embedded, keyring, social_logins
from aiqleads.core import log_events

BASE_DIR: Final = Path(__file__).resolve().parent.parent


TILES_OR_NONE: Final = r"^$|^https?://[\w.-]+(:\d+)?/\S*\{z\}\S*(\{x\}\S*\{y\}|\{y\}\S*\{x\})[^\s\"';,]*$"
"""An address of map tiles, with ``{z}``, ``{x}`` and ``{y}`` in its path; one host."""


class Environment(BaseSettings):
    """What can be set from outside; ``.env.example`` explains each name."""

    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", extra="ignore")

    debug: bool = True
    secret_key: str = ""
    personal_data_keys: str = ""
    proof_keys: str = ""
    token_keys: str = ""
    allowed_hosts: str = "localhost,127.0.0.1,[::1]"
    csrf_trusted_origins: str = ""
    database_url: str = ""
    database_pool_size: int = 10
    redis_url: str = ""
    email_url: str = ""
    sms_url: str = ""
    sms_from: str = ""
    push_credentials: str = ""
    push_url: str = ""
    licence_verifier: str = ""
    follow_up_boss_url: str = ""
    follow_up_boss_system: str = ""
    follow_up_boss_system_key: str = ""
    site_url: str = "http://127.0.0.1:8000"
    contact_email: str = "crawler@example.com"
    alert_emails: str = ""
    company_name: str = "AIQLeads"
    company_address: str = ""
    company_tax_id: str = ""
    company_email: str = ""
    security_contact: str = "security@example.com"
    cors_origins: str = ""
    social_logins: str = ""
    google_client_id: str = ""
    google_client_secret: str = ""
    microsoft_client_id: str = ""
    microsoft_client_secret: str = ""
    microsoft_tenant: str = ""
    apple_client_id: str = ""
    apple_team_id: str = ""
    apple_key_id: str = ""
    apple_key_file: str = ""
    oidc_name: str = ""
    oidc_url: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    mail_in_secret: str = ""
    mail_in_server: str = ""
    erasure_journal: str = ""
    https: bool = False
    log_format: str = "console"
    log_level: str = "INFO"
    demo: bool = True
    openai_api_key: str = ""
    openai_url: str = ""
    deepseek_api_key: str = ""
    deepseek_url: str = ""
    mistral_api_key: str = ""
    mistral_url: str = ""
    dashscope_api_key: str = ""
    dashscope_url: str = ""
    anthropic_api_key: str = ""
    anthropic_url: str = ""
    compatible_url: str = ""
    compatible_key: str = ""
    stripe_secret_key: str = ""
    stripe_webhook_secrets: str = ""
    stripe_api_base: str = ""
    stripe_tax: bool = False
    stripe_tax_code: str = ""
    paypal_client_id: str = ""
    paypal_client_secret: str = ""
    paypal_webhook_id: str = ""
    paypal_live: bool = False
    paypal_api_base: str = ""
    payment_sandbox: bool | None = None
    metrics_token: str = ""
    map_tiles_url: Annotated[str, Field(pattern=TILES_OR_NONE)] = ""
    map_tiles_attribution: str = ""


def _read_environment() -> tuple[Environment, dict[str, str]]:
    """Return the usable values, and for each unusable variable what is wrong with it."""
    try:
        return Environment(), {}
    except ValidationError as error:
        wrong = {str(item["loc"][0]).upper(): item["msg"] for item in error.errors() if item["loc"]}
    usable = {name: field.default for name, field in Environment.model_fields.items() if name.upper() in wrong}
    return Environment(**usable), wrong


def _csv(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


ENVIRONMENT, ENVIRONMENT_ERRORS = _read_environment()

DEBUG = ENVIRONMENT.debug
DEMO = ENVIRONMENT.demo
SECRET_KEY = ENVIRONMENT.secret_key or (keyring.generated(BASE_DIR, "secret_key") if DEBUG else "unset")
PERSONAL_DATA_KEYS: dict[int, str] = (
    keyring.parse(ENVIRONMENT.personal_data_keys)
    if ENVIRONMENT.personal_data_keys
    else ({1: keyring.generated(BASE_DIR, "personal_data_key")} if DEBUG else {})
)
PROOF_KEYS: dict[int, str] = (
    keyring.parse(ENVIRONMENT.proof_keys)
    if ENVIRONMENT.proof_keys
    else ({1: keyring.generated(BASE_DIR, "proof_key")} if DEBUG else {})
)
TOKEN_KEYS: dict[int, str] = (
    keyring.parse(ENVIRONMENT.token_keys)
    if ENVIRONMENT.token_keys
    else ({1: keyring.generated(BASE_DIR, "token_key")} if DEBUG else {})
)
ALLOWED_HOSTS = _csv(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = _csv(ENVIRONMENT.csrf_trusted_origins)
SITE_URL = ENVIRONMENT.site_url.rstrip("/")
CRAWLER_CONTACT_EMAIL = ENVIRONMENT.contact_email
COMPANY_NAME = ENVIRONMENT.company_name
COMPANY_ADDRESS = _csv(ENVIRONMENT.company_address)  # a line each
COMPANY_TAX_ID = ENVIRONMENT.company_tax_id
COMPANY_EMAIL = ENVIRONMENT.company_email

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its site is ours: aiqleads.core.admin_site
    "aiqleads.core.lazy_admin.LazyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.usersessions",
    "channels",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "djstripe",  # mirrors of what Stripe tells, which nothing of ours reads for money
    "django_htmx",
    "django_otp",
    "guardian",
    "template_partials.apps.SimpleAppConfig",  # its loader stands in TEMPLATES, around one of ours
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "aiqleads.core",
    "accounts",
    "ai",
    "leads",
    "pricing",
    "billing",
    "scraping",
    "marketplace",
]

MIDDLEWARE = [
    "aiqleads.core.middleware.origin_of_requests",
    "aiqleads.headers.isolated_answers",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "aiqleads.refusals.readable_requests",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.MembershipMiddleware",
    "accounts.middleware.StaffShowTwoFactors",
    "aiqleads.refusals.RefusedForms",
    "aiqleads.refusals.AdminRefusals",
]

ROOT_URLCONF = "aiqleads.urls"
ASGI_APPLICATION = "aiqleads.asgi.application"

_LOADERS = ["django.template.loaders.filesystem.Loader", "aiqleads.core.mended_templates.Loader"]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", _LOADERS)])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "marketplace.context_processors.buyer",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"environment": "marketplace.drawing.environment"},
    },
]


def _database(url: str, pool_size: int) -> dict[str, Any]:
    """Turn ``postgresql://user:password@host:port/name?host=/socket/folder`` into Django's dictionary."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", parts.hostname or "")
    return {
        "ENGINE": "aiqleads.core.pooled",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.pop("port", "")),
        # A database that is away is looked for every second or two: the pool's own five minutes of pauses that
        # double would have it back long before we saw it.
        "OPTIONS": {
            **query,
            "pool": {"min_size": 1, "max_size": pool_size, "timeout": 10, "reconnect_timeout": 5},
        },
        "TEST": {"TEMPLATE": "template0"},
    }


DATABASE_URL = ENVIRONMENT.database_url or embedded.database_url()
REDIS_URL = ENVIRONMENT.redis_url or embedded.redis_url()
DATABASES = {"default": _database(DATABASE_URL, ENVIRONMENT.database_pool_size)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 5}]},
    }
}
CACHES = {
    "default": {
        "BACKEND": "aiqleads.core.cache.LenientRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "visibility_timeout": 3600,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "scraping.tasks.count_file": {"queue": "default"},  # somebody looks at the page that waits for it
    "scraping.tasks.*": {"queue": "crawl"},
    "ai.tasks.ask_in_batches": {"queue": "ai"},
    "ai.tasks.check_models": {"queue": "ai"},
    "leads.tasks.clean_listings": {"queue": "ai"},
    "leads.tasks.embed_*": {"queue": "ai"},
    "leads.tasks.read_adverts": {"queue": "ai"},
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian makes no user for the public, to whom nothing is shared
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "marketplace:lead_list"
LOGOUT_REDIRECT_URL = "landing"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.forms.sign_up.SignupForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # nobody learns by signing up whether there is an account
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
SOCIAL_LOGINS = social_logins.usable(social_logins.asked_for(ENVIRONMENT))
SOCIALACCOUNT_ADAPTER = "accounts.social.adapter.SocialAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.social.SocialSignupForm"}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # no account is joined because an address is the same
SOCIALACCOUNT_STORE_TOKENS = False

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if ENVIRONMENT.email_url
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = BASE_DIR / ".data" / "mail"
_EMAIL = urlsplit(ENVIRONMENT.email_url)
EMAIL_HOST = _EMAIL.hostname or ""
EMAIL_PORT = _EMAIL.port or 25
EMAIL_HOST_USER = unquote(_EMAIL.username or "")
EMAIL_HOST_PASSWORD = unquote(_EMAIL.password or "")
EMAIL_USE_TLS = _EMAIL.scheme == "smtp+tls"
SMS_URL = ENVIRONMENT.sms_url
SMS_FROM = ENVIRONMENT.sms_from
PUSH_CREDENTIALS = ENVIRONMENT.push_credentials
PUSH_URL = ENVIRONMENT.push_url or "https://fcm.googleapis.com"
MAIL_IN_SECRET = ENVIRONMENT.mail_in_secret
MAIL_IN_SERVER = ENVIRONMENT.mail_in_server
SMS_SANDBOX_PATH = BASE_DIR / ".data" / "texts"
EMAIL_TIMEOUT = 10
LICENCE_VERIFIER = ENVIRONMENT.licence_verifier or "accounts.licences.ByOperators"
FOLLOW_UP_BOSS_URL = ENVIRONMENT.follow_up_boss_url.rstrip("/") or "https://api.followupboss.com"
FOLLOW_UP_BOSS_SYSTEM = ENVIRONMENT.follow_up_boss_system or "AIQLeads"
FOLLOW_UP_BOSS_SYSTEM_KEY = ENVIRONMENT.follow_up_boss_system_key
FOLLOW_UP_BOSS_SANDBOX_PATH = BASE_DIR / ".data" / "crm"
CRAWL_LOOPBACK = DEMO  # the demo's source sites are on this machine; nothing else in our own network is asked
DELIVER_TO_LOOPBACK = DEBUG  # what members have sent to them never goes to this machine in production
ALERT_EMAILS = _csv(ENVIRONMENT.alert_emails)
ERASURE_JOURNAL = Path(ENVIRONMENT.erasure_journal or BASE_DIR / ".data" / "privacy" / "erasures.jsonl")
DEFAULT_FROM_EMAIL = "AIQLeads <leads@example.com>"

MODEL_PROVIDERS = {  # an empty address is the provider's own, as in ai/providers.toml
    "openai": {"key": ENVIRONMENT.openai_api_key, "url": ENVIRONMENT.openai_url},
    "deepseek": {"key": ENVIRONMENT.deepseek_api_key, "url": ENVIRONMENT.deepseek_url},
    "mistral": {"key": ENVIRONMENT.mistral_api_key, "url": ENVIRONMENT.mistral_url},
    "qwen": {"key": ENVIRONMENT.dashscope_api_key, "url": ENVIRONMENT.dashscope_url},
    "anthropic": {"key": ENVIRONMENT.anthropic_api_key, "url": ENVIRONMENT.anthropic_url},
    "compatible": {"key": ENVIRONMENT.compatible_key, "url": ENVIRONMENT.compatible_url},
}
METRICS_TOKEN = ENVIRONMENT.metrics_token

STRIPE_SECRET_KEY = ENVIRONMENT.stripe_secret_key
STRIPE_WEBHOOK_SECRETS = _csv(ENVIRONMENT.stripe_webhook_secrets)
STRIPE_API_BASE = ENVIRONMENT.stripe_api_base.rstrip("/")  # empty: Stripe's own
STRIPE_TAX = ENVIRONMENT.stripe_tax  # what buyers pay in tax is asked there; else the table of rates says it
STRIPE_TAX_CODE = ENVIRONMENT.stripe_tax_code  # empty: what the account at Stripe has set
STRIPE_API_VERSION = "2026-08-26.dahlia"  # of the SDK in requirements.txt; the webhook endpoint's must be the same
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
DJSTRIPE_WEBHOOK_VALIDATION = "verify_signature"  # its views are not routed: messages come to our inbox
MIGRATION_MODULES = {"djstripe": "billing.mirrors.migrations"}  # its own take a minute on an empty database
PAYPAL_CLIENT_ID = ENVIRONMENT.paypal_client_id
PAYPAL_CLIENT_SECRET = ENVIRONMENT.paypal_client_secret
PAYPAL_WEBHOOK_ID = ENVIRONMENT.paypal_webhook_id
PAYPAL_LIVE = ENVIRONMENT.paypal_live
PAYPAL_API_BASE = ENVIRONMENT.paypal_api_base.rstrip("/")  # empty: PayPal's own
PAYMENT_ADAPTERS = {  # in the order in which they are shown
    "stripe": "billing.providers.stripe",
    "paypal": "billing.providers.paypal",
    "sandbox": "billing.providers.sandbox",
}
PAYMENT_SANDBOX = DEBUG if ENVIRONMENT.payment_sandbox is None else ENVIRONMENT.payment_sandbox


def _payment_pages() -> list[str]:
    """Where members pay: a form of ours leads to these origins, which browsers ask the CSP about."""
    stripe = [STRIPE_API_BASE] if STRIPE_API_BASE else ["https://checkout.stripe.com", "https://billing.stripe.com"]
    paypal = PAYPAL_API_BASE or ("https://www.paypal.com" if PAYPAL_LIVE else "https://www.sandbox.paypal.com")
    return [*(stripe if STRIPE_SECRET_KEY else []), *([paypal] if PAYPAL_CLIENT_ID else [])]


LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("es", "Español")]  # Spanish where homeowners and buyers are spoken to
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = ["aiqleads.formats"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = None if DEBUG else BASE_DIR / ".data" / "static"  # DEBUG serves from where the files lie
STATICFILES_DIRS = [
    BASE_DIR / "static",
    # Leaflet's files alone: as an app, django-leaflet would ask for GDAL.
    ("leaflet", Path(str(distribution("django-leaflet").locate_file("leaflet/static/leaflet")))),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = BASE_DIR / ".data" / "media"

_TILES = urlsplit(ENVIRONMENT.map_tiles_url)
MAP_TILES = {"url": ENVIRONMENT.map_tiles_url, "attribution": ENVIRONMENT.map_tiles_attribution}
MAP_TILES_ORIGINS = [f"{_TILES.scheme}://{_TILES.netloc}"] if ENVIRONMENT.map_tiles_url else []

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", NONCE],  # said where a page asked for one (aiqleads.core.mended_templates)
        "img-src": ["'self'", "data:", *MAP_TILES_ORIGINS],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'", *sorted({login.origin for login in SOCIAL_LOGINS}), *_payment_pages()],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
# A browser takes a cookie of such a name over TLS alone, from this host alone.
SESSION_COOKIE_NAME = "__Host-sessionid" if ENVIRONMENT.https else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if ENVIRONMENT.https else "csrftoken"
SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if ENVIRONMENT.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENVIRONMENT.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURITY_CONTACT = ENVIRONMENT.security_contact
CORS_ALLOWED_ORIGINS = _csv(ENVIRONMENT.cors_origins)
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = ["authorization", "content-type", "idempotency-key", "if-none-match", "x-step-up"]
CORS_EXPOSE_HEADERS = [
    "Deprecation",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "X-Request-ID",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["aiqleads.core.bodies.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "aiqleads.core.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.limits.CallerThrottle"],
    "NUM_PROXIES": 0,
    "DEFAULT_THROTTLE_RATES": {
        "anonymous": "120/min",
        "member": "600/min",
        "key": "300/min",
        "organisation": "3000/min",
        "address": "3000/min",
        "refused": "60/min",
        "log_in": "20/min",
        "other_site": "20/min",
        "form": "20/hour",
        "code": "60/hour",
        "privacy_form": "20/hour",
        "privacy_code": "60/hour",
        "supplier": "60/min",
    },
    "EXCEPTION_HANDLER": "aiqleads.core.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AIQLeads API",
    "DESCRIPTION": api_page.DESCRIPTION,
    "TAGS": api_page.TAGS,
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "marketplace.api.messages.signed",
        "aiqleads.openapi.complete",
    ],
    "WEBHOOKS": [
        "marketplace.api.messages.LEAD_PURCHASED",
        "marketplace.api.messages.RETURN_DECIDED",
        "marketplace.api.messages.LEAD_PRICE_DROPPED",
        "marketplace.api.messages.HOLD_ENDED",
        "marketplace.api.messages.WEBHOOK_TEST",
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Kind": "leads.models.Kind",
        "Rhythm": "marketplace.models.SavedSearch.Rhythm",
        "NotificationKind": "marketplace.models.Notification.Kind",
        "DeliveryEvent": "marketplace.models.DeliveryEvent",
        "WebhookEvent": "marketplace.models.CHOSEN_EVENTS",
        "Tier": "leads.models.Tier",
        "OfferState": "marketplace.cards.Offer",
        "Role": "accounts.models.Membership.Role",
        "RightBasis": "leads.models.SourceRight.Basis",
        "OutcomeStatus": "leads.models.Outcome.Status",
        "ContactChannel": "marketplace.engagement.Channel",
        "NotificationChannel": "marketplace.models.NotificationChoice.Channel",
        "DevicePlatform": "marketplace.models.Device.Platform",
        "FollowUpState": "marketplace.models.FollowUp.State",
        "PurchaseState": ["sold", "returned"],
        "SubscriptionStatus": "billing.models.Subscription.Status",
        "LicenceState": "accounts.models.Licence.State",
    },
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayRequestDuration": True, "filter": True},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

UNFOLD = back_office.UNFOLD

LOGGING_CONFIG = None
log_events.configure(log_format=ENVIRONMENT.log_format, level=ENVIRONMENT.log_level)
