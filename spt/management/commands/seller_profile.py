"""Tell the business profile of an account, for an agent to issue tokens to; Stripe shows it in its dashboard."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from agents.commands import Command as TillCommand
from payments.sandbox.accounts import account_of
from spt.sellers import profile_of


class Command(TillCommand):
    """`manage.py seller_profile sk_test_seller`. Without a key, the shop's own."""

    help = "Print the business profile of a test key's account."
    example = "manage.py seller_profile sk_test_seller"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", nargs="?", default="sk_test_till", help="any key that begins with sk_test_")

    def handle(self, *, key: str, **options: Any) -> None:
        account = account_of(key)
        if account is None:
            raise CommandError("This is no test key: it must begin with sk_test_")
        self.stdout.write(profile_of(account))
