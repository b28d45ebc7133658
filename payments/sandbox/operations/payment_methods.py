"""Cards are stored, kept for a customer, and let go."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.crypto import salted_hmac

from payments.cards import Card, CardFacts, flaw_of
from payments.sandbox import events, objects
from payments.sandbox.accounts import TILL
from payments.sandbox.behaviors import BEHAVIORS
from payments.sandbox.cards import TestCard, card_named, card_numbered
from payments.sandbox.labels import Labels, merged
from payments.sandbox.models import Customer, PaymentMethod, Token
from payments.sandbox.refusals import CardError, NoSuchObject, NoSuchPaymentMethod, UnexpectedState

NOT_AGAIN = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and "
    "may not be used again."
)


def create_payment_method(
    *,
    card: Card,
    billing_details: Mapping[str, Any] | None = None,
    metadata: Labels | None = None,
    account: str = TILL,
) -> PaymentMethod:
    """Store what may be known of a card, and how it behaves.

    :raises CardError: if no bank would look at it.
    """
    flaw = flaw_of(card, today=timezone.now().date())
    if flaw:
        raise CardError(flaw.code, flaw.message, flaw.field)
    return _store(
        card_numbered(card.number.get_secret_value()),
        account=account,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        has_cvc=card.cvc is not None,
        billing_details=dict(billing_details or {}),
        metadata=merged({}, metadata),
    )


def create_token(*, payment_method: PaymentMethod) -> Token:
    """Make a name for a card that can be used once."""
    return Token.objects.create(payment_method=payment_method, account=payment_method.account)


def retrieve_token(*, token_id: str, account: str = TILL) -> Token:
    """:raises NoSuchObject: if there is no such token."""
    token = Token.objects.select_related("payment_method").filter(pk=token_id, account=account).first()
    if token is None:
        raise NoSuchObject("token", token_id)
    return token


def retrieve_payment_method(*, payment_method_id: str, account: str = TILL, lock: bool = False) -> PaymentMethod:
    """Return a stored card. The name of a test card stands for a new one.

    :raises NoSuchObject: if there is none.
    """
    if card_named(payment_method_id) is not None:
        return find_payment_method(payment_method_id, account=account)
    methods = PaymentMethod.objects.select_for_update() if lock else PaymentMethod.objects.all()
    method = methods.filter(pk=payment_method_id, account=account).first()
    if method is None:
        raise NoSuchObject("PaymentMethod", payment_method_id)
    return method


def find_payment_method(name: str, *, account: str = TILL, param: str = "payment_method") -> PaymentMethod:
    """Return the card that `name` stands for: a test name, a stored card, or a token, which is then used up.

    :raises NoSuchPaymentMethod: if it stands for none.
    """
    card = card_named(name)
    if card:
        return _store(card, account=account, exp_month=12, exp_year=timezone.now().year + 2)
    if name.startswith("tok_"):
        return _spend_token(name, account, param)
    method = PaymentMethod.objects.filter(pk=name, account=account).first()
    if method is None:
        raise NoSuchPaymentMethod("resource_missing", f"No such PaymentMethod: '{name}'", param)
    return method


def update_payment_method(
    *,
    payment_method_id: str,
    changes: Mapping[str, Any],
    billing_details: Mapping[str, Any] | None = None,
    metadata: Labels | None = None,
    account: str = TILL,
) -> PaymentMethod:
    """Change what is told of a card: `changes` of columns, and `billing_details` added to those there are.

    :raises NoSuchObject: if there is no such card.
    """
    method = retrieve_payment_method(payment_method_id=payment_method_id, account=account, lock=True)
    before = objects.shown(method)
    for name, value in changes.items():
        setattr(method, name, value)
    method.billing_details = method.billing_details | dict(billing_details or {})
    method.metadata = merged(method.metadata, metadata)
    method.save()
    events.emit("payment_method.updated", method, previous=events.differences(before, objects.shown(method)))
    return method


def keep(method: PaymentMethod, customer: Customer) -> None:
    """Keep a card for a customer, to be charged again.

    :raises UnexpectedState: if it is another customer's, or of no use any more.
    :raises CardError: if its bank says no.
    """
    if method.is_detached:
        raise UnexpectedState("payment_method_unexpected_state", NOT_AGAIN)
    if method.customer_id not in (None, customer.pk):
        raise UnexpectedState(
            "payment_method_unexpected_state",
            "The payment method you provided has already been attached to a customer.",
        )
    behavior = BEHAVIORS[method.behavior]
    if behavior.decline and not behavior.attachable:
        raise CardError.of(behavior.decline)
    method.customer = customer
    method.save(update_fields=["customer"])
    events.emit("payment_method.attached", method)


def detach_payment_method(*, payment_method_id: str, account: str = TILL) -> PaymentMethod:
    """Take a card from its customer. It cannot be charged any more.

    :raises NoSuchObject: if there is no such card.
    :raises UnexpectedState: if no customer has it.
    """
    method = retrieve_payment_method(payment_method_id=payment_method_id, account=account, lock=True)
    if method.customer is None:
        raise UnexpectedState(
            "payment_method_unexpected_state",
            "The payment method you provided is not attached to a customer so detachment is impossible.",
        )
    Customer.objects.filter(default_payment_method=method).update(default_payment_method=None)
    previous = {"customer": method.customer_id}
    method.customer, method.is_detached = None, True
    method.save(update_fields=["customer", "is_detached"])
    events.emit("payment_method.detached", method, previous=previous)
    return method


def fingerprint_of(card: Card) -> str:
    """The same for the same number, on this installation; nobody can tell the number from it."""
    return _fingerprint(card.number.get_secret_value())


def facts_of(method: PaymentMethod) -> CardFacts:
    return CardFacts(
        brand=method.brand,
        last4=method.last4,
        exp_month=method.exp_month,
        exp_year=method.exp_year,
        funding=method.funding,
        fingerprint=method.fingerprint,
    )


def _spend_token(name: str, account: str, param: str) -> PaymentMethod:
    token = Token.objects.select_related("payment_method").filter(pk=name, account=account).first()
    if token is None:
        raise NoSuchPaymentMethod("resource_missing", f"No such token: '{name}'", param)
    if not Token.objects.filter(pk=name, used_at__isnull=True).update(used_at=timezone.now()):
        raise NoSuchPaymentMethod("token_already_used", f"You cannot use a Stripe token more than once: {name}.", param)
    return token.payment_method


def _store(
    card: TestCard, *, account: str, exp_month: int, exp_year: int, has_cvc: bool = True, **more: Any
) -> PaymentMethod:
    address = (more.get("billing_details") or {}).get("address") or {}
    behavior = BEHAVIORS[card.behavior]
    return PaymentMethod.objects.create(
        account=account,
        brand=card.brand,
        last4=card.number[-4:],
        exp_month=exp_month,
        exp_year=exp_year,
        funding=card.funding,
        country=card.country,
        fingerprint=_fingerprint(card.number),
        behavior=card.behavior,
        checks={  # a bank checks what it is told
            "address_line1_check": behavior.line1_check if address.get("line1") else None,
            "address_postal_code_check": behavior.postal_code_check if address.get("postal_code") else None,
            "cvc_check": behavior.cvc_check if has_cvc else None,
        },
        **more,
    )


def _fingerprint(number: str) -> str:
    return salted_hmac("payments.sandbox.fingerprint", number, algorithm="sha256").hexdigest()
