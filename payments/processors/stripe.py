"""Stripe, through its own SDK. The only file that imports it; STRIPE_API_BASE may name anyone who speaks its language.

An intent is created without being confirmed, so that its id is on our disk before any money can move. What Stripe
answers is sorted three ways: an answer (also "no"), nothing done, and `Unknown`. Nothing of Stripe's exceptions gets
out of here, neither message nor cause: they hold requests, and a request may hold a card or our key.
"""

import functools
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import stripe
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from payments.cards import INCORRECT_NUMBER, INVALID_CVC, INVALID_MONTH, INVALID_YEAR, Card
from payments.declines import MESSAGES, declined, declined_by_network, refund_failed
from payments.money import Money
from payments.processors import documents, return_url
from payments.processors.base import (
    Authentication,
    BadSignature,
    CardRefused,
    CustomerRefused,
    DisputeFacts,
    Event,
    Misconfigured,
    NoSuchCredential,
    Outcome,
    PaymentRefused,
    RefundFacts,
    RefundOutcome,
    StoredCard,
    Unknown,
)

logger = logging.getLogger(__name__)

API_VERSION = "2026-10-28.endive"
SHARED_TOKENS_VERSION = "2026-04-22.preview"  # the first that knows shared payment tokens
TIMEOUT = (3.05, 20)  # seconds to connect, and to answer
RETRIES = 1  # under the same key; whatever takes longer is for the sweep
TOLERANCE = 300  # seconds that an event may be old

stripe.enable_telemetry = False  # it would write to the home directory, and tell of the machine
logging.getLogger("stripe").setLevel(logging.WARNING)  # at DEBUG it logs what is sent, and at INFO what is answered

FLAWS = {flaw.code: flaw for flaw in (INCORRECT_NUMBER, INVALID_MONTH, INVALID_YEAR, INVALID_CVC)}
FLAWS |= {"invalid_number": INCORRECT_NUMBER, "incorrect_cvc": INVALID_CVC, "expired_card": INVALID_YEAR}
RAW_CARDS = "This shop cannot take card numbers: send a token of its payment processor instead."


Answer = TypeVar("Answer")


class StripeProcessor:
    """Moves real money, if the key is a real one."""

    name = "stripe"

    def __init__(self) -> None:
        if not settings.STRIPE_SECRET_KEY:
            raise ImproperlyConfigured("StripeProcessor needs STRIPE_SECRET_KEY")
        self._api = _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE).v1

    def store_card(self, card: Card, *, key: str) -> StoredCard:
        try:
            method = _ask(
                "store a card", lambda: self._api.payment_methods.create(_stored(card), _keyed(key)).to_dict()
            )
        except stripe.CardError as error:
            raise _refused(error) from None
        except stripe.InvalidRequestError as error:
            raise _unstorable(error) from None
        return documents.stored_card_of(method)

    def create_customer(self, *, email: str, name: str, key: str) -> str:
        request: Any = {field: value for field, value in (("email", email), ("name", name)) if value}
        try:
            return _ask("remember a customer", lambda: self._api.customers.create(request, _keyed(key)).id)
        except stripe.InvalidRequestError as error:
            _complain("remember a customer", error)
            raise CustomerRefused("Stripe does not take this for a person") from None

    def attach_payment_method(self, payment_method: str, *, customer: str, key: str) -> None:
        whose: Any = {"customer": customer}
        try:
            method = _ask(
                "keep a card",
                lambda: self._api.payment_methods.attach(payment_method, whose, _keyed(f"{key}:attach")).id,
            )
            first: Any = {"invoice_settings": {"default_payment_method": method}}
            _ask("prefer a card", lambda: self._api.customers.update(customer, first, _keyed(f"{key}:prefer")).id)
        except stripe.CardError as error:
            raise _refused(error) from None
        except stripe.InvalidRequestError as error:
            _complain("keep a card", error)
            raise NoSuchCredential("Stripe cannot keep this card for this customer") from None

    def create(
        self,
        *,
        amount: Money,
        key: str,
        metadata: Mapping[str, str],
        capture: str = "automatic",
        customer: str = "",
    ) -> str:
        request: Any = {"amount": amount.amount, "currency": amount.currency, "metadata": dict(metadata)}
        request |= {"capture_method": capture} | ({"customer": customer} if customer else {})
        try:
            return _ask("announce a payment", lambda: self._api.payment_intents.create(request, _keyed(key)).id)
        except stripe.InvalidRequestError as error:
            _complain("announce a payment", error)
            is_about_amount = (error.code or "").startswith("amount_") or error.param == "amount"
            raise PaymentRefused("amount_not_accepted" if is_about_amount else "processing_error") from None

    def confirm(self, processor_id: str, *, credential: str, key: str) -> Outcome:
        version = SHARED_TOKENS_VERSION if credential.startswith("spt_") else API_VERSION
        try:
            return self._confirm(processor_id, _means(credential), _keyed(key, version))
        except stripe.InvalidRequestError as error:
            if _is_about_credential(error):
                raise NoSuchCredential("Stripe does not know this credential, or not any more") from None
            return self._standing(processor_id, "confirm a payment", error)

    def authenticate(self, processor_id: str, *, proof: Authentication, key: str) -> Outcome:
        means = {"payment_method_options": {"card": {"three_d_secure": vars(proof)}}}
        try:
            return self._confirm(processor_id, means, _keyed(key))
        except stripe.InvalidRequestError as error:
            return self._standing(processor_id, "confirm an authenticated payment", error)

    def capture(self, processor_id: str, *, key: str) -> Outcome:
        return self._end("capture a payment", self._api.payment_intents.capture, processor_id, key)

    def cancel(self, processor_id: str, *, key: str) -> Outcome:
        return self._end("cancel a payment", self._api.payment_intents.cancel, processor_id, key)

    def retrieve(self, processor_id: str) -> Outcome | None:
        intents = self._api.payment_intents
        return documents.outcome_of(_find("look up a payment", lambda: intents.retrieve(processor_id).to_dict()))

    def refund(self, processor_id: str, *, amount: Money, key: str, metadata: Mapping[str, str]) -> RefundOutcome:
        request: Any = {"payment_intent": processor_id, "amount": amount.amount, "metadata": dict(metadata)}
        try:
            refund = _ask("refund a payment", lambda: self._api.refunds.create(request, _keyed(key)).to_dict())
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                raise _lost("refund a payment", error) from None
            _complain("refund a payment", error)
            return refund_failed("", error.code or ("amount_too_large" if error.param == "amount" else ""))
        return documents.refund_outcome_of(refund)

    def retrieve_refund(self, refund_id: str) -> RefundOutcome:
        return documents.refund_outcome_of(
            _find("look up a refund", lambda: self._api.refunds.retrieve(refund_id).to_dict())
        )

    def refunds_of(self, processor_id: str) -> list[RefundFacts]:
        return [documents.refund_facts_of(each) for each in _list("refunds", self._api.refunds, processor_id)]

    def disputes_of(self, processor_id: str) -> list[DisputeFacts]:
        return [documents.dispute_facts_of(each) for each in _list("disputes", self._api.disputes, processor_id)]

    def _confirm(self, processor_id: str, means: Mapping[str, Any], options: Any) -> Outcome:
        request: Any = {**means, "return_url": return_url()}
        intents = self._api.payment_intents
        try:
            return _decided(
                _ask("confirm a payment", lambda: intents.confirm(processor_id, request, options).to_dict())
            )
        except stripe.CardError as error:
            return declined_by_network(error.code or "", getattr(error.error, "decline_code", None) or "")

    def _end(self, what: str, change: Callable[..., Any], processor_id: str, key: str) -> Outcome:
        try:
            return _decided(_ask(what, lambda: change(processor_id, {}, _keyed(key)).to_dict()))
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            return self._standing(processor_id, what, error)

    def _standing(self, processor_id: str, what: str, error: stripe.StripeError) -> Outcome:
        """Stripe did not do it. Usually because it is past that already: return where it is, and do nothing again."""
        is_expected = error.code == "payment_intent_unexpected_state"
        if not is_expected:
            _complain(what, error)
        outcome = self.retrieve(processor_id)
        if outcome is None and is_expected:
            raise Unknown(f"Stripe would not {what}, and says that nothing has been decided")
        return outcome or declined("processing_error")


def read_event(body: bytes, signature: str, secret: str) -> Event | None:
    """Return what Stripe says happened to a payment; None if it is about something else.

    :raises BadSignature: if it is not Stripe that says so, or not lately.
    """
    if not secret:
        raise BadSignature("STRIPE_WEBHOOK_SECRET is not set")
    try:
        signature.encode("ascii")  # the SDK's comparison, which takes the same time for any two, takes nothing else
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, TOLERANCE)
        return documents.event_of(json.loads(body))
    except (stripe.SignatureVerificationError, ValueError) as error:
        raise BadSignature(type(error).__name__) from None


@functools.lru_cache(maxsize=4)
def _client(secret_key: str, api_base: str) -> stripe.StripeClient:
    """One for all threads: it keeps a connection for each."""
    return stripe.StripeClient(
        secret_key,
        stripe_version=API_VERSION,
        base_addresses={"api": api_base.rstrip("/")},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
    )


def _keyed(key: str, version: str = API_VERSION) -> Any:
    return {"idempotency_key": key, "stripe_version": version}


def _ask(what: str, request: Callable[[], Answer]) -> Answer:
    """Return Stripe's answer, or let through what it says of a card or a request. Whatever else comes is no answer."""
    try:
        return request()
    except (stripe.CardError, stripe.InvalidRequestError):
        raise
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        logger.error("Stripe will not %s for us: %s. See STRIPE_SECRET_KEY", what, _trace(error))
        raise Misconfigured(f"Stripe will not {what} for us") from None
    except stripe.IdempotencyError as error:
        logger.error("Stripe knows this key from another request to %s: %s. This is our mistake", what, _trace(error))
        raise Unknown(f"the key to {what} was used for another request") from None
    except stripe.StripeError as error:
        logger.warning("Stripe did not %s: %s", what, _trace(error))
        raise Unknown(f"Stripe did not {what}: {type(error).__name__}") from None
    except (AttributeError, KeyError, TypeError) as error:
        logger.error("Stripe's answer, asked to %s, is none of Stripe's: %s", what, type(error).__name__)
        raise Unknown(f"what was asked to {what} made no sense") from None


def _find(what: str, request: Callable[[], Answer]) -> Answer:
    """Ask for what Stripe has told us of before."""
    try:
        return _ask(what, request)
    except stripe.InvalidRequestError as error:
        raise _lost(what, error) from None


def _list(things: str, service: Any, processor_id: str) -> list[Any]:
    """All of a payment's, page after page."""
    query = {"payment_intent": processor_id, "limit": 100}
    return _find(f"list {things}", lambda: [each.to_dict() for each in service.list(query).auto_paging_iter()])


def _trace(error: stripe.StripeError) -> str:
    """What a person can find the request by, in Stripe's dashboard or with its support."""
    return f"{type(error).__name__} {error.http_status or '-'} {error.request_id or '-'}"


def _complain(what: str, error: stripe.StripeError) -> None:
    param = getattr(error, "param", None)
    logger.error("Stripe would not %s: %s, code %s, param %s", what, _trace(error), error.code, param)


def _lost(what: str, error: stripe.InvalidRequestError) -> Misconfigured:
    """Stripe does not know what it has told us of: this is not the account we worked with."""
    _complain(what, error)
    return Misconfigured(f"Stripe would not {what}: is this the right account?")


def _is_about_credential(error: stripe.InvalidRequestError) -> bool:
    """Beware: what is wrong with a shared payment token has neither a code nor a parameter, only a sentence."""
    param, message = error.param or "", (error.user_message or "").lower()
    is_named = param.startswith(("payment_method", "card", "source", "shared_payment")) or "token" in (error.code or "")
    return is_named or error.code == "payment_method_unexpected_state" or "shared payment" in message


def _stored(card: Card) -> Any:
    fields: dict[str, Any] = {
        "number": card.number.get_secret_value(),
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
    }
    if card.cvc is not None:
        fields["cvc"] = card.cvc.get_secret_value()
    return {"type": "card", "card": fields} | ({"billing_details": {"name": card.name}} if card.name else {})


def _refused(error: stripe.CardError) -> CardRefused:
    flaw = FLAWS.get(error.code or "")
    if flaw:
        return CardRefused(flaw.code, flaw.message, flaw.field)
    code = declined_by_network(error.code or "").code
    return CardRefused(code, MESSAGES[code], "number")


def _unstorable(error: stripe.InvalidRequestError) -> Exception:
    """An account takes card numbers only if Stripe has allowed it to."""
    message = (error.user_message or "").lower()
    if "credit card numbers directly" in message or "raw card data" in message:
        return CardRefused("raw_cards_not_enabled", RAW_CARDS, "number")
    flaw = FLAWS.get(error.code or "")
    return CardRefused(flaw.code, flaw.message, flaw.field) if flaw else _lost("store a card", error)


def _means(credential: str) -> dict[str, Any]:
    if credential.startswith("tok_"):
        return {"payment_method_data": {"type": "card", "card": {"token": credential}}}
    if credential.startswith("spt_"):
        return {"payment_method_data": {"shared_payment_granted_token": credential}}
    return {"payment_method": credential}


def _decided(intent: documents.Document) -> Outcome:
    outcome = documents.outcome_of(intent)
    if outcome is None:
        raise Unknown("Stripe says that nothing has been decided")
    return outcome
