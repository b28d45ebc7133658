"""What is true of money: what we charged, what we gave back, what we were told."""

from payments.models.asking import IllegalMove
from payments.models.hearing import Dispute, Event
from payments.models.payments import Payment
from payments.models.refunds import Refund
from payments.models.trouble import Trouble

__all__ = ["Dispute", "Event", "IllegalMove", "Payment", "Refund", "Trouble"]
