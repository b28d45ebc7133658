"""Write down that sessions are over. Reading one does the same; this is for those nobody reads again."""

from typing import Any

from django.core.management.base import BaseCommand

from checkout.operations import expire_sessions


class Command(BaseCommand):
    help = "Expire the open checkout sessions whose time is over. Example: manage.py expire_sessions"

    def handle(self, *args: Any, **options: Any) -> None:
        count = expire_sessions()
        self.stdout.write(f"{count} session{'' if count == 1 else 's'} expired")
