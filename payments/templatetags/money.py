"""Money in templates: `{{ total.amount|money:session.currency }}`."""

from django import template

from payments.money import Money

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    """`amount` minor units as a receipt shows them."""
    return str(Money(int(amount), currency))
