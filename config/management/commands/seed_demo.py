"""Fill the sandbox with what the documentation's examples and existing client scripts expect to find."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from agents.commands import Command as TillCommand
from agents.models import Agent, ApiKey
from agents.operations import create_agent, issue_key, set_endpoint
from config.roles import seed_roles
from payments.sandbox.models import Customer
from payments.sandbox.operations import attach_payment_method

AGENT = "demo"
PINNED_VERSION = "2025-09-29"
KEYS = ("api_key_123", "api_key_demo_123", "psp_api_key_456")
STAFF = "admin"  # the name, and the password
ALICE = "cus_abc123"  # whom seed 001's calls to `/v1` charge


class Command(TillCommand):
    """`manage.py seed_demo`: an agent, its keys, staff, goods. May be run again: it adds what is missing."""

    help = "Fill the sandbox with demo data."
    example = "manage.py seed_demo"

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("Everybody knows the demo keys: seed_demo is refused where SANDBOX is off.")
        seed_agent()
        groups = seed_roles()
        seed_staff(groups)
        seed_alice()
        call_command("seed_catalog")
        call_command("seed_packages")


def seed_agent() -> None:
    agent = Agent.objects.filter(name=AGENT).first()
    if agent is None:
        agent, _ = create_agent(name=AGENT, pinned_version=PINNED_VERSION)
    for plain in KEYS:
        if not ApiKey.objects.filter(hash=ApiKey.hash_of(plain)).exists():
            issue_key(agent=agent, plain=plain)
    if settings.ORDER_EVENTS_URL and settings.ORDER_EVENTS_SECRET:
        set_endpoint(agent=agent, url=settings.ORDER_EVENTS_URL, secret=settings.ORDER_EVENTS_SECRET)


def seed_staff(groups: list[Group]) -> None:
    """One who may do everything, and one in each role, named as it is."""
    users = get_user_model().objects
    if not users.filter(username=STAFF).exists():
        users.create_superuser(STAFF, password=STAFF)
    for group in groups:
        if not users.filter(username=group.name).exists():
            users.create_user(group.name, password=group.name, is_staff=True).groups.add(group)


def seed_alice() -> None:
    """A customer of the demo account's, with a card on file."""
    facts = {"email": "alice@example.com", "details": {"name": "Alice Johnson"}}
    _, is_new = Customer.objects.get_or_create(id=ALICE, defaults=facts)
    if is_new:
        attach_payment_method(payment_method="pm_card_visa", customer_id=ALICE)
