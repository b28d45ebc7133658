"""What the sandbox has still to tell its listeners."""

from collections.abc import Iterator

from django.urls import reverse

from agents.figures import Figures, Number, Shown
from agents.tallies import Period
from payments.sandbox.models import Delivery


def deliveries(period: Period) -> Iterator[Shown]:
    """Attempts that are still to be made, whenever the event was."""
    due = Delivery.objects.filter(next_attempt_at__isnull=False).count()
    yield Number(
        "Sandbox events waiting",
        f"{due:,}",
        note="on their way to webhook endpoints",
        url=reverse("admin:sandbox_event_changelist"),
    )


FIGURES = [Figures("sandbox.view_event", deliveries)]
