"""How many conversations are remembered."""

from collections.abc import Iterator

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from agents.figures import Figures, Number, Shown
from agents.tallies import Period
from ocp.models import Context


def conversations(period: Period) -> Iterator[Shown]:
    """Those that go on now: a quiet one is forgotten, whatever days are asked for."""
    alive = Context.objects.alive(timezone.now()).aggregate(contexts=Count("*"), owners=Count("owner", distinct=True))
    yield Number(
        "Conversations remembered",
        f"{alive['contexts']:,}",
        note=f"with {alive['owners']:,} agents",
        url=reverse("admin:ocp_context_changelist"),
    )


FIGURES = [Figures("ocp.view_context", conversations)]
