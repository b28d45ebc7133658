"""What is taken off and added to every order: the best promotion, and all fees. Agents need not ask for either."""

from catalog.models import WHOLE_BPS, Fee, Promotion


def order_discount(*, subtotal: int, currency: str) -> tuple[int, str]:
    """Minor units off `subtotal` and the promotion's name; `(0, "")` if none applies."""
    # Every promotion is a part of the same subtotal, so the highest rate is the best.
    best = (
        Promotion.objects.filter(is_active=True, currency=currency, minimum_amount__lte=subtotal)
        .order_by("-rate_bps", "name")
        .first()
    )
    return (subtotal * best.rate_bps // WHOLE_BPS, best.name) if best else (0, "")


def fees(*, currency: str) -> list[tuple[str, int]]:
    """Name and minor units of each fee."""
    charged = Fee.objects.filter(is_active=True, currency=currency)
    return list(charged.order_by("name", "pk").values_list("name", "amount"))
