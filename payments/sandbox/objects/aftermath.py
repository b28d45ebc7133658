"""Refunds and disputes, as Stripe shows them."""

from payments.sandbox.models import Dispute, Refund
from payments.sandbox.objects.shapes import Document, derived_id, nulls, seconds

EVIDENCE = """
    access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal
    customer_communication customer_email_address customer_name customer_purchase_ip customer_signature
    duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt
    refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation
    shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number uncategorized_file
    uncategorized_text
"""
DISPUTE_FEE = 1500


def refund(row: Refund) -> Document:
    return {
        "id": row.pk,
        "object": "refund",
        "amount": row.amount,
        "balance_transaction": derived_id("txn", row.pk),
        "charge": row.charge_id,
        "created": seconds(row.created_at),
        "currency": row.currency,
        "destination_details": {"card": {"reference_status": row.status, "type": "refund"}, "type": "card"},
        "metadata": row.metadata,
        "payment_intent": row.charge.payment_intent_id,
        "reason": row.reason or None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": row.status,
        "transfer_reversal": None,
    } | _trouble(row)


def _trouble(row: Refund) -> Document:
    if row.has_failed:
        return {
            "failure_balance_transaction": derived_id("txnf", row.pk),
            "failure_reason": row.failure_reason,
        }
    return {"pending_reason": "processing"} if row.status == row.Status.PENDING else {}


def dispute(row: Dispute) -> Document:
    return {
        "id": row.pk,
        "object": "dispute",
        "amount": row.amount,
        "balance_transactions": [] if row.is_inquiry else [_withdrawal(row)],
        "charge": row.charge_id,
        "created": seconds(row.created_at),
        "currency": row.currency,
        "enhanced_eligibility_types": [],
        "evidence": nulls(EVIDENCE) | {"enhanced_evidence": {}} | row.evidence,
        "evidence_details": {
            "due_by": seconds(row.due_by),
            "enhanced_eligibility": {},
            "has_evidence": bool(row.evidence),
            "past_due": False,
            "submission_count": row.submissions,
            "submission_method": "manual" if row.submissions else "not_submitted",
        },
        "is_charge_refundable": row.is_inquiry and not row.is_closed,
        "livemode": False,
        "metadata": row.metadata,
        "network_reason_code": None,
        "payment_intent": row.charge.payment_intent_id,
        "payment_method_details": {
            "card": {
                "brand": row.charge.payment_method.brand,
                "case_type": "inquiry" if row.is_inquiry else "chargeback",
                "network": row.charge.payment_method.brand,
                "network_reason_code": None,
            },
            "type": "card",
        },
        "reason": row.reason,
        "status": row.status,
    }


def _withdrawal(row: Dispute) -> Document:
    return {
        "id": derived_id("txn", row.pk),
        "object": "balance_transaction",
        "amount": -row.amount,
        "available_on": seconds(row.created_at),
        "balance_type": "payments",
        "created": seconds(row.created_at),
        "currency": row.currency,
        "description": f"Chargeback withdrawal for {row.charge_id}",
        "exchange_rate": None,
        "fee": DISPUTE_FEE,
        "fee_details": [
            {
                "amount": DISPUTE_FEE,
                "application": None,
                "currency": row.currency,
                "description": "Dispute fee",
                "type": "stripe_fee",
            }
        ],
        "net": -row.amount - DISPUTE_FEE,
        "reporting_category": "dispute",
        "source": row.pk,
        "status": "available",
        "type": "adjustment",
    }
