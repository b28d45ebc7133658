"""Where the vault answers."""

from django.urls import path

from vault.views import DelegatePaymentViewSet

urlpatterns = [
    path("agentic_commerce/delegate_payment", DelegatePaymentViewSet.as_view({"post": "create"})),
]
