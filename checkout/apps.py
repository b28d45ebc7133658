"""The checkout asks the payments room to be told how its payments ended, and who comes back from their bank."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "checkout"
    verbose_name = "Checkout"

    def ready(self) -> None:
        from checkout.operations import recall_disputed, recall_refunded, settle_checkout_payment
        from checkout.pages.till import come_back
        from payments import returning
        from payments.settling import register, register_disputes, register_refunds

        register("cs_", settle_checkout_payment)
        register_refunds("cs_", recall_refunded)
        register_disputes("cs_", recall_disputed)
        returning.register("cs_", come_back)
