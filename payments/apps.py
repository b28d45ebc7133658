"""The payments room: the one door to a payment processor."""

from django.apps import AppConfig
from django.core import checks


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments.checks import check_payments

        checks.register(check_payments, checks.Tags.security)
