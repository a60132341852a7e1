"""One settings file; every value that differs between places comes from the environment (`environment`)."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from lims.config.environment import PROJECT, Environment
from lims.config.places import sockets_of

env = Environment()
IS_PRODUCTION = env.is_production
DEBUG = False
SECRET_KEY = env.secret("SECRET_KEY", "demonstration-only-" + "x" * 40)
AUDIT_SALT = env.secret("AUDIT_SALT", "demonstration-only")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", "testserver"])
PUBLIC_URL = env.address("PUBLIC_URL", "http://localhost:8000")

# Everything the program writes lies below this folder.
HOME = env.written_folder("SIHEOM_HOME", PROJECT / "var", must_be_named=True)
STORE_DIR = env.written_folder("STORE_DIR", HOME / "store")
CHECKPOINT_DIR = env.written_folder("CHECKPOINT_DIR", HOME / "checkpoints")
SCRATCH_DIR = env.written_folder("SCRATCH_DIR", HOME / "scratch")
SIGNER_HOME = env.folder("SIGNER_HOME", HOME / "signer")
SIGNER_SOCKET = env.socket("SIGNER_SOCKET", sockets_of(HOME) / "signer.sock")
DEVELOPMENT_SEAL = not IS_PRODUCTION  # every page says so; the signer refuses such keys in production

INSTALLED_APPS = [
    "lims.home",
    "lims.records",
    "lims.organization",
    "lims.equipment",
    "lims.intake",
    "lims.items",
    "lims.plans",
    "lims.runs",
    "lims.evaluation",
    "lims.reports",
    "certificates",
    "consulting",
    "training",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "guardian",
    "allauth",
    "allauth.account",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "lims.home.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "lims.home.middleware.BodyLimitMiddleware",  # before the form is read for its CSRF token
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lims.home.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "lims.config.urls"
WSGI_APPLICATION = "lims.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lims.home.context.page",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# No ATOMIC_REQUESTS: a service's transaction is its own, and short.
DATABASES = {"default": env.database("DATABASE_URL", HOME / "db.sqlite3")}
if str(DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
    # IMMEDIATE: every deferred mode lost most transactions under eight writers (docs/adr).
    DATABASE_OPTIONS = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASE_OPTIONS = {
        "connect_timeout": 3,
        "options": "-c statement_timeout=20000 -c lock_timeout=10000",
    }
DATABASES["default"]["OPTIONS"] = {**DATABASE_OPTIONS, **DATABASES["default"].get("OPTIONS", {})}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organization.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ANONYMOUS_USER_NAME = None  # guardian: nobody who is not signed in holds a permission
GUARDIAN_RAISE_403 = False
ACCOUNT_ADAPTER = "lims.config.adapter.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/300s/key"}
# Whose word about the caller's address counts: else the limit above would count everybody as one, the proxy.
ALLAUTH_TRUSTED_PROXY_COUNT = env.whole("TRUSTED_PROXIES", 1 if IS_PRODUCTION else 0, least=0, most=9)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home:worklist"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}}

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [PROJECT / "locale"]
TIME_ZONE = "Asia/Seoul"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
NODE = PROJECT / "node_modules"
STATICFILES_DIRS = [
    (prefix, folder)
    for prefix, folder in (
        ("vendor/bootstrap", NODE / "bootstrap" / "dist"),
        ("vendor/pretendard", NODE / "pretendard" / "dist" / "web" / "static"),
        ("vendor/uplot", NODE / "uplot" / "dist"),
    )
    if Path(folder).exists()
]

# Uploads
ITEM_MAX_BYTES = env.whole("ITEM_MAX_MB", 512, least=1, most=10_240) << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 200
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_PERMISSIONS = 0o640

# Safety
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_AGE = 8 * 3600
CSRF_FAILURE_VIEW = "lims.home.failures.csrf_failure"
X_FRAME_OPTIONS = "DENY"  # for old browsers; others obey frame-ancestors below: a page may show its own PDF
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if IS_PRODUCTION else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}

# Higher rooms that have a say in a lower room's step; our only hook.
STEP_GUARDS = {
    "assign": ["consulting.guards.against_assigning"],
    "run": ["consulting.guards.against_assigning"],
    "review": ["consulting.guards.against_assigning"],
    "authorize": ["consulting.guards.against_assigning"],
    "draft": ["lims.runs.guards.against_drafting"],
    "return": ["certificates.guards.against_returning"],
}
# Rooms whose rows wait for a worker: each module has TASK, eligible() and reap().
OUTBOXES = ["lims.runs.outbox", "certificates.outbox", "lims.equipment.outbox"]

# Celery: the message is a doorbell; the row in the database is the work.
CELERY_BROKER_URL = env.broker("REDIS_URL", f"redis+socket://{sockets_of(HOME) / 'broker.sock'}")
# The queues that this machine's worker listens to: each centre's runs, and what belongs to no centre.
CENTRE_CODES = env.exact("CENTRE_CODES", ["DIP", "PTP", "UIPA"], pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}")
WORKER_QUEUES = env.exact(
    "SIHEOM_QUEUES",
    [
        "documents",
        "proofs",
        *(f"run.{kind}.{code}" for code in CENTRE_CODES for kind in ("functional", "load")),
    ],
    pattern=r"[A-Za-z0-9._-]+",
    is_needed=False,
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
