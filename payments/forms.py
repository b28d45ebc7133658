"""What staff fill in to give money back."""

import uuid
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from payments.limits import refund_limit
from payments.models import Payment
from payments.money import Money, NotAnAmount


class RefundForm(BaseDialogForm):
    """Its hidden `attempt` is of this opened form: however often it is sent, there is one refund."""

    amount = forms.CharField(max_length=20, widget=UnfoldAdminTextInputWidget)
    reason = forms.CharField(max_length=255, required=False, widget=UnfoldAdminTextInputWidget)
    attempt = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment = get_object_or_404(Payment, pk=unquote(self.object_id))
        self.limit = refund_limit(self.request.user, self.payment.currency)
        most = self._most()
        self.initial |= {"amount": most.plain, "attempt": uuid.uuid4().hex}
        self.fields["amount"].help_text = f"Up to {most}, which {self._why(most)}."

    def _most(self) -> Money:
        left, limit = self.payment.refundable, self.limit
        if limit is None:
            return left
        allowed = Money(max(0, (limit - self.payment.refunded).amount), limit.currency)
        return min(left, allowed)

    def _why(self, most: Money) -> str:
        return "is left of this payment" if most == self.payment.refundable else "you may give back of it"

    def clean_amount(self) -> Money:
        try:
            amount = Money.parse(self.cleaned_data["amount"], self.payment.currency)
        except NotAnAmount as mistake:
            raise ValidationError(str(mistake)) from None
        if not amount.amount:
            raise ValidationError("Type more than nothing")
        return amount
