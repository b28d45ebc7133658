"""Give a customer coins that nobody paid for."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from agents.commands import Command as TillCommand
from coins.models import MOST_COINS, Customer
from coins.operations import balance_of, grant_coins


class Command(TillCommand):
    help = "Give a customer coins, as a transfer that says why."
    example = 'manage.py grant_coins 3f1c0f5e-… 100 --reason "for your patience"'
    has_json = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id")
        parser.add_argument("coins", type=int)
        parser.add_argument("--reason", default="granted by staff")

    def handle(self, *args: Any, user_id: str, coins: int, reason: str, **options: Any) -> None:
        customer = Customer.objects.filter(pk=user_id).first()
        if customer is None:
            raise CommandError(f"there is no customer {user_id}")
        if not 0 < coins <= MOST_COINS:
            raise CommandError(f"coins must be a number from 1 to {MOST_COINS}")
        with transaction.atomic():
            grant_coins(customer=customer, coins=coins, reason=reason[:200])
        balance = balance_of(user_id)
        self.report(f"{customer} has {balance:,} coins now", {"user_id": user_id, "balance": balance}, options)
