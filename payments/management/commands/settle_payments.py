"""`manage.py settle_payments`: finish what a crash, or a silent processor, left unfinished, as often as you like."""

import logging
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from agents.errors import ApiError
from payments.models import Payment
from payments.settling import finish

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Find out how every unfinished payment ends, and settle it."

    def handle(self, *args: Any, **options: Any) -> None:
        stranded = Payment.objects.stranded(timezone.now()).order_by("created_at").values_list("pk", flat=True)
        ids = list(stranded)
        for payment_id in ids:
            self.stdout.write(f"{payment_id}  {self._finish(payment_id)}")
        self.stdout.write(f"{len(ids)} unfinished payments")

    def _finish(self, payment_id: str) -> str:
        """Return what became of it. One payment's trouble is no reason to leave the others."""
        try:
            return str(finish(Payment.objects.get(pk=payment_id)).state)
        except ApiError as refusal:
            return refusal.message
        except Exception:
            logger.exception("payment %s could not be finished", payment_id)
            return "failed: see the log"
