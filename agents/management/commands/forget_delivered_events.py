"""`manage.py forget_delivered_events`: run it daily, or as often as you like; `manage.py work` does it every hour."""

from typing import Any

from django.utils import timezone

from agents.commands import Command as TillCommand
from agents.models import OutgoingEvent
from agents.operations import forget_delivered_events


class Command(TillCommand):
    help = "Delete the events that arrived longer than EVENT_RETENTION ago, with their tries; what did not arrive stays"
    example = "manage.py forget_delivered_events --json"
    has_json = True

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        with self.bar("Forgetting", total=OutgoingEvent.objects.outdated(now).count) as advance:
            forgotten = forget_delivered_events(now=now, advance=advance)
        self.report(f"Forgot {forgotten} event(s)", {"events": forgotten}, options)
