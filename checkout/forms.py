"""What staff fill in to send an order, and to take some of it back."""

import uuid
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from checkout.models import LineItem, Order
from checkout.operations import Ask, Tracking, history_of
from checkout.progress import Quantity
from payments.money import Money, NotAnAmount


def text(**options: Any) -> forms.CharField:
    return forms.CharField(widget=UnfoldAdminTextInputWidget, required=False, **{"max_length": 255} | options)


class OrderForm(BaseDialogForm):
    """A field for each line of which some are left, filled with that number."""

    prefills = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = get_object_or_404(Order.objects.select_related("session"), pk=unquote(self.object_id))
        history = history_of(self.order)
        numbers: dict[str, forms.Field] = {
            self.name_of(line): self._number(line, left)
            for line in history.lines
            if (left := self.left(history.quantities[line.id], line)) > 0
        }
        others = dict(self.fields)
        self.fields.clear()
        self.fields.update(numbers | others)

    def left(self, quantity: Quantity, line: LineItem) -> int:
        return quantity.open

    @property
    def quantities(self) -> dict[str, int]:
        """Units by line id, as far as there are any."""
        lines = self.order.session.line_items.all()
        return {line.id: self.cleaned_data[self.name_of(line)] for line in lines if self._is_filled(line)}

    @staticmethod
    def name_of(line: LineItem) -> str:
        return f"quantity_{line.id}"

    def _is_filled(self, line: LineItem) -> bool:
        return bool(self.cleaned_data.get(self.name_of(line)))

    def _number(self, line: LineItem, left: int) -> forms.IntegerField:
        return forms.IntegerField(
            label=line.title,
            min_value=0,
            max_value=left,
            required=False,
            initial=left if self.prefills else 0,
            help_text=f"Up to {left}",
            widget=UnfoldAdminIntegerFieldWidget,
        )


class ShipForm(OrderForm):
    carrier = text(max_length=100)
    tracking_number = text(max_length=100)
    tracking_url = forms.URLField(widget=UnfoldAdminTextInputWidget, required=False, assume_scheme="https")

    def left(self, quantity: Quantity, line: LineItem) -> int:
        return 0 if line.product.is_digital else quantity.open

    @property
    def tracking(self) -> Tracking:
        return Tracking(**{name: self.cleaned_data[name] for name in ("carrier", "tracking_number", "tracking_url")})


class GrantForm(OrderForm):
    access_url = forms.URLField(widget=UnfoldAdminTextInputWidget, required=False, assume_scheme="https")
    license_key = text()

    def left(self, quantity: Quantity, line: LineItem) -> int:
        return quantity.open if line.product.is_digital else 0

    @property
    def tracking(self) -> Tracking:
        return Tracking(**{name: self.cleaned_data[name] for name in ("access_url", "license_key")})


class CancelForm(OrderForm):
    """Its hidden `attempt` is of this opened form: however often it is sent, it happens once."""

    reason = text(max_length=64, help_text="A code for agents, such as defective")
    description = text(help_text="A sentence for the buyer")
    attempt = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial |= {"attempt": uuid.uuid4().hex}

    def ask(self, requested_by: str) -> Ask:
        return Ask(requested_by, **{name: self.cleaned_data[name] for name in ("reason", "description", "attempt")})


class ReturnForm(CancelForm):
    amount = text(max_length=20, help_text="Empty: what was paid for it")
    prefills = False

    def left(self, quantity: Quantity, line: LineItem) -> int:
        return quantity.returnable

    def clean_amount(self) -> Money | None:
        try:
            return (
                Money.parse(self.cleaned_data["amount"], self.order.currency) if self.cleaned_data["amount"] else None
            )
        except NotAnAmount as mistake:
            raise ValidationError(str(mistake)) from None


class RefundForm(ReturnForm):
    def left(self, quantity: Quantity, line: LineItem) -> int:
        return quantity.ordered
