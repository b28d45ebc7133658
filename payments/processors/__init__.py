"""Those who can move money for us. `processor()` is the one that settings.PAYMENT_PROCESSOR names."""

from django.conf import settings
from django.utils.module_loading import import_string

from payments.processors.base import Processor


def processor() -> Processor:
    """Return the processor this shop works with."""
    instance: Processor = import_string(settings.PAYMENT_PROCESSOR)()
    return instance


def return_url() -> str:
    """Where a bank sends the buyer who has been asked to approve a payment (`payments.views.come_back`)."""
    return f"{settings.PUBLIC_URL}/payments/return"
