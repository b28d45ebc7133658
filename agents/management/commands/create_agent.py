"""`manage.py create_agent NAME`: a new agent, and its key."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError

from agents import operations, versioning
from agents.commands import Command as TillCommand


class Command(TillCommand):
    help = "Create an agent and print its API key, which cannot be shown again."
    example = 'manage.py create_agent "Robin" --pin 2026-04-17'
    has_json = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what staff will call it; no two agents share a name")
        parser.add_argument(
            "--pin", metavar="VERSION", choices=versioning.SUPPORTED, default="", help="spoken if it names no version"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            agent, plain = operations.create_agent(name=options["name"], pinned_version=options["pin"])
        except IntegrityError:
            raise CommandError(f"There is an agent named {options['name']} already") from None
        text = f"Agent:   {agent.name} ({agent.pk})\nAPI key: {plain}\nKeep the key: it is not shown again."
        self.report(text, {"id": agent.pk, "name": agent.name, "key": plain}, options)
