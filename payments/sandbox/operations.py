"""What the card network does, in Stripe's words: cards are stored, payments are announced and charged.

Each runs inside the caller's transaction (`keys.once` opens it), and refuses by raising before anything has changed. A
decline is not a refusal: it is written down, like the charge that failed.
"""

from collections.abc import Mapping

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from payments.cards import Card, CardFacts, flaw_of
from payments.money import Money
from payments.sandbox.behaviors import BEHAVIORS
from payments.sandbox.cards import TestCard, card_named, card_numbered
from payments.sandbox.models import Charge, PaymentIntent, PaymentMethod, Token


class CardError(Exception):
    """The card cannot be stored: Stripe's `card_error`."""

    def __init__(self, code: str, message: str, param: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


class InvalidRequest(Exception):
    """Stripe's `invalid_request_error`."""

    def __init__(self, code: str, message: str, param: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


class NoSuchPaymentMethod(InvalidRequest):
    """There is nothing to charge by this name, or not any more."""


class UnexpectedState(InvalidRequest):
    """The intent is past this."""


def create_payment_method(*, card: Card) -> PaymentMethod:
    """Store what may be known of a card, and how it behaves.

    :raises CardError: if no bank would look at it.
    """
    flaw = flaw_of(card, today=timezone.now().date())
    if flaw:
        raise CardError(flaw.code, flaw.message, flaw.field)
    return _store(card_numbered(card.number.get_secret_value()), exp_month=card.exp_month, exp_year=card.exp_year)


def create_token(*, payment_method: PaymentMethod) -> Token:
    """Make a name for a card that can be used once."""
    return Token.objects.create(payment_method=payment_method)


def create_payment_intent(*, amount: Money, metadata: Mapping[str, str]) -> PaymentIntent:
    """Announce that `amount` is to be collected. Moves no money."""
    return PaymentIntent.objects.create(amount=amount.amount, currency=amount.currency, metadata=dict(metadata))


def confirm_payment_intent(*, payment_intent_id: str, payment_method: str) -> PaymentIntent:
    """Charge `payment_method` (or ask the buyer first), and return the intent as it is now.

    :raises InvalidRequest: if there is no such intent.
    :raises UnexpectedState: if it has been paid, or cannot be any more.
    :raises NoSuchPaymentMethod: if `payment_method` cannot be charged.
    """
    intent = retrieve_payment_intent(payment_intent_id=payment_intent_id, lock=True)
    if not intent.is_confirmable:
        raise UnexpectedState(
            "payment_intent_unexpected_state",
            f"You cannot confirm this PaymentIntent because it has a status of {intent.status}.",
        )
    method = _payment_method(payment_method)
    if BEHAVIORS[method.behavior].challenges_buyer:
        intent.challenge(method, f"{settings.PUBLIC_URL}/sandbox/authenticate/{intent.id}")
    else:
        _charge(intent, method)
    return intent


def retrieve_payment_intent(*, payment_intent_id: str, lock: bool = False) -> PaymentIntent:
    """:raises InvalidRequest: if there is no such intent."""
    intents = PaymentIntent.objects.select_for_update() if lock else PaymentIntent.objects.all()
    intent = intents.filter(pk=payment_intent_id).first()
    if intent is None:
        raise InvalidRequest("resource_missing", f"No such payment_intent: '{payment_intent_id}'", "intent")
    return intent


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


def _charge(intent: PaymentIntent, method: PaymentMethod) -> None:
    decline = BEHAVIORS[method.behavior].decline
    charge = Charge.objects.create(
        payment_intent=intent,
        payment_method=method,
        amount=intent.amount,
        currency=intent.currency,
        status=Charge.Status.FAILED if decline else Charge.Status.SUCCEEDED,
        failure_code=decline.code if decline else "",
        decline_code=decline.decline_code if decline else "",
        failure_message=decline.message if decline else "",
    )
    if decline:
        intent.decline(charge)
    else:
        intent.succeed(charge)


def _payment_method(name: str) -> PaymentMethod:
    """Return the card that `name` stands for: a test name, a stored card, or a token, which is then used up."""
    card = card_named(name)
    if card:
        return _store(card, exp_month=12, exp_year=timezone.now().year + 2)
    if name.startswith("tok_"):
        return _spend_token(name)
    method = PaymentMethod.objects.filter(pk=name).first()
    if method is None:
        raise NoSuchPaymentMethod("resource_missing", f"No such PaymentMethod: '{name}'", "payment_method")
    return method


def _spend_token(name: str) -> PaymentMethod:
    token = Token.objects.select_related("payment_method").filter(pk=name).first()
    if token is None:
        raise NoSuchPaymentMethod("resource_missing", f"No such token: '{name}'", "payment_method")
    if not Token.objects.filter(pk=name, used_at__isnull=True).update(used_at=timezone.now()):
        raise NoSuchPaymentMethod(
            "token_already_used", f"You cannot use a Stripe token more than once: {name}.", "payment_method"
        )
    return token.payment_method


def _store(card: TestCard, *, exp_month: int, exp_year: int) -> PaymentMethod:
    return PaymentMethod.objects.create(
        brand=card.brand,
        last4=card.number[-4:],
        exp_month=exp_month,
        exp_year=exp_year,
        funding=card.funding,
        country=card.country,
        fingerprint=_fingerprint(card.number),
        behavior=card.behavior,
    )


def _fingerprint(number: str) -> str:
    return salted_hmac("payments.sandbox.fingerprint", number, algorithm="sha256").hexdigest()
