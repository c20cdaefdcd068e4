"""All settings, from the environment. A bad value stops the start; with none set, it runs."""

import os
import re
from pathlib import Path

import environ
from celery.schedules import schedule
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from recweb.runtime import home as runtime_home

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
HOME = runtime_home.home()
VERSION = "0.1.0"

DEBUG = env.bool("DEBUG", default=False)
EMBEDDED = "DATABASE_URL" not in os.environ


def _secret_key() -> str:
    """From SECRET_KEY, else made on the first start of an embedded installation (SEC-01)."""
    given = os.environ.get("SECRET_KEY")
    if given is None and EMBEDDED:
        return runtime_home.secret("secret_key")
    if not given or len(given) < 50 or given.startswith("django-insecure"):
        raise ImproperlyConfigured(
            "SECRET_KEY must be set to at least 50 random characters when DATABASE_URL is set: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    return given


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)
# below a path of a larger site, "/recweb"; the proxy may pass it on or take it off (wsgi.py)
SUB_PATH = env.str("SUB_PATH", default="").rstrip("/")
if SUB_PATH and not re.fullmatch(r"(/[A-Za-z0-9_.-]+)+", SUB_PATH):
    raise ImproperlyConfigured(f'SUB_PATH must look like "/recweb", not {SUB_PATH!r}')

INSTALLED_APPS = [
    "recweb.people",
    "recweb.jobs",
    "recweb.datasets",
    "recweb.experiments",
    "recweb.studies",
    "recweb.tuning",
    "recweb.labeling",
    "recweb.serving",
    "recweb.pages",
    "recweb.runtime",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "recweb.runtime.static.Static",
    "django_htmx",
    "axes",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "recweb.people.rush.RushMiddleware",
    "recweb.people.rush.BodyRoomMiddleware",
    "recweb.lib.middleware.RequestIdMiddleware",
    "recweb.lib.middleware.DatabaseDownMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "recweb.lib.middleware.ChosenLocaleMiddleware",
    "recweb.lib.middleware.BodyGuardMiddleware",
    "recweb.lib.middleware.QueryGuardMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "recweb.people.middleware.TokenMiddleware",
    "recweb.people.middleware.PreferenceMiddleware",
    "recweb.lib.middleware.NoStoreMiddleware",
    "recweb.people.middleware.AccessMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "recweb.urls"
WSGI_APPLICATION = "recweb.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "recweb.pages.context.chrome",
            ],
            "builtins": ["recweb.lib.templatetags.numbers", "django.templatetags.i18n"],
        },
    }
]

DATABASES = {
    "default": {
        **env.db_url_config(os.environ.get("DATABASE_URL") or runtime_home.database_url()),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "TEST": {"NAME": env.str("TEST_DATABASE", default=None)},
    }
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"]["connect_timeout"] = 3
# a network that swallows everything is noticed after half a minute, not after hours (FLT-09)
DATABASES["default"]["OPTIONS"]["tcp_user_timeout"] = 30_000
if env.bool("RECWEB_WEB", default=False):
    # a page never waits for ever (ABU-06): only the web processes carry this limit
    DATABASES["default"]["OPTIONS"]["options"] = "-c statement_timeout=5000 -c lock_timeout=3000"
AUTH_USER_MODEL = "people.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours: fifteen minutes
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_HANDLER = "recweb.people.throttle.Handler"  # 10 a user, 30 an address
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "people/locked.html"
AXES_VERBOSE = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "recweb.pages.errors.csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if SUB_PATH:  # our neighbours below the same host get no cookie of ours (SEC-25)
    FORCE_SCRIPT_NAME = SUB_PATH
    SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = SUB_PATH
if HTTPS:
    # browsers take __Host- only with the path "/"
    _kind = "__Secure" if SUB_PATH else "__Host"
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_kind}-sessionid", f"{_kind}-csrftoken"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_TEMP_DIR = None  # set below: never the machine's shared temporary folder

# plotly fills an empty <style> through CSSOM and brings the one of its maps: exactly these two
# elements are allowed, and its style attributes, without which heatmaps are drawn smoothed: wrong
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_PLOTLY_MAPS = "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-elem": [SELF, _EMPTY_STYLE, _PLOTLY_MAPS],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH: list[str] = []

STATIC_URL = f"{SUB_PATH}/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "recweb.lib.plotlyjs.PlotlyFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "recweb.lib.staticfiles.HashedStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG

UPLOADS = HOME / "uploads"
ARTIFACTS = HOME / "artifacts"
JOB_LOGS = HOME / "logs" / "jobs"
SPOOL = HOME / "spool"
FILE_UPLOAD_TEMP_DIR = str(SPOOL)
# pictures that catalogues name, below one folder a dataset; read by jobs, never served
IMAGES = env.str("RECWEB_IMAGES", default="")
if IMAGES and (not Path(IMAGES).is_absolute() or ".." in Path(IMAGES).parts):
    raise ImproperlyConfigured(f"RECWEB_IMAGES must be an absolute folder, not {IMAGES!r}")
UPLOAD_LIMIT = env.int("UPLOAD_LIMIT", default=512 * 2**20)
# of a file that lies on this machine already (import_log): nobody waits for it at a browser
SERVER_FILE_LIMIT = env.int("SERVER_FILE_LIMIT", default=8 * 2**30)
runtime_home.prepare(HOME)
JOB_LOGS.mkdir(mode=0o700, exist_ok=True)

# the message is a doorbell: no results, JSON only, acknowledged early (design.md §3)
CELERY_BROKER_URL = os.environ.get("BROKER_URL") or runtime_home.broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 1}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "reconcile": {
        "task": "recweb.jobs.tasks.reconcile",
        "schedule": schedule(env.float("RECONCILE_SECONDS", default=5.0)),
        "options": {"queue": "quick"},
    },
    **{
        f"sweep-{app}": {
            "task": f"recweb.{app}.tasks.sweep",
            "schedule": schedule(3600.0),
            "options": {"queue": "quick"},
        }
        for app in ("jobs", "datasets")
    },
}

JOB_LEASE_SECONDS = env.float("JOB_LEASE_SECONDS", default=60.0)
LABEL_LEASE_SECONDS = env.float("LABEL_LEASE_SECONDS", default=900.0)
JOB_MAX_ATTEMPTS = 3
JOB_MEMORY_MB = env.int("JOB_MEMORY_MB", default=12_000)
PARSER_MEMORY_MB = env.int("PARSER_MEMORY_MB", default=3_000)
QUOTA_RUNNING = 2
QUOTA_QUEUED = 20

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["recweb.people.authentication.RequestAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],  # the route table decides (recweb/access.py)
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["recweb.lib.parsers.Json"],
    "DEFAULT_PAGINATION_CLASS": "recweb.lib.api.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "recweb.lib.api.errors",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "recweb",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "recweb.lib.schema.summaries",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobStateEnum": "recweb.jobs.models.State",
        "ImportStateEnum": "recweb.datasets.models.ImportState",
        "QueueStateEnum": "recweb.labeling.models.QueueState",
        "PolicyStateEnum": "recweb.tuning.models.PolicyState",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "recweb.lib.logs.JsonLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        "django.server": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SILENCED_SYSTEM_CHECKS = (
    [] if HTTPS else ["security.W004", "security.W008", "security.W012", "security.W016"]
)
