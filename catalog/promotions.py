"""What is taken off and added to every order: the best promotion, and all fees. Agents need not ask for either."""

from catalog.editions import remembered
from catalog.models import WHOLE_BPS, Fee, Promotion


@remembered
def _promotions(currency: str) -> list[Promotion]:
    return list(Promotion.objects.filter(is_active=True, currency=currency).order_by("name"))


@remembered
def _fees(currency: str) -> list[Fee]:
    return list(Fee.objects.filter(is_active=True, currency=currency).order_by("name", "pk"))


def order_discount(*, subtotal: int, currency: str) -> tuple[int, str]:
    """Minor units off `subtotal` and the promotion's name; `(0, "")` if none applies."""
    # Every promotion is a part of the same subtotal, so the highest rate is the best.
    reached = [promotion for promotion in _promotions(currency) if promotion.minimum_amount <= subtotal]
    best = max(reached, key=lambda promotion: promotion.rate_bps, default=None)
    return (subtotal * best.rate_bps // WHOLE_BPS, best.name) if best else (0, "")


def fees(*, currency: str) -> list[tuple[str, int]]:
    """Name and minor units of each fee."""
    return [(fee.name, fee.amount) for fee in _fees(currency)]
