"""What becomes of delegated tokens."""

from collections.abc import Iterator

from django.db.models import Case, CharField, F, Value, When
from django.urls import reverse
from django.utils import timezone

from agents.figures import Figures, Number, Plot, Shown, labels_of, percent
from agents.tallies import Daily, Period
from vault.models import EXPIRED, State, VaultToken


def became() -> Case:
    """A token's state, or that its time has passed."""
    has_expired = When(state=State.ACTIVE, expires_at__lte=timezone.now(), then=Value(EXPIRED))
    return Case(has_expired, default=F("state"), output_field=CharField())


TOKENS = Daily("vault.tokens", VaultToken, word=became)


def tokens(period: Period) -> Iterator[Shown]:
    """Tokens issued in these days, by what has become of them."""
    counts = {key: counted.rows for key, counted in TOKENS.of(period).items()}
    states = [State.CONSUMED, State.ACTIVE, State.RESERVED, EXPIRED, State.REVOKED]
    series = {state: [counts.get((day, state), 0) for day in period.days] for state in states}
    issued, consumed = sum(counts.values()), sum(series[State.CONSUMED])
    yield Number(
        "Tokens issued",
        f"{issued:,}",
        note=f"{percent(consumed, issued)} consumed, {percent(sum(series[EXPIRED]), issued)} expired",
        url=reverse("admin:vault_vaulttoken_changelist"),
    )
    yield Plot(
        "Tokens by day",
        labels_of(period),
        {str(state): values for state, values in series.items() if any(values)} or {"issued": period.series({})},
        is_stacked=True,
    )


FIGURES = [Figures("vault.view_vaulttoken", tokens, TOKENS)]
