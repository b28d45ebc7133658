"""The app of who calls us."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Agents, their keys, and what we promised them about their requests."""

    name = "agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from agents import openapi  # noqa: F401  (drf-spectacular registers what is imported)
