"""The page where a buyer answers their bank, which wants to know whether a payment is theirs (3D Secure)."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from agents.browsers import PAGE, with_policy
from payments.money import Money
from payments.sandbox.models import PaymentIntent
from payments.sandbox.objects.shapes import client_secret
from payments.sandbox.operations import NoSuchObject, UnexpectedState, answer_challenge, retrieve_payment_intent

PAID = frozenset({PaymentIntent.Status.SUCCEEDED, PaymentIntent.Status.REQUIRES_CAPTURE})


@never_cache
@with_policy(lambda: PAGE | {"form-action": "*"})  # the answer leads back to where the payment began
@require_http_methods(["GET", "HEAD", "POST"])
def authenticate(request: HttpRequest, payment_intent_id: str) -> HttpResponse:
    """Ask the buyer, take the answer, and send them on to where the payment began."""
    intent = _intent(payment_intent_id)
    if request.method == "POST" and request.POST.get("answer") in ("approve", "refuse"):
        return _send_on(request, _answered(intent, is_approved=request.POST["answer"] == "approve"))
    if not intent.awaits_buyer:
        return _send_on(request, intent, is_news=False)
    context = {"money": Money(intent.amount, intent.currency), "method": intent.payment_method, "is_asked": True}
    return render(request, "sandbox/authenticate.html", context)


def _intent(payment_intent_id: str) -> PaymentIntent:
    if not settings.SANDBOX or "\x00" in payment_intent_id:
        raise Http404
    try:
        return retrieve_payment_intent(payment_intent_id=payment_intent_id, account=None)
    except NoSuchObject:
        raise Http404 from None


def _answered(intent: PaymentIntent, *, is_approved: bool) -> PaymentIntent:
    try:
        with transaction.atomic(durable=True):
            return answer_challenge(payment_intent_id=intent.pk, is_approved=is_approved)
    except UnexpectedState as late:  # it was answered before, in another window
        return late.intent or intent


def _send_on(request: HttpRequest, intent: PaymentIntent, *, is_news: bool = True) -> HttpResponse:
    is_paid = intent.status in PAID
    return_url = intent.details.get("return_url") or ""
    if is_news and urlsplit(return_url).scheme in ("http", "https"):
        return redirect(_with_outcome(return_url, intent, is_paid))
    return render(request, "sandbox/authenticate.html", {"is_asked": False, "is_paid": is_paid})


def _with_outcome(return_url: str, intent: PaymentIntent, is_paid: bool) -> str:
    """The address with what Stripe adds to it."""
    parts = urlsplit(return_url)
    outcome = {
        "payment_intent": intent.pk,
        "payment_intent_client_secret": client_secret(intent.pk),
        "redirect_status": "succeeded" if is_paid else "failed",
    }
    query = "&".join(filter(None, (parts.query, urlencode(outcome))))
    return urlunsplit(parts._replace(query=query))
