"""The coins' addresses, every one of them written out."""

from django.urls import path

from coins import pages, views

coins = views.CoinsViewSet

urlpatterns = [
    path("stripe/create-customer", coins.as_view({"post": "create_customer"}), name="create_customer"),
    path(
        "stripe/attach-payment-method", coins.as_view({"post": "attach_payment_method"}), name="attach_payment_method"
    ),
    path("stripe/purchase-currency", coins.as_view({"post": "purchase_currency"}), name="purchase_currency"),
    path("stripe/spend-currency", coins.as_view({"post": "spend_currency"}), name="spend_currency"),
    path("stripe/customer/<str:user_id>", coins.as_view({"get": "customer"}), name="coins_customer"),
    path("stripe/packages", coins.as_view({"get": "packages"}), name="coin_packages"),
    path("stripe/transactions/<str:user_id>", coins.as_view({"get": "transactions"}), name="coin_transactions"),
    path("coins", pages.shop, name="coin_shop"),
    path("coins/enter", pages.enter, name="enter_coin_shop"),
    path("coins/buy", pages.buy, name="buy_coins"),
    path("coins/leave", pages.leave, name="leave_coin_shop"),
]
