"""Who pays, and with what: customers, stored cards, and names for cards that can be used once."""

from django.db import models

from agents.ids import new_id
from payments.sandbox.accounts import TILL


def customer_id() -> str:
    return new_id("cus")


def payment_method_id() -> str:
    return new_id("pm")


def token_id() -> str:
    return new_id("tok")


class Customer(models.Model):
    """Someone who may pay more than once."""

    id = models.CharField(primary_key=True, max_length=40, default=customer_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    email = models.CharField(max_length=512, blank=True)
    details = models.JSONField(default=dict, blank=True)  # what is kept only to be told again, as Stripe tells it
    default_payment_method = models.ForeignKey(
        "PaymentMethod", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    metadata = models.JSONField(default=dict, blank=True)
    is_deleted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"], name="customers_by_age")]

    def __str__(self) -> str:
        return self.email or self.id


class PaymentMethod(models.Model):
    """A stored card: what may be known of it, and how it behaves."""

    id = models.CharField(primary_key=True, max_length=40, default=payment_method_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="payment_methods", null=True, blank=True
    )
    brand = models.CharField(max_length=16)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    funding = models.CharField(max_length=16)
    country = models.CharField(max_length=2)
    fingerprint = models.CharField(max_length=64)
    behavior = models.CharField(max_length=64)  # a name in behaviors.BEHAVIORS
    checks = models.JSONField(default=dict, blank=True)  # what the bank said of the code and the address it was told
    billing_details = models.JSONField(default=dict, blank=True)
    allow_redisplay = models.CharField(max_length=16, default="unspecified")
    source = models.JSONField(default=dict, blank=True)  # what it stands in for, if another room made it: {name: value}
    metadata = models.JSONField(default=dict, blank=True)
    is_set_up = models.BooleanField(default=False)  # its buyer has approved payments to come
    is_detached = models.BooleanField(default=False)  # taken from its customer, it is of no use to anyone
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"], name="payment_methods_by_age")]

    def __str__(self) -> str:
        return f"{self.brand} ···· {self.last4}"

    def set_up_for(self, customer: Customer) -> None:
        """Its buyer has agreed that it is kept and charged again."""
        self.customer, self.is_set_up = customer, True
        self.save(update_fields=["customer", "is_set_up"])


class Token(models.Model):
    """A name for a card that can be used once."""

    id = models.CharField(primary_key=True, max_length=40, default=token_id, editable=False)
    account = models.CharField(max_length=40, default=TILL)
    payment_method = models.OneToOneField(PaymentMethod, on_delete=models.CASCADE, related_name="token")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.id
