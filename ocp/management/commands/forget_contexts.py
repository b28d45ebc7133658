"""Forget conversations that nobody came back to. `manage.py work` does so too."""

from typing import Any

from django.utils import timezone

from agents.commands import Command as TillCommand
from ocp.models import Context
from ocp.operations import forget_contexts


class Command(TillCommand):
    """`manage.py forget_contexts`"""

    help = "Forget contexts that have been quiet for OCP_CONTEXT_LIFETIME seconds."
    example = "manage.py forget_contexts --json"
    has_json = True

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        with self.bar("Forgetting", total=Context.objects.forgettable(now).count) as advance:
            count = forget_contexts(now, advance=advance)
        self.report(f"Forgot {count} contexts", {"contexts": count}, options)
