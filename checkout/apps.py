"""The checkout asks the payments room to be told how its payments ended."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "checkout"
    verbose_name = "Checkout"

    def ready(self) -> None:
        from checkout.operations import recall_disputed, recall_refunded, settle_checkout_payment
        from payments.settling import register, register_disputes, register_refunds

        register("cs_", settle_checkout_payment)
        register_refunds("cs_", recall_refunded)
        register_disputes("cs_", recall_disputed)
