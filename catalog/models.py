"""What can be bought, and what a merchant says about shipping, taxes, promotions and fees.

Amounts are minor units (cents, yen …), rates are basis points (825 is 8.25 %), times are days.
"""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from catalog import details
from catalog.destinations import ANYWHERE, Destination

WHOLE_BPS = 10_000  # 100 %
LOW_STOCK = 5  # units; at or below it agents read `low_stock`

is_public_id = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z", "Letters, digits, '.', '_' and '-' only.")
is_currency = RegexValidator(r"^[a-z]{3}\Z", "Three lowercase letters, such as usd.")
is_country = RegexValidator(r"^([A-Z]{2}|\*)\Z", "Two capital letters, such as US; * is anywhere.")
is_state = RegexValidator(r"^[A-Z0-9]{1,3}\Z", "The state's code in capitals, such as NY.")


class ProductQuerySet(models.QuerySet["Product"]):
    def active(self) -> "ProductQuerySet":
        return self.filter(is_active=True)


class Product(models.Model):
    """One thing that can be bought, under the merchant's own id. `details.py` says what the JSON columns hold."""

    id = models.CharField(primary_key=True, max_length=64, validators=[is_public_id])
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    images = models.JSONField(
        default=list, blank=True, validators=[details.validate_images], help_text="URLs, or paths such as /static/…"
    )
    unit_amount = models.BigIntegerField(help_text="Minor units: 7999 is 79.99 dollars.")
    discount_amount = models.BigIntegerField(default=0, help_text="Taken off each unit, in minor units.")
    currency = models.CharField(max_length=3, default="usd", validators=[is_currency])
    stock = models.PositiveIntegerField(null=True, blank=True, help_text="Units left; empty: nobody counts them.")
    max_quantity_per_order = models.PositiveIntegerField(null=True, blank=True)
    is_digital = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    tax_exempt = models.BooleanField(default=False)
    free_shipping = models.BooleanField(default=False)
    sku = models.CharField(max_length=64, blank=True)
    category = models.CharField(max_length=200, blank=True)
    tags = models.JSONField(default=list, blank=True, validators=[details.validate_texts])
    variant_options = models.JSONField(default=list, blank=True, validators=[details.validate_variant_options])
    custom_attributes = models.JSONField(default=list, blank=True, validators=[details.validate_custom_attributes])
    disclosures = models.JSONField(default=list, blank=True, validators=[details.validate_disclosures])
    seller_name = models.CharField(max_length=200, blank=True, help_text="Who sells it, if this is a marketplace.")

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(discount_amount__gte=0, discount_amount__lte=F("unit_amount")),
                name="product_discount_is_part_of_its_unit_amount",
            ),
            models.CheckConstraint(condition=Q(currency=Lower("currency")), name="product_currency_is_lowercase"),
            models.CheckConstraint(
                condition=Q(max_quantity_per_order=None) | Q(max_quantity_per_order__gte=1),
                name="product_can_be_ordered_at_least_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def sale_amount(self) -> int:
        """What a unit costs, in minor units."""
        return self.unit_amount - self.discount_amount

    @property
    def availability_status(self) -> str:
        """The wire's word for what is left."""
        if self.stock is None or self.stock > LOW_STOCK:
            return "in_stock"
        return "low_stock" if self.stock else "out_of_stock"

    @property
    def image_urls(self) -> list[str]:
        """The images under this server's own address where they are paths: the wire wants absolute URLs."""
        return [settings.PUBLIC_URL + image if image.startswith("/") else image for image in self.images]


class PlaceQuerySet(models.QuerySet):
    def for_destination(self, destination: Destination) -> "PlaceQuerySet":
        return self.filter(country__in=[destination.country, ANYWHERE], state__in=[destination.state, ""])


class Place(models.Model):
    """Something said about a state, a country or anywhere. What is said of the smallest place holds."""

    country = models.CharField(max_length=2, default=ANYWHERE, validators=[is_country], help_text="* is anywhere.")
    state = models.CharField(max_length=3, blank=True, validators=[is_state], help_text="Empty: the whole country.")

    objects = PlaceQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=~Q(country=ANYWHERE) | Q(state=""), name="%(class)s_with_a_state_names_its_country"
            ),
        ]

    @property
    def precision(self) -> tuple[bool, bool]:
        """Sorts the larger place before the smaller."""
        return self.country != ANYWHERE, self.state != ""


class ShippingOption(models.Model):
    """A way to send an order, such as `standard_shipping`. Its rates say where to, and for how much."""

    id = models.CharField(primary_key=True, max_length=64, validators=[is_public_id])
    aliases = models.JSONField(
        default=list, blank=True, validators=[details.validate_texts], help_text="Other ids that agents may send."
    )
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=200, blank=True)
    carrier = models.CharField(max_length=200, blank=True)
    min_days = models.PositiveSmallIntegerField(help_text="Days from the order to the earliest delivery.")
    max_days = models.PositiveSmallIntegerField(help_text="Days from the order to the latest delivery.")
    honors_free_shipping = models.BooleanField(
        default=False, help_text="Costs nothing if every product of the order ships free."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(min_days__lte=F("max_days")), name="shipping_option_earliest_day_comes_first"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ShippingRate(Place):
    """What a shipping option costs to a place, for a whole order."""

    option = models.ForeignKey(ShippingOption, on_delete=models.CASCADE, related_name="rates")
    currency = models.CharField(max_length=3, default="usd", validators=[is_currency])
    amount = models.BigIntegerField(help_text="Minor units, for a whole order.")

    class Meta:
        constraints = [
            *Place.Meta.constraints,
            models.UniqueConstraint(
                fields=["option", "country", "state", "currency"], name="one_shipping_rate_per_place_and_currency"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="shipping_rate_is_not_negative"),
            models.CheckConstraint(condition=Q(currency=Lower("currency")), name="shipping_rate_currency_is_lowercase"),
        ]

    def __str__(self) -> str:
        return f"{self.option_id} to {self.country} {self.state}".rstrip()


class TaxRate(Place):
    """What a place takes of goods and of their shipping. Where there is none, nothing is taken."""

    goods_bps = models.PositiveIntegerField(help_text="Basis points of goods: 825 is 8.25 %.")
    shipping_bps = models.PositiveIntegerField(default=0, help_text="Basis points of shipping.")

    class Meta:
        constraints = [
            *Place.Meta.constraints,
            models.UniqueConstraint(fields=["country", "state"], name="one_tax_rate_per_place"),
            models.CheckConstraint(
                condition=Q(goods_bps__lte=WHOLE_BPS, shipping_bps__lte=WHOLE_BPS),
                name="tax_rate_takes_at_most_everything",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.state}".rstrip()


class Promotion(models.Model):
    """Something off every order from a minimum on; the best one applies by itself."""

    name = models.CharField(max_length=200, help_text="Buyers read it.")
    currency = models.CharField(max_length=3, default="usd", validators=[is_currency])
    minimum_amount = models.BigIntegerField(default=0, help_text="Subtotal from which it applies, in minor units.")
    rate_bps = models.PositiveIntegerField(help_text="Basis points of the subtotal: 1000 is 10 %.")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_bps__gte=1, rate_bps__lte=WHOLE_BPS), name="promotion_takes_off_a_part_of_the_order"
            ),
            models.CheckConstraint(condition=Q(minimum_amount__gte=0), name="promotion_minimum_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class Fee(models.Model):
    """Something added to every order in its currency, such as handling."""

    name = models.CharField(max_length=200, help_text="Buyers read it.")
    currency = models.CharField(max_length=3, default="usd", validators=[is_currency])
    amount = models.BigIntegerField(help_text="Minor units, for a whole order.")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=1), name="fee_costs_something")]

    def __str__(self) -> str:
        return self.name
