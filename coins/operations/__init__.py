"""What happens to coins: one function per operation of the wire, and what payments, refunds and the counter tell us.

`_ledger` moves coins; `_customers` knows who has them; `_purchases` is the money path in, `_reversals` the way back;
`_counter` hands over what was bought through a checkout session; `_packages` fills the shop window; `_statements` is
what a buyer reads.
"""

from coins.operations._counter import deliver_coins, recall_coins, restore_coins
from coins.operations._customers import attach_payment_method, create_customer, find_customer, is_test_method
from coins.operations._ledger import InsufficientCoins, balance_of, grant_coins, spend_currency
from coins.operations._packages import offer_package
from coins.operations._processor import InvalidCustomer, InvalidPaymentMethod
from coins.operations._purchases import InvalidPackage, NoPaymentMethod, history, purchase_currency, settle_purchase
from coins.operations._reversals import (
    NotReversible,
    collect_coins,
    refund_purchase,
    settle_purchase_dispute,
    settle_purchase_refund,
)
from coins.operations._statements import Line, balances_over_time, catch_up, statement, waiting_for_the_buyer

__all__ = [
    "InsufficientCoins",
    "InvalidCustomer",
    "InvalidPackage",
    "InvalidPaymentMethod",
    "Line",
    "NoPaymentMethod",
    "NotReversible",
    "attach_payment_method",
    "balance_of",
    "balances_over_time",
    "catch_up",
    "collect_coins",
    "create_customer",
    "deliver_coins",
    "find_customer",
    "grant_coins",
    "history",
    "is_test_method",
    "offer_package",
    "purchase_currency",
    "recall_coins",
    "refund_purchase",
    "restore_coins",
    "settle_purchase",
    "settle_purchase_dispute",
    "settle_purchase_refund",
    "spend_currency",
    "statement",
    "waiting_for_the_buyer",
]
