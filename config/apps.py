"""The project as a Django app: its commands, and its checks of the settings."""

from django.apps import AppConfig
from django.core import checks


class TillConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config.checks import check_production

        checks.register(check_production, checks.Tags.security)
