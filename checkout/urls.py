"""The checkout's addresses, every one of them written out."""

from django.urls import path

from checkout import pages, views

sessions = views.CheckoutSessionViewSet

urlpatterns = [
    path("checkout_sessions", sessions.as_view({"post": "create"}), name="checkout_sessions"),
    path(
        "checkout_sessions/<str:session_id>",
        sessions.as_view({"get": "retrieve", "post": "update"}),
        name="checkout_session",
    ),
    path(
        "checkout_sessions/<str:session_id>/complete",
        sessions.as_view({"post": "complete"}),
        name="complete_checkout_session",
    ),
    path(
        "checkout_sessions/<str:session_id>/cancel",
        sessions.as_view({"post": "cancel"}),
        name="cancel_checkout_session",
    ),
    path(".well-known/acp.json", views.DiscoveryView.as_view(), name="discovery"),
    path("", pages.home, name="home"),
    path("orders/<str:order_id>", pages.order, name="order"),
    path("terms", pages.terms, name="terms"),
    path("privacy", pages.privacy, name="privacy"),
]
