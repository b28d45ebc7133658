"""Forget conversations that nobody came back to. `manage.py work` does so too."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ocp.operations import forget_contexts


class Command(BaseCommand):
    """`manage.py forget_contexts`"""

    help = "Forget contexts that have been quiet for OCP_CONTEXT_LIFETIME seconds. Example: manage.py forget_contexts"

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"Forgot {forget_contexts(timezone.now())} contexts")
