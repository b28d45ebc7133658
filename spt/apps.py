"""Shared payment tokens pay on the sandbox's `/v1` like cards: this room registers for it."""

from django.apps import AppConfig


class SptConfig(AppConfig):
    name = "spt"
    verbose_name = "Shared payment tokens"

    def ready(self) -> None:
        from payments.sandbox import sources
        from spt.paying import PARAMETER, GrantedTokens

        sources.register(PARAMETER, GrantedTokens())
