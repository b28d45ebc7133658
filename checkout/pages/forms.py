"""What a buyer fills in, and the parts of a checkout session that it becomes."""

from typing import Any

from django import forms

from checkout.places import COUNTRIES, STATES, state_code

DIGITAL = {"name", "email"}  # all that is needed where nothing is shipped


class DeliveryForm(forms.Form):
    """Who buys, and where the goods go. Named in `autocomplete` as browsers know them, so that they fill it in."""

    email = forms.EmailField(label="E-mail", max_length=254, help_text="For questions about your order.")
    name = forms.CharField(label="Full name", max_length=256)
    line_one = forms.CharField(label="Address", max_length=60)
    line_two = forms.CharField(label="Apartment, floor", max_length=60, required=False)
    city = forms.CharField(label="City", max_length=60)
    postal_code = forms.CharField(label="Postal code", max_length=20, required=False)
    state = forms.CharField(label="State or region", max_length=60, required=False)
    country = forms.ChoiceField(label="Country", choices=list(COUNTRIES.items()), initial="US")

    AUTOCOMPLETE = {
        "email": "email",
        "name": "name",
        "line_one": "address-line1",
        "line_two": "address-line2",
        "city": "address-level2",
        "postal_code": "postal-code",
        "state": "address-level1",
        "country": "country",
    }

    def __init__(self, *args: Any, ships: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [] if ships else self.fields.keys() - DIGITAL:
            del self.fields[name]
        for name, field in self.fields.items():
            field.error_messages["required"] = f"Please enter your {str(field.label).lower()}."
            field.widget.attrs["autocomplete"] = self.AUTOCOMPLETE[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        country = cleaned.get("country", "")
        if country in STATES and "state" in cleaned:
            code = state_code(country, cleaned["state"].strip())
            if code is None:
                example = next(iter(STATES[country].values()))
                self.add_error("state", f"Please enter your state, such as {example}.")
            cleaned["state"] = code or ""
            if not cleaned.get("postal_code"):
                self.add_error("postal_code", "Please enter your postal code.")
        return cleaned

    def as_update(self) -> dict[str, Any]:
        """The members of an update: the buyer, and the address if something is shipped."""
        told = self.cleaned_data
        update: dict[str, Any] = {"buyer": {"full_name": told["name"], "email": told["email"]}}
        if "line_one" in told:
            address = {name: told[name] for name in self.fields if name != "email" and told[name] != ""}
            update["fulfillment_details"] = {"address": {"state": "", "postal_code": "", **address}}
        return update

    @staticmethod
    def told_before(buyer: dict[str, Any] | None, details: dict[str, Any] | None) -> dict[str, Any]:
        """What the session knows already, as the form's initial values."""
        buyer = buyer or {}
        known = {"email": buyer.get("email"), "name": buyer.get("full_name"), **((details or {}).get("address") or {})}
        return {name: value for name, value in known.items() if value}
