"""`manage.py count_days`: what the admin's front page shows of days gone by. `manage.py work` does it every hour."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from agents.commands import Command as TillCommand
from agents.models import Tally
from config.dashboard import dailies


class Command(TillCommand):
    help = "Count the days gone by that were not counted yet, or are to be counted again."
    example = "manage.py count_days\nmanage.py count_days --afresh --json"
    has_json = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--afresh", action="store_true", help="count every day again, as after a restored backup")

    def handle(self, *, afresh: bool, **options: Any) -> None:
        now, counted = timezone.now(), {}
        if afresh:
            Tally.objects.all().delete()
        for daily in dailies():
            days = self.progress(daily.keep(now), total=len(daily.due(now)), what=f"Counting {daily.name}")
            counted[daily.name] = sum(1 for _ in days)
        self.report(f"Counted {sum(counted.values())} day(s)", counted, options)
