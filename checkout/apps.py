"""The checkout asks the payments room to be told how its payments ended."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "checkout"
    verbose_name = "Checkout"

    def ready(self) -> None:
        from checkout.operations import settle_checkout_payment
        from payments.settling import register

        register("cs_", settle_checkout_payment)
