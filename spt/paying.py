"""A granted token pays for an intent on `/v1` (`payments.sandbox.sources`): Stripe clones its card for the seller.

The intent is locked before the token, always: so nobody waits in a circle.
"""

from django.utils import timezone

from payments.money import Money
from payments.sandbox.models import PaymentIntent, PaymentMethod
from payments.sandbox.operations import InvalidRequest, NoSuchObject
from spt import operations
from spt.models import Reason, SharedPaymentToken

PARAMETER = "shared_payment_granted_token"
CLONED = "brand last4 exp_month exp_year funding country fingerprint behavior billing_details".split()


class GrantedTokens:
    """`payment_method_data[shared_payment_granted_token]=spt_…`, and the older parameter of that name."""

    def payment_method(self, value: str, *, intent: PaymentIntent) -> PaymentMethod:
        """Return a new payment method of the seller's. What the agent alone may know is not copied.

        :raises NoSuchObject: if nothing of this id was granted to the seller.
        :raises InvalidRequest: if its limits do not cover the intent.
        """
        token = _granted(value, intent)
        _check(token, intent)
        facts = {name: getattr(token.payment_method, name) for name in CLONED}
        return PaymentMethod.objects.create(account=intent.account, source={PARAMETER: value}, **facts)

    def reserve(self, value: str, *, intent: PaymentIntent) -> None:
        """:raises InvalidRequest: if the token does not cover the intent (any more)."""
        token = operations.locked(value)
        _check(token, intent)
        token.reserve(intent)

    def book(self, value: str, *, intent: PaymentIntent, amount: int) -> None:
        token = operations.locked(value)
        is_used_up = token.book(intent, amount)
        operations.tell(token, "used")
        if is_used_up and token.deactivated_at is None:
            operations.deactivate(token, Reason.CONSUMED)

    def release(self, value: str, *, intent: PaymentIntent) -> None:
        operations.locked(value).release(intent)

    def ask_buyer(self, value: str, *, intent: PaymentIntent) -> None:
        token = operations.locked(value)
        token.ask_buyer(intent)
        operations.tell(token, "requires_action", seller=False)

    def hear_buyer(self, value: str, *, intent: PaymentIntent) -> None:
        token = operations.locked(value)
        if token.challenged_intent_id == intent.pk:
            token.ask_buyer(None)
            operations.tell(token, "active", seller=False)


def _granted(value: str, intent: PaymentIntent) -> SharedPaymentToken:
    """The token, locked."""
    token = SharedPaymentToken.objects.select_for_update().granted_to([intent.account]).filter(pk=value).first()
    if token is None:
        raise NoSuchObject(PARAMETER, value, f"payment_method_data[{PARAMETER}]")
    return token


def _check(token: SharedPaymentToken, intent: PaymentIntent) -> None:
    refusal = token.limits.refusal(Money(intent.amount, intent.currency), timezone.now())
    if refusal:
        raise InvalidRequest("", refusal.message, refusal.param)
