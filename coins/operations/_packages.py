"""The shop window: what a package is here, a product is in the catalogue."""

from typing import Any

from django.db import transaction

from catalog.models import Product
from coins.models import Package


def offer_package(package: Package, **product: Any) -> None:
    """Save a package, and the digital product as which agents find it in the catalogue (`product`: more of its fields).

    Past purchases keep the terms they were made at.
    """
    package.full_clean()
    with transaction.atomic():
        package.save()
        Product.objects.update_or_create(
            pk=package.id,
            defaults={
                "title": f"{package.name}: {package.coins:,} coins",
                "unit_amount": package.price_amount,
                "currency": package.currency,
                "is_digital": True,
                "is_active": package.is_active,
                **product,
            },
        )
