"""The six addresses of shared payment tokens. They must come before `payments.sandbox.urls`, which takes all of /v1."""

from django.urls import path

from spt import views

issued = views.IssuedTokenViewSet.as_view
granted = views.GrantedTokenViewSet.as_view

urlpatterns = [
    path("v1/shared_payment/issued_tokens", issued({"post": "create"})),
    path("v1/shared_payment/issued_tokens/<str:id>", issued({"get": "retrieve"})),
    path("v1/shared_payment/issued_tokens/<str:id>/revoke", issued({"post": "revoke"})),
    path("v1/shared_payment/granted_tokens/<str:id>", granted({"get": "retrieve"})),
    path("v1/test_helpers/shared_payment/granted_tokens", granted({"post": "create"})),
    path("v1/test_helpers/shared_payment/granted_tokens/<str:id>/revoke", granted({"post": "revoke"})),
]
