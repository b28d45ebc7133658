"""Coins ask to be told how their payments and refunds ended, and when a package was sold over the counter."""

from django.apps import AppConfig


class CoinsConfig(AppConfig):
    name = "coins"
    verbose_name = "Coins"

    def ready(self) -> None:
        from catalog import deliveries
        from coins import operations, suggestions
        from coins.models import REFERENCE, Package
        from ocp import suggestions as contexts
        from payments import settling

        settling.register(REFERENCE, operations.settle_purchase)
        settling.register_refunds(REFERENCE, operations.settle_purchase_refund)
        settling.register_disputes(REFERENCE, operations.settle_purchase_dispute)
        contexts.register(suggestions.package)
        deliveries.register(
            deliver=operations.deliver_coins,
            recall=operations.recall_coins,
            restore=operations.restore_coins,
            products=lambda: Package.objects.values("pk"),
        )
