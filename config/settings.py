"""Every setting, read from the environment; `.env.example` explains each variable."""

from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from config import connections, embedded_postgres
from config.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

env = environ.Env()
env.read_env(env.str("ENV_FILE", str(BASE_DIR / ".env")))


def flag(name: str, *, default: bool) -> bool:
    """A variable that is on or off. Raises ImproperlyConfigured on any other word: a slip must not pass as off."""
    word = env.str(name, "").lower()
    if word not in ("", "on", "off"):
        raise ImproperlyConfigured(f"{name} is {word!r}; write on or off.")
    return word == "on" if word else default


def made_secret_key(path: Path) -> str:
    """The secret that `make run` made for itself. Raises ImproperlyConfigured: there is no built-in one."""
    if not path.exists():
        raise ImproperlyConfigured(f"Set SECRET_KEY. There is none, and no {path}, which `make run` would have made.")
    return path.read_text()


def mailer(parts: dict[str, Any]) -> dict[str, Any]:
    """An entry of MAILERS from the parts of EMAIL_URL."""
    options = {
        "host": parts["EMAIL_HOST"],
        "port": parts["EMAIL_PORT"],
        "username": parts["EMAIL_HOST_USER"],
        "password": parts["EMAIL_HOST_PASSWORD"],
        "use_tls": parts.get("EMAIL_USE_TLS"),
        "use_ssl": parts.get("EMAIL_USE_SSL"),
    }
    return {"BACKEND": parts["EMAIL_BACKEND"], "OPTIONS": {name: value for name, value in options.items() if value}}


def attachments_storage() -> dict[str, Any]:
    """The entry of STORAGES for what people attach: a folder, or a bucket. Raises ImproperlyConfigured."""
    bucket = env.str("BUCKET", "")
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise ImproperlyConfigured("BUCKET needs another package: install parley[s3], or django-storages[s3].")
    options = {
        "bucket_name": bucket,
        "endpoint_url": env.str("BUCKET_ENDPOINT_URL", "") or None,
        "region_name": env.str("BUCKET_REGION", "") or None,
        # Unset, boto3 looks for them in its own places.
        "access_key": env.str("BUCKET_ACCESS_KEY_ID", "") or None,
        "secret_key": env.str("BUCKET_SECRET_ACCESS_KEY", "") or None,
        "default_acl": None,
        "file_overwrite": False,
        "max_memory_size": 256_000,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


# --- This site ---------------------------------------------------------------
DEBUG = flag("DEBUG", default=False)
HTTPS = flag("HTTPS", default=not DEBUG)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies stand in front and add to X-Forwarded-For: for the throttles, and for the audit log.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
METRICS_ALLOWED_IPS = env.list("METRICS_ALLOWED_IPS", default=["127.0.0.1", "::1"])
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
SECRET_KEY = env.str("SECRET_KEY", "") or made_secret_key(VAR_DIR / "secret_key")

# --- Segmind -----------------------------------------------------------------
# `make run` sets SANDBOX_URL when it has started the stand-in.
SANDBOX_URL = env.str("SANDBOX_URL", "")
SEGMIND_BASE_URL = env.str("SEGMIND_BASE_URL", "") or SANDBOX_URL or "https://api.segmind.com"
SEGMIND_CONNECT_SECONDS = env.float("SEGMIND_CONNECT_SECONDS", 10.0)
SEGMIND_READ_SECONDS = env.float("SEGMIND_READ_SECONDS", 290.0)
SEGMIND_WRITE_SECONDS = env.float("SEGMIND_WRITE_SECONDS", 30.0)
SEGMIND_POOL_SECONDS = env.float("SEGMIND_POOL_SECONDS", 10.0)
SEGMIND_TOTAL_SECONDS = env.float("SEGMIND_TOTAL_SECONDS", 300.0)
SEGMIND_MAX_CONNECTIONS = env.int("SEGMIND_MAX_CONNECTIONS", 1000)

# --- Webhooks ----------------------------------------------------------------
try:
    WEBHOOK_NETWORKS = [ip_network(network) for network in env.list("WEBHOOK_NETWORKS", default=[])]
except ValueError as error:
    raise ImproperlyConfigured(f"WEBHOOK_NETWORKS is a list of networks such as 10.1.2.0/24: {error}.") from error

# --- Secrets -----------------------------------------------------------------
PARLEY_KEYRING = Path(env.str("PARLEY_KEYRING", str(VAR_DIR / "keyring.json")))
KEY_FALLBACK = flag("KEY_FALLBACK", default=False)

# --- Parts -------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts",
    "chat",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_prometheus",
    "procrastinate.contrib.django",
    "servestatic",
]

# Each one must be async-capable: a sync-only middleware would hold a thread for every waiting browser.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "config.methods.KnownMethodsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.SignedInMiddleware",
    "accounts.middleware.CurrentRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SignInRequiredMiddleware",
    "accounts.middleware.SecondFactorRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.PersonalSettingsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

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
                "chat.context_processors.site",
            ],
            "builtins": ["accounts.templatetags.addresses"],
        },
    }
]

# --- Database and queue ------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", "") or embedded_postgres.url(VAR_DIR)
# LISTEN needs a connection of its own that no transaction pooler stands in front of.
DATABASE_DIRECT_URL = env.str("DATABASE_DIRECT_URL", "") or DATABASE_URL
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
# Prepared once per pooled connection, a query costs the server a fifth of what planning it each time does.
DATABASES["default"].setdefault("OPTIONS", {}).update(server_side_binding=True, prepare_threshold=3)
# Compiling the longest of our queries takes the server far longer than answering them.
DATABASES["default"]["OPTIONS"]["options"] = "-c jit=off"
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": env.int("DATABASE_POOL_MIN", 2),
    "max_size": env.int("DATABASE_POOL_MAX", 16),
    "check": connections.check,
    "timeout": 10,
}
# Only attempts to sign in are counted in it, so no other page asks it for anything; sessions are rows of their own.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_attempt",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", 1000)
WORKER_GRACE_SECONDS = env.float("WORKER_GRACE_SECONDS", 30.0)
DELIVERY_LEASE_SECONDS = env.float("DELIVERY_LEASE_SECONDS", 30.0)
DELIVERY_RESCUE_SECONDS = env.float("DELIVERY_RESCUE_SECONDS", 5.0)
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "always", "shutdown_graceful_timeout": WORKER_GRACE_SECONDS}

# A folder in the crash tests' own settings, by which they steer chat/fail_points.py. Never anything else.
FAIL_POINTS: Path | None = None

# --- People ------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
SIGNUP_EMAIL_DOMAINS = [domain.lower() for domain in env.list("SIGNUP_EMAIL_DOMAINS", default=[])]
INVITATION_DAYS = env.int("INVITATION_DAYS", 7)
ACCOUNT_DELETION_DAYS = env.int("ACCOUNT_DELETION_DAYS", 14)
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "accounts.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.PlainPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.PasswordChangeForm",
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "signup": "accounts.forms.SignUpForm",
    "reset_password": "accounts.forms.PasswordResetForm",
    "reset_password_from_key": "accounts.forms.PasswordResetKeyForm",
    "set_password": "accounts.forms.SetPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# Unasked, anybody can type any address of a listed domain, so that it has to be proven before the first sign-in.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SIGNUP_EMAIL_DOMAINS else "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
# A new address is in use only once the link that was sent to it has been opened.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Parley: "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * env.int("REAUTHENTICATION_MINUTES", 15)
ACCOUNT_RATE_LIMITS = {
    # A browser that the account has signed in from before is held to nothing but its own failures.
    "login_failed": "5/5m/key",
    "login_failed_from_address": "30/5m/key",
    "login_failed_elsewhere": "50/h/key",
    # Not at all by address alone, which a whole office may share.
    "login": None,
    # A refusal is in the audit log, but not each one.
    "throttled_sign_in_recorded": "1/5m/key",
}
REQUIRE_SECOND_FACTOR = env.str("REQUIRE_SECOND_FACTOR", "off")
if REQUIRE_SECOND_FACTOR not in ("off", "administrators", "everyone"):
    raise ImproperlyConfigured("REQUIRE_SECOND_FACTOR is off, administrators or everyone.")
USERSESSIONS_ADAPTER = "accounts.adapter.SessionsAdapter"
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Nobody makes an account with somebody else's address here: people are invited.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Parley"
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "activate_totp": "accounts.forms.AuthenticatorForm",
    "add_webauthn": "accounts.forms.PasskeyForm",
    "authenticate": "accounts.forms.CodeForm",
    "edit_webauthn": "accounts.forms.PasskeyNameForm",
    "reauthenticate": "accounts.forms.ReauthenticateCodeForm",
}
OIDC_ISSUER = env.str("OIDC_ISSUER", "")
if OIDC_ISSUER:
    INSTALLED_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": env.str("OIDC_NAME", "OpenID Connect"),
                    "client_id": env.str("OIDC_CLIENT_ID"),
                    "secret": env.str("OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": OIDC_ISSUER, "oauth_pkce_enabled": True},
                }
            ]
        }
    }
    # The provider answers for its people's addresses: who has an account here under the same one is that person.
    SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
    # A link, not a form: the CSP lets no form lead to another site.
    SOCIALACCOUNT_LOGIN_ON_GET = True
MAILERS = {"default": mailer(env.email_url("EMAIL_URL", default="consolemail://"))}
MAIL_IS_SET_UP = not MAILERS["default"]["BACKEND"].endswith(".console.EmailBackend")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Parley <parley@localhost>")

# --- Security ----------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# In the session: the other storage makes a cookie of its own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
DEVICE_COOKIE_NAME = "device"
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, DEVICE_COOKIE_NAME = "__Host-session", "__Host-csrf", "__Host-device"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

DEFAULT_EXCEPTION_REPORTER = "config.reports.MaskingReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.reports.WithoutValues"

# --- Files -------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_KEEP_ONLY_HASHED_FILES = True
# What people attach. It has no address of its own: chat/views/attachments.py serves it, to its owner alone.
MEDIA_ROOT = VAR_DIR / "files"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
# The longest side of an image that is kept, and sent to a model.
IMAGE_SIDE_PIXELS = env.int("IMAGE_SIDE_PIXELS", 1568)
if not 256 <= IMAGE_SIDE_PIXELS <= 4096:
    raise ImproperlyConfigured("IMAGE_SIDE_PIXELS is a number from 256 to 4096.")
STORAGES = {
    "default": attachments_storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.static.ParleyStaticFilesStorage"
    },
}

# --- Language, time, logs ----------------------------------------------------
# Each by its own name, which whoever looks for it can read.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_CODE = env.str("SITE_LANGUAGE", "") or "en"
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"SITE_LANGUAGE is one of {', '.join(dict(LANGUAGES))}.")
USE_I18N = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_TZ = True
LOGGING = logging_config(json_lines=flag("LOG_JSON", default=not DEBUG), level=env.str("LOG_LEVEL", "INFO"))
