"""How much money one member of staff may give back on their own: settings.REFUND_LIMITS, or all of it."""

from typing import Any

from django.conf import settings

from payments.money import Money

WITHOUT_LIMIT = "payments.refund_without_limit"


def refund_limit(user: Any, currency: str) -> Money | None:
    """How much of one payment may have been given back once `user` has; None is no limit.

    A currency that the setting does not name is not for those who have a limit.
    """
    if user.has_perm(WITHOUT_LIMIT):
        return None
    return Money(settings.REFUND_LIMITS.get(currency, 0), currency)
