"""The sandbox: a card network that runs offline, in tables of its own."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "payments.sandbox"
    label = "sandbox"
    verbose_name = "Sandbox card network"
