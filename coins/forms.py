"""What staff fill in to give coins away."""

import uuid
from typing import Any

from django import forms
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from coins.models import MOST_COINS


class GrantForm(BaseDialogForm):
    """Its hidden `attempt` is of this opened form: however often it is sent, the coins are granted once."""

    coins = forms.IntegerField(min_value=1, max_value=MOST_COINS, widget=UnfoldAdminIntegerFieldWidget)
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget, help_text="The customer reads it.")
    attempt = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial |= {"attempt": str(uuid.uuid4())}
