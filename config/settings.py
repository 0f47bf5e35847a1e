"""All Django settings, safe for production; LOCAL_MODE=1 is what `make run` and the tests use."""

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from csp.constants import NONE, SELF

from config import environment, mail_providers

BASE_DIR = Path(__file__).resolve().parent.parent

environment.section("One's own machine")

# A database file, mails kept in a folder, a secret made on the spot.
LOCAL_MODE = environment.flag(
    "LOCAL_MODE",
    "yes for one's own machine: SQLite, mails in a folder, a secret made on the spot, no HTTPS",
    default=False,
    more="`make` sets it.",
)
VAR_DIR = Path(
    environment.text(
        "VAR_DIR",
        "the folder for all that in local mode",
        default=str(BASE_DIR / "var"),
        shown="`var` beside the program",
        example="/var/lib/sessies",
        more="In production it holds the erasure log and the documents, unless `ERASURE_LOG` and "
        "`MEDIA_DIR` name other places.",
    )
)


# Identity and security ---------------------------------------------------------------------------

environment.section("Identity and security")

SECRET_KEY = environment.secret(
    "SECRET_KEY",
    "a long random text that signs links and sessions",
    local=VAR_DIR / "secret_key",
    example="$(openssl rand -base64 48)",
)
SECRET_KEY_FALLBACKS = environment.words(
    "SECRET_KEY_FALLBACKS",
    "former keys, separated by commas",
    more="Links in mails already sent keep working after `SECRET_KEY` was renewed.",
)

SITE_URL = environment.text(
    "SITE_URL",
    "the address people type",
    local="http://localhost:8000",
    fits=environment.is_site_address,
    example="https://sessies.example.be",
    more="Every address in a mail or calendar starts with it.",
).rstrip("/")
SITE_NAME = environment.text(
    "SITE_NAME",
    "the name in the header of pages and mails, and of who sends the mails",
    default="AI4GOV-inspiratiesessies",
)

_hostname = urlsplit(SITE_URL).hostname or ""
ALLOWED_HOSTS = [
    _hostname,
    *environment.words(
        "ALLOWED_HOSTS",
        "other host names it answers to, separated by commas",
        example="sessies.intern.example.be",
        more="The one of `SITE_URL` always counts.",
    ),
]
if LOCAL_MODE:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{urlsplit(SITE_URL).scheme}://{urlsplit(SITE_URL).netloc}"]

_is_https = SITE_URL.startswith("https://")
_behind_proxy = environment.flag(
    "BEHIND_PROXY",
    "yes where one proxy ends HTTPS, sets `X-Forwarded-Proto` itself and adds to "
    "`X-Forwarded-For` whom it heard",
    default=False,
    more="Without it, https behind such a proxy redirects for ever, and the audit log and the "
    "limits on signing in take everybody for the proxy.",
)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _behind_proxy else None
# From where somebody comes, for the audit log and for counting attempts to sign in: one proxy is
# believed, which adds to X-Forwarded-For whom it heard; without one nobody is.
ALLAUTH_TRUSTED_PROXY_COUNT = int(_behind_proxy)
SECURE_SSL_REDIRECT = _is_https
# Asked from within, past the proxy that speaks https.
SECURE_REDIRECT_EXEMPT = ["^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
# Of the host of SITE_URL, which is ours alone.
SECURE_HSTS_INCLUDE_SUBDOMAINS = _is_https
# Whether all of a domain goes into browsers' lists is for its owner to say, not for a site on it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
# Links hold codes: no other site may learn them, ours may (Django's CSRF check needs the origin).
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
# Browsers then take them from this very host only, over HTTPS: no neighbour can plant one.
COOKIE_PREFIX = "__Host-" if _is_https else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "portal.message_cookie.Storage"
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
        # No script makes markup out of text, but on the pages of `accounts.scripting`.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": [NONE],
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
    "portal.observing.observe",
    "django.middleware.security.SecurityMiddleware",
    "config.limits.forbid_devices",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.keeping.KeptPages",
    "csp.middleware.CSPMiddleware",
    "config.limits.limit_body",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.last_seen.LastSeen",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.access.DenyUndeclared",
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
# An address typed without "https://" means that, as from Django 6 on, which no longer asks.
FORMS_URLFIELD_ASSUME_HTTPS = True


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
ACCOUNT_FORMS = {
    "confirm_login_code": "portal.code_forms.LoginCodeForm",
    "confirm_email_verification_code": "portal.code_forms.AddressCodeForm",
}
ACCOUNT_SESSION_REMEMBER = False
# The line above is heeded where a form asks it only, and signing in by code asks nothing.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
USERSESSIONS_TRACK_ACTIVITY = True
MFA_ADAPTER = "portal.sealing.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "portal.passkeys.AddPasskeyForm",
    "edit_webauthn": "portal.passkeys.RenamePasskeyForm",
}
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL_MODE
# Organisers and administrators need a second factor; on one's own machine that is in the way.
environment.section("Signing in")

REQUIRE_SECOND_FACTOR = environment.flag(
    "REQUIRE_SECOND_FACTOR",
    "no to let organisers in without a passkey, an app or their provider's word",
    default=True,
    local=False,
)

# What they are at work on is kept when it ends (`accounts.sending_again`).
SESSION_IDLE_MINUTES = environment.number(
    "SESSION_IDLE_MINUTES",
    "after how many minutes without a request who works for a programme has to sign in again",
    default=60,
    example="30",
    more="Counted to within five minutes. `0` is no limit. Forms and ticks that are sent later are "
    "not lost.",
)
CSRF_FAILURE_VIEW = "accounts.sending_again.csrf_failed"

SOCIALACCOUNT_ADAPTER = "portal.sign_in.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_STORE_TOKENS = False
# The organisation's own sign-in, such as ACM/IDM or CSAM: none unless named.
OIDC_PROVIDERS = environment.identity_providers(
    "OIDC_PROVIDERS",
    "names of the OpenID Providers people may sign in with, separated by commas",
    example="acm,csam",
    more="Each has the settings below, here those of `acm`.",
)
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "provider_class": "portal.openid.NonceProvider",
        "APPS": [provider.as_app() for provider in OIDC_PROVIDERS],
    }
}
# A sign-in form leads on to the provider; without this the browser stops there.
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += [
    provider.origin for provider in OIDC_PROVIDERS
]

# Database ----------------------------------------------------------------------------------------

environment.section("Database")


def _database() -> dict[str, Any]:
    address = environment.database(
        "DATABASE_URL",
        "the address of the database",
        # Quoted: a folder may be called "c#" or "100%".
        local=f"sqlite:///{quote(str(VAR_DIR / 'db.sqlite3'))}",
        example="postgres://user:password@host:5432/name",
        more="`sqlite:////folder/file` is for one small machine.",
    )
    if address["ENGINE"].endswith("sqlite3"):
        # Writers queue instead of failing with "database is locked"; readers never wait.
        address["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        # Opening the file anew costs more than most questions that are asked of it.
        address["CONN_MAX_AGE"] = 600
    else:
        address["CONN_HEALTH_CHECKS"] = True
        options = address.setdefault("OPTIONS", {})
        # Compiling a statement takes PostgreSQL a second, and it does so where it only guesses how
        # large small tables are; no statement here runs long enough to win that back.
        options["options"] = f"-c jit=off {options.get('options', '')}".strip()
        if DATABASE_POOL:
            # Who has to wait longer than this for a connection is told to come back.
            pool = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 10}
            options["pool"] = pool
        else:
            address["CONN_MAX_AGE"] = 600
    return address


DATABASE_POOL = environment.number(
    "DATABASE_POOL",
    "the number of connections to PostgreSQL that the threads of one process share",
    default=0,
    example="2",
    more="`0` gives each thread a connection of its own, which it keeps. See "
    "[operating](operating.md).",
)
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

# Counts of attempts to sign in, which every process must see, and sessions of browsers.
CACHE_URL = environment.text(
    "CACHE_URL",
    "the address of a Redis server for counts of attempts and for sessions of browsers",
    default="",
    fits=environment.is_redis_address,
    example="redis://localhost:6379/0",
    more="Without it both are in the database. With it, and the extra `redis`, sessions are read "
    "there first; the database still holds them, so that Redis may lose everything.",
)
if CACHE_URL:
    environment.needs_package("CACHE_URL", "redis", extra="redis")
    from config import caches

    CACHES: dict[str, dict[str, Any]] = {
        "default": caches.redis(CACHE_URL),
        # Who signed out while Redis was away stays signed in no longer than this.
        "browsers": caches.redis(CACHE_URL, longest=300),
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    SESSION_CACHE_ALIAS = "browsers"
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache",
        }
    }


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
# The pictures of the documents, which the manual shows.
STATICFILES_DIRS = [BASE_DIR / "static", ("manual", BASE_DIR / "docs" / "images")]
# Locally files are served from where they lie, so that nothing has to be collected first.
WHITENOISE_USE_FINDERS = LOCAL_MODE
# What is asked for at the root: /favicon.ico and /robots.txt.
WHITENOISE_ROOT = BASE_DIR / "static" / "root"
WHITENOISE_AUTOREFRESH = LOCAL_MODE
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if LOCAL_MODE
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# What people attach to a trajectory. Nothing hands out this folder by itself: a page does, to who
# may read it.
environment.section("Files and privacy")

MEDIA_ROOT = Path(
    environment.text(
        "MEDIA_DIR",
        "the folder with the documents that people attach to their trajectories",
        default=str(VAR_DIR / "media"),
        shown="`media` in `VAR_DIR`",
        example="/srv/sessies/media",
        more="On storage that every process sees and that is backed up, and that no web server "
        "hands out.",
    )
)
_bucket = environment.object_store(
    "FILES_URL",
    "the bucket that holds those documents instead, in a store that speaks S3",
    example="s3://key:secret@s3.example.be/bucket?region=eu",
    more="Needs the extra `s3`. The bucket has to be there, closed to everybody else.",
)
if _bucket:
    environment.needs_package("FILES_URL", "storages", extra="s3")
    STORAGES["default"] = {"BACKEND": "config.storages.ObjectStore", "OPTIONS": _bucket}
# So that no page ever names an address there.
MEDIA_URL = "/media-is-not-served/"
FILE_UPLOAD_PERMISSIONS = 0o600


# Privacy -----------------------------------------------------------------------------------------

# Who had their data erased, as marks that name nobody: outside the database, so that a restored
# backup does not bring them back.
ERASURE_LOG = Path(
    environment.text(
        "ERASURE_LOG",
        "the file that remembers who had their data erased, as marks that name nobody",
        default=str(VAR_DIR / "erasures.log"),
        shown="`erasures.log` in `VAR_DIR`",
        example="/srv/sessies/erasures.log",
        more="On storage that outlives the machine and is no part of the database's backup; see "
        "[privacy](privacy.md).",
    )
)


# Mail --------------------------------------------------------------------------------------------

# Without a mail server, mails sent locally land in this folder and are read in the browser.
MAILBOX_DIR = VAR_DIR / "mailbox"
environment.section("Mail")

_address = environment.text(
    "EMAIL_URL",
    mail_providers.MEANING,
    local="",
    example=mail_providers.EXAMPLE,
    more="Also `smtp+ssl://…:465`, `brevo://key@` and others; see [mail](mail.md).",
)
_first = (
    mail_providers.read("EMAIL_URL", _address)
    if _address
    else mail_providers.MailProvider(
        "mailbox", {}, django={"EMAIL_BACKEND": "mailing.mailbox.MailboxBackend"}
    )
)
_mail = _first.django
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = mail_providers.TIMEOUT_SECONDS
# The providers by name, each as Django connects to it, in the order in which they are tried. For
# the first, where it is a mail server, the settings above hold.
MAIL_PROVIDERS: dict[str, dict[str, Any]] = {
    _first.name: _first.options if "anymail" in EMAIL_BACKEND else {}
}
MAIL_WEBHOOKS = {_first.webhook} - {""}
_address = environment.text(
    "EMAIL_URL_2",
    "the address of a second mail server or service",
    default="",
    example="brevo://key@",
    more="It takes over while the first does not answer.",
)
if _address:
    _second = mail_providers.read("EMAIL_URL_2", _address)
    # Two accounts with one provider are two providers.
    _name = f"{_second.name} (2)" if _second.name in MAIL_PROVIDERS else _second.name
    MAIL_PROVIDERS[_name] = _second.options
    MAIL_WEBHOOKS |= {_second.webhook} - {""}
# How many mails a minute each of them takes from us, over all workers; 0: as many as we have.
MAIL_RATE_PER_MINUTE = environment.number(
    "MAIL_RATE_PER_MINUTE",
    "how many mails a minute each of them takes from us",
    default=0,
    example="300",
    more="`0` is no limit.",
)
# With it providers call our webhook; without it they are not heard.
MAIL_WEBHOOK_SECRET = environment.text(
    "MAIL_WEBHOOK_SECRET",
    "a name and a password, with which a mail service calls us to say what bounced",
    default="",
    fits=lambda value: all(value.partition(":")),
    example="provider:$(openssl rand -hex 24)",
    more="Without it none is heard.",
)
ANYMAIL = {
    "WEBHOOK_SECRET": MAIL_WEBHOOK_SECRET or None,
    "REQUESTS_TIMEOUT": mail_providers.TIMEOUT_SECONDS,
}
# One bare mailbox: Outlook wants the calendar's organiser to be equal to it.
DEFAULT_FROM_EMAIL = environment.text(
    "DEFAULT_FROM_EMAIL",
    "the one bare address, without a name, that mails come from and that calendars name as "
    "organiser",
    local="sessies@localhost.localdomain",
    fits=environment.is_bare_address,
    example="sessies@example.be",
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Who writes the text of a message, by the first word of its kind, and who knows what is due.
OUTBOX_COMPOSERS = {
    "events": "events.messages.compose",
    "organisers": "events.warning.compose",
    "procurement": "procurement.messages.compose",
    "trajectories": "procurement.keeping.compose",
    "groups": "events.messages.compose_overview",
    "circulars": "events.circulars.compose",
    "trials": "events.circulars.compose_trial",
    "sign_in": "portal.sign_in.compose",
    "privacy": "portal.messages.compose",
    "team": "portal.team.compose",
    "speakers": "events.inviting.compose",
    "afterwards": "events.afterwards.compose",
}
# Every kind of mail with example data, for the developer's page and the tests.
OUTBOX_EXAMPLES = [
    "events.examples.EXAMPLES",
    "procurement.examples.EXAMPLES",
    "portal.examples.EXAMPLES",
]
OUTBOX_PLANNERS = [
    "events.messages.plan",
    "events.circulars.plan",
    "events.warning.plan",
    "procurement.reminding.plan",
    "procurement.keeping.plan",
    "portal.nights.plan",
]
# What still leaves while an operator paused the mail: somebody waits for it at this moment.
OUTBOX_NEVER_PAUSED = ["sign_in"]
# What a worker does once, when it starts.
OUTBOX_STARTERS = ["portal.privacy.replay"]

# For `config.celery`, which stops without it.
CELERY_BROKER_URL = environment.text(
    "CELERY_BROKER_URL",
    "the address of the broker, where Celery takes the place of `manage.py worker`",
    default="",
    example="redis://localhost:6379/0",
)


# Statements --------------------------------------------------------------------------------------

# What the privacy statement, the accessibility statement and security.txt name. Whoever answers for
# the data, and where a leak is reported, cannot be guessed.
environment.section("Statements")

CONTROLLER_NAME = environment.text(
    "CONTROLLER_NAME",
    "the public body that answers for the personal data, as the privacy statement names it",
    local="Voorbeelddepartement (lokaal)",
    example='"Departement Voorbeeld, Vlaamse overheid"',
)
CONTROLLER_ADDRESS = environment.text(
    "CONTROLLER_ADDRESS",
    "its postal address",
    default="",
    local="Voorbeeldlaan 1, 1000 Brussel",
    example='"Voorbeeldlaan 1, 1000 Brussel"',
)
DATA_PROTECTION_CONTACT = environment.contact(
    "DATA_PROTECTION_CONTACT",
    "where its data protection officer is reached",
    local="dpo@example.org",
    example="dpo@example.be",
)
SECURITY_CONTACT = environment.contact(
    "SECURITY_CONTACT",
    "where somebody reports a vulnerability, on `/security/` and in `security.txt`",
    local="security@example.org",
    example="security@example.be",
)
ACCESSIBILITY_CONTACT = environment.contact(
    "ACCESSIBILITY_CONTACT",
    "where somebody reports a barrier",
    default=DEFAULT_FROM_EMAIL,
    shown="`DEFAULT_FROM_EMAIL`",
    example="toegankelijk@example.be",
)
ACCESSIBILITY_ASSESSED_ON = environment.day(
    "ACCESSIBILITY_ASSESSED_ON",
    "the day on which accessibility was last assessed",
    default=date(2026, 11, 21),
    shown="the day of the makers' own",
    example="2027-06-10",
    more="Look at it every year.",
)
# Empty: the makers assessed it themselves.
ACCESSIBILITY_ASSESSOR = environment.text(
    "ACCESSIBILITY_ASSESSOR",
    "who did that",
    default="",
    shown="the makers",
    example='"Bureau Voorbeeld"',
)
SUPERVISORY_AUTHORITY = environment.text(
    "SUPERVISORY_AUTHORITY",
    "who hears complaints about personal data",
    default="Vlaamse Toezichtcommissie (VTC)",
)
SUPERVISORY_AUTHORITY_CONTACT = environment.contact(
    "SUPERVISORY_AUTHORITY_CONTACT",
    "where it takes them",
    default="https://www.vlaanderen.be/vlaamse-toezichtcommissie",
)
# Who hosts, who delivers mail …, each as a phrase; the second list holds those that take data out
# of the European Economic Area, each with what protects it there.
PROCESSORS = environment.phrases(
    "PROCESSORS",
    "who hosts, delivers mail … for the controller, separated by semicolons",
    shown="the statement refers to the data protection officer",
    example='"Example Hosting (servers, Belgium); Example Mail (mails, Ireland)"',
)
PROCESSORS_OUTSIDE_EEA = environment.phrases(
    "PROCESSORS_OUTSIDE_EEA",
    "those of them that take data out of the European Economic Area, each with what protects it "
    "there, separated by semicolons",
    shown="the statement says that no data leaves it",
    example='"Example Cloud (logs, United States: standard contractual clauses)"',
    more="Named here, not in `PROCESSORS`.",
)
RETENTION_DAYS_DEFAULT = environment.number(
    "RETENTION_DAYS_DEFAULT",
    "the number of days, at least one, after a session before its registrations are made anonymous",
    default=90,
    at_least=1,
    more="It holds where the programme has no period of its own.",
)


# Watching ----------------------------------------------------------------------------------------

environment.section("Watching")

METRICS_TOKEN = environment.text(
    "METRICS_TOKEN",
    "the secret with which a program reads `/metrics` (`Authorization: Bearer …`)",
    default="",
    example="$(openssl rand -hex 24)",
)
METRICS_NETWORKS = environment.networks(
    "METRICS_NETWORKS",
    "networks from which `/metrics` is read without that secret, separated by commas",
    example="10.0.0.0/8,fd00::/8",
    more="Without either, `/metrics` does not exist.",
)
LOG_FORMAT = environment.text(
    "LOG_FORMAT",
    "how a line in the log is written, `text` or `json`",
    default="text",
    fits=lambda value: value in {"text", "json"},
    example="json",
)
LOG_REQUESTS = environment.flag(
    "LOG_REQUESTS",
    "yes to write a line for each request: the name of its address, how it went and how long it "
    "took",
    default=True,
    local=False,
)
SENTRY_DSN = environment.text(
    "SENTRY_DSN",
    "the address of a Sentry-compatible service that is told of errors",
    default="",
    fits=environment.is_error_service,
    example="https://key@errors.example.be/1",
    more="Needs the extra `errors`. What is told names nobody.",
)
SENTRY_ENVIRONMENT = environment.text(
    "SENTRY_ENVIRONMENT", "the name under which it knows this installation", default="production"
)
if SENTRY_DSN:
    environment.needs_package("SENTRY_DSN", "sentry_sdk", extra="errors")
    from config import errors

    errors.report_to(SENTRY_DSN, environment=SENTRY_ENVIRONMENT)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_codes": {"()": "config.logs.WithoutCodes"}},
    "formatters": {
        "text": {"format": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"},
        "json": {"()": "config.logs.Json"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["without_codes"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "mailing": {"level": "INFO"},
        "requests": {"level": "INFO"},
        "sign_in": {"level": "INFO"},
        # They add handlers of their own here; ours, which removes codes, is the only one.
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
