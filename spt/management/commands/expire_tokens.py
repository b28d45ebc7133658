"""Write down which shared payment tokens have ended, and tell both sides. `manage.py work` does so too."""

from typing import Any

from django.utils import timezone

from agents.commands import Command as TillCommand
from spt.models import SharedPaymentToken
from spt.operations import expire_tokens


class Command(TillCommand):
    """`manage.py expire_tokens`. An ended token never pays, whether or not this has run."""

    help = "Deactivate the shared payment tokens whose time is over."
    example = "manage.py expire_tokens --json"
    has_json = True

    def handle(self, **options: Any) -> None:
        lapsed = SharedPaymentToken.objects.lapsed(timezone.now())
        with self.bar("Expiring", total=lapsed.count) as advance:
            count = expire_tokens(advance=advance)
        self.report(f"Expired {count} shared payment tokens", {"expired": count}, options)
