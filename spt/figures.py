"""What becomes of shared payment tokens."""

from collections.abc import Iterator

from django.db.models import Case, CharField, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone

from agents.figures import Figures, Number, Plot, Shown, labels_of, percent
from agents.tallies import Daily, Period
from spt.models import Reason, SharedPaymentToken, Status


def became() -> Case:
    """Why a token is at its end, or that it is not."""
    has_ended = ~Q(deactivated_reason="")
    has_expired = Q(expires_at__lte=timezone.now())
    return Case(
        When(has_ended, then=F("deactivated_reason")),
        When(has_expired, then=Value(Reason.EXPIRED)),
        default=Value(Status.ACTIVE),
        output_field=CharField(),
    )


TOKENS = Daily("spt.tokens", SharedPaymentToken, word=became)


def tokens(period: Period) -> Iterator[Shown]:
    """Tokens issued in these days, by what has become of them."""
    counts = {key: counted.rows for key, counted in TOKENS.of(period).items()}
    states = [Reason.CONSUMED, Status.ACTIVE, Reason.EXPIRED, Reason.REVOKED, Reason.RESOLVED]
    series = {str(state): [counts.get((day, state), 0) for day in period.days] for state in states}
    issued, consumed = sum(counts.values()), sum(series[Reason.CONSUMED])
    yield Number(
        "Shared tokens issued",
        f"{issued:,}",
        note=f"{percent(consumed, issued)} consumed, {percent(sum(series[Reason.EXPIRED]), issued)} expired"
        if issued
        else "",
        url=reverse("admin:spt_sharedpaymenttoken_changelist"),
    )
    yield Plot(
        "Shared tokens by day",
        labels_of(period),
        {state: values for state, values in series.items() if any(values)} or {"issued": period.series({})},
        is_stacked=True,
    )


FIGURES = [Figures("spt.view_sharedpaymenttoken", tokens, TOKENS)]
