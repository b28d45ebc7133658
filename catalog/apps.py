"""The catalogue as a Django app: its label, its name in the admin, its check of what a merchant plugged in."""

from django.apps import AppConfig
from django.core import checks


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        from catalog.checks import check_sources

        checks.register(check_sources)
