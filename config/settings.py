"""Every setting, read from the environment or from `.env` (`.env.example` lists them all).

SANDBOX is the one switch. On, as a laptop wants it: an offline card network, demo keys, calls without a key, open CORS.
Off, as a shop wants it: a secret of its own, TLS, a real processor; `config/checks.py` refuses anything less.
DEBUG is never on: its error pages print local variables, and a card could be among them.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ

from config.theme import UNFOLD  # noqa: F401

BASE_DIR, env = Path(__file__).resolve().parent.parent, environ.Env()
env.read_env(BASE_DIR / ".env")

SANDBOX, DEBUG = env.bool("SANDBOX", default=True), False
SECRET_KEY = env("SECRET_KEY", default="django-insecure-till-sandbox") if SANDBOX else env("SECRET_KEY")

# Where we are, and who we are to agents and buyers
HOST, PORT = env("HOST", default="127.0.0.1"), env.int("PORT", default=8000)
PUBLIC_URL = env("PUBLIC_URL", default=f"http://{HOST.replace('0.0.0.0', '127.0.0.1')}:{PORT}").rstrip("/")  # noqa: S104
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if SANDBOX else [urlsplit(PUBLIC_URL).hostname])
METRICS_TOKEN = env("METRICS_TOKEN", default="")  # who has it may read /metrics; in the sandbox, without it, anybody
DRAIN_SECONDS = env.float("DRAIN_SECONDS", default=0)  # that we are found unready before we stop to listen
SHOP_NAME = env("SHOP_NAME", default="Till Demo Shop")
SUPPORT_EMAIL = env("SUPPORT_EMAIL", default="support@example.com")
TERMS_URL, PRIVACY_URL = (env(f"{page.upper()}_URL", default=f"{PUBLIC_URL}/{page}") for page in ("terms", "privacy"))
MERCHANT_IDS = env.list("MERCHANT_IDS", default=["merchant_123", "merchant_rtg"] if SANDBOX else [])
ACQUIRER_BIN, ACQUIRER_COUNTRY = env("ACQUIRER_BIN", default="400000"), env("ACQUIRER_COUNTRY", default="US")
REQUIRED_INTERVENTIONS = env.list("REQUIRED_INTERVENTIONS", default=[])  # "3ds": every buyer's bank is asked
INTERVENTION_ENFORCEMENT, CURRENCY = env("INTERVENTION_ENFORCEMENT", str, "conditional"), env("CURRENCY", default="usd")

# Doors that a merchant may replace, each a dotted path
PAYMENT_PROCESSOR = env("PAYMENT_PROCESSOR", default="payments.processors.sandbox.SandboxProcessor")
SHIPPING_SOURCE = env("SHIPPING_SOURCE", default="catalog.shipping.TableShipping")
TAX_SOURCE = env("TAX_SOURCE", default="catalog.taxes.TableTaxes")
STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY = env("STRIPE_SECRET_KEY", str, ""), env("STRIPE_PUBLISHABLE_KEY", str, "")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="https://api.stripe.com")
REFUND_LIMITS = env.dict("REFUND_LIMITS", cast={"value": int}, default={CURRENCY: 10_000})  # for support: minor units
PAYMENT_CAPTURE = env("PAYMENT_CAPTURE", default="automatic")  # "manual": the money is held first, and then taken
SPT_SINGLE_USE = env.bool("SPT_SINGLE_USE", default=False)  # else a shared token pays until its cap is reached

# Manners of the API; times are in seconds
ANONYMOUS_AGENT = env("ANONYMOUS_AGENT", default="demo" if SANDBOX else "")
AGENT_RATE = env("AGENT_RATE", default="600/min")
FORM_RATE, LOGIN_RATE = env("FORM_RATE", default="60/min"), env("LOGIN_RATE", default="10/min")  # of one address
PROXIES = env.int("PROXIES", default=0 if SANDBOX else 1)  # between a caller and us, each adding to X-Forwarded-For
IDEMPOTENCY_LEASE, PAYMENT_LEASE = env.int("IDEMPOTENCY_LEASE", default=60), env.int("PAYMENT_LEASE", default=60)
IDEMPOTENCY_RETENTION = env.int("IDEMPOTENCY_RETENTION", default=2 * 24 * 60 * 60)  # a day is promised
OCP_CONTEXT_LIFETIME = env.int("OCP_CONTEXT_LIFETIME", default=24 * 60 * 60)
OCP_CONTEXT_EVENTS = env.int("OCP_CONTEXT_EVENTS", default=200)  # the latest so many are kept of one context
INSPECTOR_RETENTION = env.int("INSPECTOR_RETENTION", default=7 * 24 * 60 * 60)  # 0: calls are not kept
EVENT_ENGINE = env("EVENT_ENGINE", default="")  # a dotted path (agents/engines.py); empty: our own worker
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="redis://127.0.0.1:6379/0")  # if agents.celery is the engine
EVENT_LEASE = env.int("EVENT_LEASE", default=60)  # longer than any try takes: then who tried is taken for dead
EVENT_RETENTION = env.int("EVENT_RETENTION", default=30 * 24 * 60 * 60)  # of what was delivered
ORDER_EVENTS_URL, ORDER_EVENTS_SECRET = env("ORDER_EVENTS_URL", str, ""), env("ORDER_EVENTS_SECRET", str, "")
SESSION_LIFETIME, DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("SESSION_LIFETIME", default=60 * 60), 1024 * 1024

INSTALLED_APPS = [
    "config", "checkout", "coins", "ocp", "vault", "spt", "catalog", "payments", "payments.sandbox", "agents",
    "unfold", "unfold.contrib.filters", "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions", "django.contrib.messages", "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles", "corsheaders", "rest_framework", "drf_spectacular", "drf_spectacular_sidecar",
]  # fmt: skip
MIDDLEWARE = [
    "agents.middleware.RequestIdMiddleware",
    "agents.middleware.AccessLogMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.health.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "agents.browsers.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.throttling.FormThrottleMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ocp.middleware.OcpMiddleware",
]
ROOT_URLCONF, WSGI_APPLICATION, APPEND_SLASH = "config.urls", "config.wsgi.application", False

DATABASE = env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'till.sqlite3'}")
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    PRAGMAS = ["journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "mmap_size=134217728", "cache_size=-20000"]
    OPTIONS = {"transaction_mode": "IMMEDIATE", "init_command": ";".join(f"PRAGMA {pragma}" for pragma in PRAGMAS)}
    DATABASE |= {"ENGINE": "config.sqlite", "CONN_MAX_AGE": None, "OPTIONS": {"timeout": 20} | OPTIONS}
else:  # the pool keeps connections, so Django must not; its size is a cap: a thread takes one at most
    DATABASE |= {"ENGINE": "config.postgres", "CONN_MAX_AGE": 0}
    POOL: dict[str, int] = {"min_size": 2, "max_size": 20, "timeout": 5, "reconnect_timeout": 5}
    LIMITS = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=30s"  # who stands still holds up nobody
    LIMITED: dict[str, object] = {"pool": POOL, "connect_timeout": 5, "prepare_threshold": 0, "options": LIMITS}
    DATABASE["OPTIONS"] = LIMITED | DATABASE.get("OPTIONS", {})
DATABASES, DEFAULT_AUTO_FIELD = {"default": DATABASE}, "django.db.models.BigAutoField"
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://")}

REST_FRAMEWORK = {  # no parser here: AgentViewSet names its own, which as a default would be imported too early
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [], "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "agents.errors.exception_handler", "NUM_PROXIES": PROXIES,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}  # fmt: skip
SPECTACULAR_SETTINGS = {
    "TITLE": "Till", "DESCRIPTION": "The checkout counter AI agents use.", "VERSION": "2026-04-17",
    "OAS_VERSION": "3.1.1", "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["ocp.openapi.tell_of_contexts"],
    "SWAGGER_UI_DIST": "SIDECAR", "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}  # fmt: skip
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_ALL_ORIGINS, CORS_URLS_REGEX = SANDBOX and not CORS_ALLOWED_ORIGINS, r"^/(?!admin/)"
CORS_ALLOW_HEADERS = [
    *"authorization content-type api-version idempotency-key request-id signature timestamp".split(),
    *"ocp-context-id ocp-agent-type ocp-current-goal ocp-session ocp-user ocp-workspace ocp-version".split(),
]
CORS_EXPOSE_HEADERS = [
    "Request-Id",
    "Idempotency-Key",
    "Idempotent-Replayed",
    "Retry-After",
    "OCP-Context-ID",
    "OCP-Context-Status",
]

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "checkout.pages.shop.shop",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE_DIR / "templates"], "APP_DIRS": True,
    "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
}]  # fmt: skip
RULES = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
AUTH_PASSWORD_VALIDATORS = [{"NAME": f"django.contrib.auth.password_validation.{rule}Validator"} for rule in RULES]
CSRF_FAILURE_VIEW = "config.errors.without_csrf_token"
TIME_ZONE, USE_TZ, LANGUAGE_CODE = "UTC", True, "en-us"
STATIC_URL, STATIC_ROOT = "static/", BASE_DIR / "collected_static"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = SANDBOX  # straight from the packages, without collectstatic
LOGGING_CONFIG = "config.logging.configure"
LOGGING = {"level": env("LOG_LEVEL", default="INFO").upper(), "as_json": not SANDBOX}

if not SANDBOX:  # TLS ends at a proxy, which must set X-Forwarded-Proto itself
    STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS, SECURE_HSTS_INCLUDE_SUBDOMAINS, SECURE_HSTS_PRELOAD = 365 * 24 * 60 * 60, True, True
