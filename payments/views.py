"""Two doors for news of a payment: the processor's events, and the buyer who comes back from their bank."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from agents.errors import ApiError
from payments import hearing
from payments.models import Payment
from payments.processors.base import BadSignature, Unknown
from payments.returning import destination_of
from payments.settling import finish

logger = logging.getLogger(__name__)


@csrf_exempt  # it proves by its signature who sent it
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """POST /stripe/webhook: Stripe says that something happened. It is told again until we have answered 200."""
    from payments.processors.stripe import read_event  # the SDK is imported where it is used

    try:
        told = read_event(
            request.body, request.headers.get("Stripe-Signature", ""), secret=settings.STRIPE_WEBHOOK_SECRET
        )
    except BadSignature as reason:
        logger.warning("an event was refused: %s", reason)
        return JsonResponse({"error": {"message": "This event is not signed as we expect."}}, status=400)
    if told:
        hearing.hear(told)
    return JsonResponse({"received": True})


@never_cache
@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    """GET /payments/return: the bank sends the buyer here, who has approved the payment, or has not."""
    processor_id = request.GET.get("payment_intent", "").replace("\0", "")
    payment = Payment.objects.filter(processor_id=processor_id).first() if processor_id else None
    if payment is not None and payment.needs_asking:
        try:
            payment = finish(payment)
        except (ApiError, Unknown):
            logger.info("payment %s is not settled yet", payment.pk)
    if payment and (destination := destination_of(request, payment)):
        return redirect(destination)
    return render(request, "payments/return.html", {"payment": payment}, status=200 if payment else 404)
