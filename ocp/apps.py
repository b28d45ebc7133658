"""Contexts are fed by what the other rooms tell and by the events of `/v1`."""

from django.apps import AppConfig


class OcpConfig(AppConfig):
    name = "ocp"
    verbose_name = "Open Context Protocol"

    def ready(self) -> None:
        from agents import happenings
        from ocp.conversations import hear, hear_event
        from payments.sandbox import events

        happenings.listen(hear)
        events.listen(hear_event)
