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
from agents.operations import create_agent, issue_key
from config.roles import seed_roles

AGENT = "demo"
PINNED_VERSION = "2025-09-29"
KEYS = ("api_key_123", "api_key_demo_123", "psp_api_key_456")
STAFF = "admin"  # the name, and the password


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
        call_command("seed_catalog")
        call_command("seed_packages")


def seed_agent() -> None:
    agent = Agent.objects.filter(name=AGENT).first()
    if agent is None:
        agent, _ = create_agent(name=AGENT, pinned_version=PINNED_VERSION)
    for plain in KEYS:
        if not ApiKey.objects.filter(hash=ApiKey.hash_of(plain)).exists():
            issue_key(agent=agent, plain=plain)


def seed_staff(groups: list[Group]) -> None:
    """One who may do everything, and one in each role, named as it is."""
    users = get_user_model().objects
    if not users.filter(username=STAFF).exists():
        users.create_superuser(STAFF, password=STAFF)
    for group in groups:
        if not users.filter(username=group.name).exists():
            users.create_user(group.name, password=group.name, is_staff=True).groups.add(group)
