"""All Django settings, safe for production; LOCAL_MODE=1 is what `make run` and the tests use."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from csp.constants import NONE, SELF

from config import environment

BASE_DIR = Path(__file__).resolve().parent.parent

# On one's own machine: a database file, mails kept in a folder, a secret made on the spot.
LOCAL_MODE = environment.flag("LOCAL_MODE", default=False)
VAR_DIR = Path(environment.text("VAR_DIR", default=str(BASE_DIR / "var")))


# Identity and security ---------------------------------------------------------------------------

SECRET_KEY = (
    environment.remembered_secret(VAR_DIR / "secret_key")
    if LOCAL_MODE
    else environment.text(
        "SECRET_KEY",
        meaning="a long random text that signs links and sessions",
        example="$(openssl rand -base64 48)",
    )
)
# Former keys: links in mails already sent keep working after SECRET_KEY has been renewed.
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")

SITE_URL = environment.text(
    "SITE_URL",
    default="http://localhost:8000" if LOCAL_MODE else None,
    meaning="the address people type",
    example="https://sessies.example.be",
).rstrip("/")
if not environment.is_site_address(SITE_URL):
    environment.stop(
        "The setting SITE_URL cannot be understood: it is the address people type, "
        "for example SITE_URL=https://sessies.example.be"
    )
SITE_NAME = environment.text("SITE_NAME", default="AI4GOV-inspiratiesessies")

_hostname = urlsplit(SITE_URL).hostname or ""
ALLOWED_HOSTS = [_hostname, *environment.words("ALLOWED_HOSTS")]
if LOCAL_MODE:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{urlsplit(SITE_URL).scheme}://{urlsplit(SITE_URL).netloc}"]

_is_https = SITE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if environment.flag("BEHIND_PROXY", default=False) else None
)
SECURE_SSL_REDIRECT = _is_https
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
# Links hold codes: no other site may learn them, ours may (Django's CSRF check needs the origin).
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# Shaped like Django 6's SECURE_CSP, which takes this over once Django 5.2 is left behind.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Icons in the design system's style sheet are data: addresses.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}


# Applications ------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "modeltranslation",  # before the admin, which it extends
    "config.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # so that FORM_RENDERER finds our own templates
    # Ours last, so that our admin finds the others' registered.
    "portal",
    "events",
    "procurement",
    "mailing",
    "ical",
    "moments",
    "accounts",
    "config.apps.ConfigConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.limits.limit_body",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


# Sign-in -----------------------------------------------------------------------------------------

# Attendees need no account. Who wants one, and every organiser, signs in with a code by mail.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:me"
ACCOUNT_LOGOUT_REDIRECT_URL = "portal:home"
ACCOUNT_ADAPTER = "portal.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
# Known and unknown addresses get the same answer, and a mail each.
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
USERSESSIONS_TRACK_ACTIVITY = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL_MODE
# Organisers and administrators need a second factor; on one's own machine that is in the way.
REQUIRE_SECOND_FACTOR = environment.flag("REQUIRE_SECOND_FACTOR", default=not LOCAL_MODE)

SOCIALACCOUNT_ADAPTER = "portal.sign_in.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_STORE_TOKENS = False
# The organisation's own sign-in, such as ACM/IDM or CSAM: none unless named.
OIDC_PROVIDERS = [
    environment.identity_provider(name) for name in environment.words("OIDC_PROVIDERS")
]
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [provider.as_app() for provider in OIDC_PROVIDERS],
    }
}
# A sign-in form leads on to the provider; without this the browser stops there.
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += [
    provider.origin for provider in OIDC_PROVIDERS
]

# Counts of attempts, which every process must see: in the database, where all of them are.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}


# Database ----------------------------------------------------------------------------------------


def _database() -> dict[str, Any]:
    address = environment.database(
        "DATABASE_URL",
        # Quoted: a folder may be called "c#" or "100%".
        default=f"sqlite:///{quote(str(VAR_DIR / 'db.sqlite3'))}" if LOCAL_MODE else None,
    )
    if address["ENGINE"].endswith("sqlite3"):
        # Writers queue instead of failing with "database is locked"; readers never wait.
        address["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        address["CONN_MAX_AGE"] = 600
        address["CONN_HEALTH_CHECKS"] = True
    return address


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"


# Languages and time ------------------------------------------------------------------------------

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", "Nederlands"), ("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
# Texts of sessions and calls: a column per language; what is missing is shown in the first of these
# that has it, and marked with its language.
MODELTRANSLATION_DEFAULT_LANGUAGE = "nl"
MODELTRANSLATION_LANGUAGES = ("nl", "fr", "en")
MODELTRANSLATION_FALLBACK_LANGUAGES = ("nl", "en", "fr")

USE_TZ = True
TIME_ZONE = "Europe/Brussels"


# Files -------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_collected"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Locally files are served from where they lie, so that nothing has to be collected first.
WHITENOISE_USE_FINDERS = LOCAL_MODE
# What is asked for at the root: /favicon.ico and /robots.txt.
WHITENOISE_ROOT = BASE_DIR / "static" / "root"
WHITENOISE_AUTOREFRESH = LOCAL_MODE
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if LOCAL_MODE
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}


# Mail --------------------------------------------------------------------------------------------

# Without a mail server, mails sent locally land in this folder and are read in the browser.
MAILBOX_DIR = VAR_DIR / "mailbox"
_mail = (
    {"EMAIL_BACKEND": "mailing.mailbox.MailboxBackend"}
    if LOCAL_MODE and not environment.text("EMAIL_URL", default="")
    else environment.mail("EMAIL_URL")
)
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
# One bare mailbox: Outlook wants the calendar's organiser to be equal to it.
DEFAULT_FROM_EMAIL = environment.text(
    "DEFAULT_FROM_EMAIL",
    default="sessies@localhost.localdomain" if LOCAL_MODE else None,
    meaning="the address mails come from",
    example="sessies@example.be",
)
if not environment.is_bare_address(DEFAULT_FROM_EMAIL):
    environment.stop(
        "The setting DEFAULT_FROM_EMAIL cannot be understood: it is one address without a name, "
        "for example DEFAULT_FROM_EMAIL=sessies@example.be"
    )
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Who writes the text of a message, by the first word of its kind, and who knows what is due.
OUTBOX_COMPOSERS = {
    "events": "events.messages.compose",
    "sign_in": "portal.sign_in.compose",
}
OUTBOX_PLANNERS = ["events.messages.plan"]


# Logging -----------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_codes": {"()": "config.logs.WithoutCodes"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without_codes"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "mailing": {"level": "INFO"},
        # Django adds handlers of its own here; ours, which removes codes, is the only one.
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
