"""Write down which shared payment tokens have ended, and tell both sides. `manage.py work` does so too."""

from typing import Any

from django.core.management.base import BaseCommand

from spt.operations import expire_tokens


class Command(BaseCommand):
    """`manage.py expire_tokens`. An ended token never pays, whether or not this has run."""

    help = "Deactivate the shared payment tokens whose time is over. Example: manage.py expire_tokens"

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"Expired {expire_tokens()} shared payment tokens")
