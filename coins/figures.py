"""Where the coins are, and which purchases somebody should look at."""

from collections.abc import Iterator

from django.db.models import Count, Q, Sum
from django.urls import reverse

from agents.figures import Figures, Number, Shown
from agents.tallies import Period
from coins.models import Account, Purchase


def balances(period: Period) -> Iterator[Shown]:
    """What customers hold now."""
    held = Account.objects.filter(balance__gt=0).aggregate(coins=Sum("balance", default=0), holders=Count("pk"))
    yield Number(
        "Coins held",
        f"{held['coins']:,}",
        note=f"by {held['holders']:,} customers",
        url=reverse("admin:coins_customer_changelist"),
    )


def questions(period: Period) -> Iterator[Shown]:
    """Purchases that staff are asked about."""
    asked = Purchase.objects.filter(~Q(attention="")).count()
    yield Number(
        "Coin purchases in question",
        f"{asked:,}",
        url=f"{reverse('admin:coins_purchase_changelist')}?attention__isempty=0",
        is_alarming=asked > 0,
    )


FIGURES = [Figures("coins.view_customer", balances), Figures("coins.view_purchase", questions)]
