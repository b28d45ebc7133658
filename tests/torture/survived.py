"""What was survived: a table at the end of a run, of each fault, how often it was tried, and what came of it."""

from collections import Counter
from typing import Any

FAULT = "fault"  # what a test records it as: its name, how often it was tried, of what, and what came of it


def table(terminalreporter: Any) -> list[str]:
    """In Markdown, as docs/faults.md shows it. Nothing of a test that failed is in it."""
    tried: Counter[tuple[str, str, str]] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, row in report.user_properties:
            if name == FAULT:
                fault, number, what, result = row
                tried[fault, what, result] += number
    rows = [f"| {fault} | {number} {what} | {result} |" for (fault, what, result), number in sorted(tried.items())]
    return ["| fault | tried | result |", "|---|---|---|", *rows] if rows else []
