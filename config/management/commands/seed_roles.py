"""`manage.py seed_roles`: the groups that staff are put into. May be run again: it puts their permissions right."""

from typing import Any

from agents.commands import Command as TillCommand
from config.roles import seed_roles


class Command(TillCommand):
    help = "Make the groups support, manager and developer, each with what it may do."
    example = "manage.py seed_roles"
    has_json = True

    def handle(self, *args: Any, **options: Any) -> None:
        facts = {group.name: group.permissions.count() for group in seed_roles()}
        text = "\n".join(f"{name}: {count} permissions" for name, count in facts.items())
        self.report(text, facts, options)
