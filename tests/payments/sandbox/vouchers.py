"""A source as another room would bring one: vouchers that pay up to a sum, and one kind that only makes trouble."""

from collections.abc import Callable
from dataclasses import dataclass, field

from payments.sandbox import sources
from payments.sandbox.models import PaymentIntent, PaymentMethod
from payments.sandbox.refusals import InvalidRequest


@dataclass
class Voucher:
    left: int
    card: str = "succeeds"  # a behavior
    reserved: dict[str, int] = field(default_factory=dict)
    booked: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class Vouchers:
    """`payment_method_data[voucher]=v_1`"""

    def __init__(self) -> None:
        self.all: dict[str, Voucher] = {}
        self.trouble: Callable[[PaymentIntent], None] | None = None

    def payment_method(self, value: str, *, intent: PaymentIntent) -> PaymentMethod:
        if self.trouble:
            self.trouble(intent)
        if value not in self.all:
            raise InvalidRequest("resource_missing", f"No such voucher: '{value}'", "payment_method_data[voucher]")
        return PaymentMethod.objects.create(
            account=intent.account,
            brand="visa",
            last4="4242",
            exp_month=1,
            exp_year=2034,
            funding="credit",
            country="US",
            fingerprint=value,
            behavior=self.all[value].card,
            source={"voucher": value},
        )

    def reserve(self, value: str, *, intent: PaymentIntent) -> None:
        voucher = self.all[value]
        if voucher.left < intent.amount:
            raise InvalidRequest("", "The voucher does not pay for that much.")
        voucher.left -= intent.amount
        voucher.reserved[intent.pk] = intent.amount

    def book(self, value: str, *, intent: PaymentIntent, amount: int) -> None:
        self.all[value].left += self.all[value].reserved.pop(intent.pk) - amount
        self.all[value].booked[intent.pk] = amount

    def release(self, value: str, *, intent: PaymentIntent) -> None:
        self.all[value].left += self.all[value].reserved.pop(intent.pk)

    def ask_buyer(self, value: str, *, intent: PaymentIntent) -> None:
        self.all[value].asked.append(intent.pk)

    def hear_buyer(self, value: str, *, intent: PaymentIntent) -> None:
        self.all[value].asked.remove(intent.pk)


vouchers = Vouchers()
sources.register("voucher", vouchers)
