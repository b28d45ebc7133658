"""Till's settings, for plain views: other addresses, and of the middleware only what `startproject` would give."""

from config.settings import *  # noqa: F403
from config.settings import MIDDLEWARE as OURS

ROOT_URLCONF = "tests.bench.plain"
MIDDLEWARE = [middleware for middleware in OURS if middleware.startswith("django.") and "gzip" not in middleware]
