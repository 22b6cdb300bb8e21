"""All settings, read from the environment (.env.example lists every variable).

With DATABASE_URL unset `manage.py` starts or finds the embedded instance of DATA_DIR and fills in
DATABASE_URL, REDIS_URL and SECRET_KEY before this module is read: here nothing has an unsafe default.
"""

import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import drf_spectacular_sidecar
import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from config import providers, safety
from config.logs import logging_config
from config.theme import UNFOLD  # noqa: F401 - read by django-unfold

# Read when numpy is first imported. Requests and tasks run beside each other already: threads of its own for
# small matrices took three times the processor and were no faster.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
PORT = env.int("PORT", default=8000)
EMBEDDED = env.bool("EARSHOT_EMBEDDED", default=False)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default=f"http://127.0.0.1:{PORT}" if EMBEDDED else "").rstrip(
    "/"
)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=safety.default_hosts(PUBLIC_BASE_URL, embedded=EMBEDDED))
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

REPORTING_TIME_ZONE = env.str("REPORTING_TIME_ZONE", default="UTC")
REPORTING_CURRENCY = env.str("REPORTING_CURRENCY", default="USD")

try:
    safety.refuse_unsafe(
        secret_key=SECRET_KEY,
        debug=DEBUG,
        public_base_url=PUBLIC_BASE_URL,
        allowed_hosts=ALLOWED_HOSTS,
        reporting_currency=REPORTING_CURRENCY,
        reporting_time_zone=REPORTING_TIME_ZONE,
    )
except safety.UnsafeSettings as unsafe:
    raise ImproperlyConfigured(str(unsafe)) from None

REPORTING_ZONE = ZoneInfo(REPORTING_TIME_ZONE)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "config.apps.HouseAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "csp",
    "anymail",
    "drf_spectacular",
    "config",
    "accounts",
    "surveys",
    "metrics",
    "followups",
]

MIDDLEWARE = [
    "config.middleware.serve_respondents_first",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.serve_programs_early",
    "config.middleware.ContentSecurityPolicy",
    "config.middleware.refuse_nul",
    "config.middleware.CompressStaffPages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# Open and personal links: what is there for who logs in is left out of them (config.middleware, config.wsgi).
RESPONDENT_PATHS = ("/s/", "/r/")
# What programs call is answered early, too.
API_PATH = "/api/v1/"
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
            ],
        },
    },
]

DATABASE = env.db("DATABASE_URL")
# Reconnecting for every request cost ten times the insert itself (DESIGN §6), so connections stay open and
# the server runs no more threads than connections.
DATABASES = {
    "default": {
        **DATABASE,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # A respondent's INSERT is planned once a connection, not once a response (surveys.actions.answering).
        "OPTIONS": {"prepare_threshold": 2, **DATABASE.get("OPTIONS", {})},
    },
}
REDIS_URL = env.str("REDIS_URL")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.permissions.OneQuery"]
# What apps above the metrics add to the page of an account and to Home (metrics.pages.panels).
ACCOUNT_PANELS = ["followups.pages.panel.account_panel"]
HOME_PANELS = ["followups.pages.home.home_panel"]
# Who says which unhappy answers are still open (metrics.evidence.cases); "" leaves that to imported signals.
OPEN_CASES = "followups.evidence.open_cases"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

LANGUAGE_CODE = "en"
TIME_ZONE = REPORTING_TIME_ZONE
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Of the API's documentation page; as an application the package would bring a second, larger viewer.
SWAGGER_UI = Path(drf_spectacular_sidecar.__file__).parent / "static/drf_spectacular_sidecar/swagger-ui-dist"
STATICFILES_DIRS = [BASE_DIR / "static", ("swagger-ui", SWAGGER_UI)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MAIL_PROVIDER = ""
ANYMAIL: dict[str, str] = {}
EMAIL_CONFIG: dict[str, Any] = {}
if not env.str("EMAIL_URL", default=""):
    # Printed to the log, it would leave names, answers and personal links there.
    EMAIL_BACKEND = "surveys.mail.files.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
elif env.str("EMAIL_URL").startswith(f"{providers.SCHEME}:"):
    try:
        EMAIL_CONFIG |= providers.provider_settings(env.str("EMAIL_URL"))
    except providers.ProviderUnreadable as unreadable:
        raise ImproperlyConfigured(str(unreadable)) from None
else:
    EMAIL_CONFIG |= env.email_url("EMAIL_URL")
vars().update(EMAIL_CONFIG)
if EMAIL_CONFIG.get("EMAIL_BACKEND") == "django.core.mail.backends.smtp.EmailBackend":
    # Ours knows whether the server got the words of a mail before the line broke.
    EMAIL_BACKEND = "surveys.mail.smtp.EmailBackend"
EMAIL_TIMEOUT = 30
MAIL_CONVERSATIONS = env.int("MAIL_CONVERSATIONS", default=40)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Earshot <noreply@localhost>")

# Of whoever asks for /metrics from elsewhere; without it only this machine may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Of one key; 0 lets all pass.
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=6000)
# A view of the API that says nothing else is closed to whoever has no key.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.BearerKey"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.throttling.CallsPerMinute"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsing.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.api.negotiation.JsonOnly",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "accounts.api.paging.Cursor",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.Schema",
    "EXCEPTION_HANDLER": "accounts.api.problems.answer_with_problem",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Earshot API",
    "DESCRIPTION": "Everything that the admin can do, for programs. docs/api.md has the first steps.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.api.schema.add_problems",
        "config.examples.add_examples",
    ],
}

# The respondent's body cap (SECURITY T53) is stricter and its own; these are for the admin.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

IS_HTTPS = PUBLIC_BASE_URL.startswith("https://")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False  # the proxy that ends TLS redirects
# W008: as above. W005 and W021: the other hosts of the company's domain are not ours to bind to HTTPS.
# fields.W161: within ten seconds of nine o'clock Django takes the hour of campaigns for a mistaken now.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021", "fields.W161"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
X_FRAME_OPTIONS = "DENY"

# Strict everywhere but in the admin, where Alpine evaluates expressions and widgets carry style attributes.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # Of the page that says that there is nothing here.
        "style-src": [SELF],
        "img-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}
ADMIN_CONTENT_SECURITY_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "object-src": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}

# The viewer of the API's document brings its icons as data.
DOCS_CONTENT_SECURITY_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "connect-src": [SELF],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}

LOGGING = logging_config(env.str("LOG_LEVEL", default="INFO"))

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=safety.celery_url(REDIS_URL))
