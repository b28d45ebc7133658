"""The payments room: the one door to a payment processor."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
