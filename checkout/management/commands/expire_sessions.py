"""Write down that sessions are over. Reading one does the same; this is for those nobody reads again."""

from typing import Any

from django.utils import timezone

from agents.commands import Command as TillCommand
from checkout.models import CheckoutSession
from checkout.operations import expire_sessions


class Command(TillCommand):
    help = "Expire the open checkout sessions whose time is over."
    example = "manage.py expire_sessions --json"
    has_json = True

    def handle(self, *args: Any, **options: Any) -> None:
        over = CheckoutSession.objects.over(timezone.now())
        with self.bar("Expiring", total=over.count) as advance:
            count = expire_sessions(advance=advance)
        self.report(f"{count} session{'' if count == 1 else 's'} expired", {"expired": count}, options)
