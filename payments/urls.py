"""Where processors and banks reach this room."""

from django.urls import path

from payments import views

urlpatterns = [
    path("stripe/webhook", views.stripe_webhook, name="stripe_webhook"),
    path("payments/return", views.come_back, name="come_back"),
]
