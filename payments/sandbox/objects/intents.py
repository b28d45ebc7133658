"""Payment intents, charges and what they do to the balance, as Stripe shows them."""

from datetime import timedelta
from typing import Any

from payments.sandbox.behaviors import BEHAVIORS
from payments.sandbox.models import Charge, PaymentIntent, PaymentMethod
from payments.sandbox.objects.cards import billing_details, card_facts, payment_method
from payments.sandbox.objects.shapes import Document, client_secret, derived_id, nulls, seconds

DOCS = "https://stripe.com/docs/error-codes/"
TIME_TO_CAPTURE = timedelta(days=7)
TIME_TO_ARRIVE = timedelta(days=2)
CARD_OPTIONS = nulls("installments mandate_options network") | {"request_three_d_secure": "automatic"}
_RISK_SCORES = {"normal": 20, "elevated": 70, "highest": 90}
# What networks answer, and what Stripe advises
_NETWORK_CODES = {"insufficient_funds": "51", "lost_card": "41", "stolen_card": "43", "expired_card": "54"}
_FINAL_DECLINES = frozenset({"lost_card", "stolen_card", "fraudulent"})


def payment_intent(row: PaymentIntent) -> Document:
    details, charge = row.details, row.latest_charge
    is_paid = row.status == row.Status.SUCCEEDED
    return {
        "id": row.pk,
        "object": "payment_intent",
        "amount": row.amount,
        "amount_capturable": row.amount if row.is_capturable else 0,
        "amount_details": {"tip": {}},
        "amount_received": charge.captured_amount if is_paid and charge else 0,
        **nulls("application application_fee_amount customer_account excluded_payment_method_types on_behalf_of"),
        **nulls("payment_method_configuration_details processing review source transfer_data"),
        "automatic_payment_methods": details.get("automatic_payment_methods"),
        "canceled_at": seconds(row.canceled_at),
        "cancellation_reason": row.cancellation_reason or None,
        "capture_method": row.capture_method,
        "client_secret": client_secret(row.pk),
        "confirmation_method": details.get("confirmation_method", "automatic"),
        "created": seconds(row.created_at),
        "currency": row.currency,
        "customer": row.customer_id,
        "description": details.get("description"),
        "last_payment_error": payment_error(row),
        "latest_charge": row.latest_charge_id,
        "livemode": False,
        "metadata": row.metadata,
        "next_action": row.next_action,
        "payment_method": row.payment_method_id,
        "payment_method_options": {
            "card": CARD_OPTIONS | (details.get("payment_method_options") or {}).get("card", {})
        },
        "payment_method_types": details.get("payment_method_types", ["card"]),
        "receipt_email": details.get("receipt_email"),
        "setup_future_usage": details.get("setup_future_usage"),
        "shipping": details.get("shipping"),
        "statement_descriptor": details.get("statement_descriptor"),
        "statement_descriptor_suffix": details.get("statement_descriptor_suffix"),
        "status": row.status,
        "transfer_group": details.get("transfer_group"),
    }


def payment_error(row: PaymentIntent) -> Document | None:
    """Why the latest try failed, in the words of the error that said so; members without a value are left out."""
    if row.last_payment_error is None:
        return None
    error = {name: value for name, value in row.last_payment_error.items() if value is not None}
    method: PaymentMethod | None
    if "charge" in error and row.latest_charge is not None:
        method = row.latest_charge.payment_method
        error |= advice(error)
    else:
        method = PaymentMethod.objects.filter(pk=error.pop("payment_method", None)).first()
    error["doc_url"] = DOCS + error["code"].replace("_", "-")
    return error | ({"payment_method": payment_method(method)} if method is not None else {})


def advice(error: dict[str, Any]) -> Document:
    """What the bank's refusal means to whoever would try again."""
    reason = error.get("decline_code") or error["code"]
    return {
        "advice_code": "do_not_try_again" if reason in _FINAL_DECLINES else "try_again_later",
        "network_decline_code": _NETWORK_CODES.get(reason, "01"),
    }


def charge(row: Charge) -> Document:
    intent, method = row.payment_intent, row.payment_method
    details = intent.details
    return {
        "id": row.pk,
        "object": "charge",
        "amount": row.amount,
        "amount_captured": row.captured_amount,
        "amount_refunded": row.refunded_amount,
        **nulls("application application_fee application_fee_amount failure_balance_transaction on_behalf_of"),
        **nulls("radar_options receipt_number receipt_url review source source_transfer transfer_data"),
        "balance_transaction": derived_id("txn", row.pk) if row.is_captured else None,
        "billing_details": billing_details(method),
        "calculated_statement_descriptor": details.get("statement_descriptor") or "TILL",
        "captured": row.is_captured,
        "created": seconds(row.created_at),
        "currency": row.currency,
        "customer": row.customer_id,
        "description": details.get("description"),
        "disputed": row.is_disputed,
        "failure_code": row.failure_code or None,
        "failure_message": row.failure_message or None,
        "fraud_details": {},
        "livemode": False,
        "metadata": row.metadata,
        "outcome": _outcome(row),
        "paid": row.is_paid,
        "payment_intent": row.payment_intent_id,
        "payment_method": row.payment_method_id,
        "payment_method_details": {"type": "card", "card": _card(row)},
        "receipt_email": details.get("receipt_email"),
        "refunded": row.is_captured and row.refunded_amount == row.captured_amount,
        "shipping": details.get("shipping"),
        "statement_descriptor": details.get("statement_descriptor"),
        "statement_descriptor_suffix": details.get("statement_descriptor_suffix"),
        "status": row.status,
        "transfer_group": details.get("transfer_group"),
    }


def balance_transaction(row: Charge) -> Document:
    """What a charge brought in, less what Stripe would keep of it."""
    fee = (row.captured_amount * 29 + 500) // 1000 + 30
    arrives_at = row.created_at + TIME_TO_ARRIVE
    is_there = BEHAVIORS[row.payment_method.behavior].funds == "available"
    return {
        "id": derived_id("txn", row.pk),
        "object": "balance_transaction",
        "amount": row.captured_amount,
        "available_on": seconds(row.created_at if is_there else arrives_at),
        "balance_type": "payments",
        "created": seconds(row.created_at),
        "currency": row.currency,
        "description": row.payment_intent.details.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": row.currency,
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ],
        "net": row.captured_amount - fee,
        "reporting_category": "charge",
        "source": row.pk,
        "status": "available" if is_there else "pending",
        "type": "charge",
    }


def _outcome(row: Charge) -> Document:
    level = BEHAVIORS[row.payment_method.behavior].risk_level
    outcome = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": level,
        "risk_score": _RISK_SCORES[level],
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if row.is_paid:
        return outcome
    reason = row.decline_code or row.failure_code
    is_blocked = level == "highest"
    return outcome | {
        **advice({"code": row.failure_code, "decline_code": row.decline_code}),
        "network_status": "not_sent_to_network" if is_blocked else "declined_by_network",
        "reason": "highest_risk_level" if is_blocked else reason,
        "seller_message": "Stripe blocked this payment as too risky." if is_blocked else row.failure_message,
        "type": "blocked" if is_blocked else "issuer_declined",
    }


def _card(row: Charge) -> Document:
    is_held = row.is_paid and not row.is_captured
    return card_facts(row.payment_method) | {
        "amount_authorized": row.amount if row.is_paid else None,
        "authorization_code": None,
        "capture_before": seconds(row.created_at + TIME_TO_CAPTURE) if is_held else None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": row.payment_method.brand or None,
        "network_token": {"used": False},
        "network_transaction_id": derived_id("nti", row.pk),
        "overcapture": {"maximum_amount_capturable": row.amount, "status": "unavailable"},
        "three_d_secure": row.three_d_secure and _authentication(row.three_d_secure),
        "wallet": None,
    }


def _authentication(result: dict[str, Any]) -> Document:
    return {
        "authentication_flow": result.get("authentication_flow"),
        "electronic_commerce_indicator": result.get("electronic_commerce_indicator"),
        "exemption_indicator": result.get("exemption_indicator"),
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": result.get("transaction_id"),
        "version": result.get("version"),
    }
