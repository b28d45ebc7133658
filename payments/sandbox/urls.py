"""The slice of Stripe's API that runs offline, and the page where a buyer answers their bank.

Whatever else begins with `/v1/` is answered here too, so another room's `/v1` addresses must come before these.
"""

from django.urls import path, re_path

from payments.sandbox import pages
from payments.sandbox.wire.base import UnrecognizedUrlViewSet
from payments.sandbox.wire.views import charges, customers, events, payment_intents, payment_methods

customer = customers.CustomerViewSet.as_view
method = payment_methods.PaymentMethodViewSet.as_view
token = payment_methods.TokenViewSet.as_view
intent = payment_intents.PaymentIntentViewSet.as_view
charge = charges.ChargeViewSet.as_view
refund = charges.RefundViewSet.as_view
dispute = charges.DisputeViewSet.as_view
event = events.EventViewSet.as_view
endpoint = events.WebhookEndpointViewSet.as_view

urlpatterns = [
    path("v1/customers", customer({"get": "list", "post": "create"})),
    path("v1/customers/<str:id>", customer({"get": "retrieve", "post": "update", "delete": "destroy"})),
    path("v1/customers/<str:id>/payment_methods", customer({"get": "list_payment_methods"})),
    path("v1/customers/<str:id>/payment_methods/<str:payment_method_id>", customer({"get": "retrieve_payment_method"})),
    path("v1/payment_methods", method({"get": "list", "post": "create"})),
    path("v1/payment_methods/<str:id>", method({"get": "retrieve", "post": "update"})),
    path("v1/payment_methods/<str:id>/attach", method({"post": "attach"})),
    path("v1/payment_methods/<str:id>/detach", method({"post": "detach"})),
    path("v1/tokens", token({"post": "create"})),
    path("v1/tokens/<str:id>", token({"get": "retrieve"})),
    path("v1/payment_intents", intent({"get": "list", "post": "create"})),
    path("v1/payment_intents/<str:id>", intent({"get": "retrieve", "post": "update"})),
    path("v1/payment_intents/<str:id>/confirm", intent({"post": "confirm"})),
    path("v1/payment_intents/<str:id>/capture", intent({"post": "capture"})),
    path("v1/payment_intents/<str:id>/cancel", intent({"post": "cancel"})),
    path("v1/charges", charge({"get": "list"})),
    path("v1/charges/<str:id>", charge({"get": "retrieve"})),
    path("v1/charges/<str:id>/refunds", charge({"get": "list_refunds"})),
    path("v1/refunds", refund({"get": "list", "post": "create"})),
    path("v1/refunds/<str:id>", refund({"get": "retrieve", "post": "update"})),
    path("v1/disputes", dispute({"get": "list"})),
    path("v1/disputes/<str:id>", dispute({"get": "retrieve", "post": "update"})),
    path("v1/disputes/<str:id>/close", dispute({"post": "close"})),
    path("v1/events", event({"get": "list"})),
    path("v1/events/<str:id>", event({"get": "retrieve"})),
    path("v1/webhook_endpoints", endpoint({"get": "list", "post": "create"})),
    path("v1/webhook_endpoints/<str:id>", endpoint({"get": "retrieve", "post": "update", "delete": "destroy"})),
    re_path(r"^v1(/.*)?$", UnrecognizedUrlViewSet.as_view({"get": "http_method_not_allowed"})),
    path("sandbox/authenticate/<str:payment_intent_id>", pages.authenticate, name="authenticate"),
]
