"""Write down that sessions are over. Reading one does the same; this is for those nobody reads again."""

from typing import Any

from agents.commands import Command as TillCommand
from checkout.operations import expire_sessions


class Command(TillCommand):
    help = "Expire the open checkout sessions whose time is over."
    example = "manage.py expire_sessions --json"
    has_json = True

    def handle(self, *args: Any, **options: Any) -> None:
        count = expire_sessions()
        self.report(f"{count} session{'' if count == 1 else 's'} expired", {"expired": count}, options)
