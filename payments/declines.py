"""Why a card was declined, or a refund failed, in our words: few codes, and sentences that can be shown to people.

Card networks know dozens of reasons. A buyer can act on few of them, and must not be told some (that the card is
reported stolen, say), so every other reason becomes `card_declined`.
"""

from payments.processors.base import Declined, RefundFailed

MESSAGES = {
    "card_declined": "The card was declined. Use another card, or ask the bank that issued it.",
    "insufficient_funds": "There is not enough money on the card for this purchase. Use another card.",
    "limit_exceeded": "The card has reached its limit for now. Try again later, or use another card.",
    "expired_card": "The card has expired. Use another card.",
    "incorrect_number": "The card number is not right. Check it and try again.",
    "incorrect_cvc": "The card's security code is not right. Check it and try again.",
    "processing_error": "The card could not be processed just now. Try again in a moment.",
    "authentication_required": "The card's bank wants the buyer to approve this payment. Use another card.",
    "authentication_failed": "The card's bank could not confirm who is paying. Try again, or use another card.",
    "invalid_credential": "This payment token cannot be used. Send another one.",
    "amount_not_accepted": "This amount cannot be paid by card.",
    "canceled": "The payment was canceled before any money moved.",
}

# For staff. What is in no table becomes `refund_refused`.
REFUND_MESSAGES = {
    "charge_already_refunded": "All of this payment has been refunded already.",
    "charge_disputed": "The buyer has asked their bank for the money: a dispute cannot be refunded.",
    "amount_too_large": "Less than this is left of the payment.",
    "insufficient_funds": "There is not enough money on the account to refund this.",
    "expired_or_canceled_card": "The card is not valid any more: its bank sent the money back.",
    "lost_or_stolen_card": "The card is not valid any more: its bank sent the money back.",
    "declined": "The bank would not take the money back.",
    "canceled": "The refund was canceled at the processor.",
    "unknown": "The bank sent the money back, and did not say why.",
    "refund_refused": "The processor would not refund this.",
}
_REFUNDS_IN_OUR_WORDS = {
    "balance_insufficient": "insufficient_funds",
    "charge_for_pending_refund_disputed": "charge_disputed",
}

# Stripe's codes and decline codes that mean more to a buyer than "no".
_IN_OUR_WORDS = {
    "insufficient_funds": "insufficient_funds",
    "card_velocity_exceeded": "limit_exceeded",
    "withdrawal_count_limit_exceeded": "limit_exceeded",
    "expired_card": "expired_card",
    "incorrect_number": "incorrect_number",
    "invalid_number": "incorrect_number",
    "incorrect_cvc": "incorrect_cvc",
    "invalid_cvc": "incorrect_cvc",
    "processing_error": "processing_error",
    "issuer_not_available": "processing_error",
    "reenter_transaction": "processing_error",
    "try_again_later": "processing_error",
    "authentication_required": "authentication_required",
    "payment_intent_authentication_failure": "authentication_failed",
}


def declined(code: str) -> Declined:
    """The decline that one of our own codes stands for."""
    return Declined(code, MESSAGES[code])


def declined_by_network(code: str, decline_code: str = "") -> Declined:
    """The decline that a card network's error `code` and its finer `decline_code` come to."""
    return declined(_IN_OUR_WORDS.get(decline_code) or _IN_OUR_WORDS.get(code) or "card_declined")


def refund_failed(refund_id: str, code: str) -> RefundFailed:
    """The failure that a processor's own `code` for it comes to."""
    code = _REFUNDS_IN_OUR_WORDS.get(code, code)
    code = code if code in REFUND_MESSAGES else "refund_refused"
    return RefundFailed(refund_id, code, REFUND_MESSAGES[code])
