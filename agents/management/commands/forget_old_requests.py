"""`manage.py forget_old_requests`: run it daily, or as often as you like; `manage.py work` does it every hour."""

from typing import Any

from django.utils import timezone

from agents.commands import Command as TillCommand
from agents.models import Exchange, IdempotentRequest
from agents.operations import forget_old_requests


class Command(TillCommand):
    help = (
        "Delete the answers kept under idempotency keys for longer than IDEMPOTENCY_RETENTION, and the inspector's "
        "exchanges older than INSPECTOR_RETENTION."
    )
    example = "manage.py forget_old_requests --json"
    has_json = True

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        outdated = [IdempotentRequest.objects.outdated(now), Exchange.objects.outdated(now)]
        with self.bar("Forgetting", total=lambda: sum(rows.count() for rows in outdated)) as advance:
            forgotten = forget_old_requests(now=now, advance=advance)
        self.report(
            f"Forgot {forgotten['answers']} answer(s) and {forgotten['exchanges']} exchange(s)", forgotten, options
        )
