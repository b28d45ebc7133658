"""`manage.py forget_old_requests`: run it daily, or as often as you like."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from agents.models import IdempotentRequest


class Command(BaseCommand):
    help = "Delete the answers kept under idempotency keys for longer than IDEMPOTENCY_RETENTION."

    def handle(self, *args: Any, **options: Any) -> None:
        deleted, _ = IdempotentRequest.objects.outdated(timezone.now()).delete()
        self.stdout.write(f"Forgot {deleted} request(s).")
