"""How many requests were sent: how many there shall be, and the line at the end of a run that says how many there were.

FIRE_REQUESTS is about how many a run sends: few in `make test`, a hundred thousand in `make fire`.
"""

import os
from collections import Counter
from typing import Any

REQUESTS = "fire requests"  # what a test records them as
WANTED = int(os.environ.get("FIRE_REQUESTS", "3000"))
sent: Counter[int] = Counter()  # by the status of the answer


def share(of: float, tests: int) -> int:
    """How many examples one of `tests` tests makes, which together are to send this share of all requests."""
    return max(2, round(WANTED * of / tests))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """With several workers too: what they recorded comes with their reports."""
    reports = [report for report in terminalreporter.stats.get("", []) if report.when == "teardown"]
    total = sum(number for report in reports for name, number in report.user_properties if name == REQUESTS)
    if total:
        failed = [report for report in terminalreporter.stats.get("failed", []) if "tests/fire" in report.nodeid]
        result = f"{len(failed)} tests found something wrong" if failed else "no 5xx, every answer as documented"
        terminalreporter.write_line(f"fire: {total} requests: {result}")
