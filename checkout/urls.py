"""The checkout's addresses, every one of them written out."""

from django.urls import path

from checkout import views
from checkout.pages import cart, order, shop, till

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
    path("", shop.home, name="home"),
    path("products/<str:product_id>", shop.product, name="product"),
    path("cart", cart.cart, name="cart"),
    path("cart/add", cart.add, name="add_to_cart"),
    path("cart/change", cart.change, name="change_cart"),
    path("checkout/address", till.address, name="address"),
    path("checkout/delivery", till.delivery, name="delivery"),
    path("checkout/payment", till.pay, name="pay"),
    path("checkout/withdraw", till.withdraw, name="withdraw"),
    path("orders/<str:order_id>", order.order, name="order"),
    path("terms", shop.terms, name="terms"),
    path("privacy", shop.privacy, name="privacy"),
]
