"""How often a server was killed: the line at the end of a run, and the least that a whole run must have.

`tests/conftest.py` brings these hooks in: with several workers, whoever writes the end never sees this folder's own.
"""

from collections import Counter
from typing import Any

import pytest

from tests.torture import survived

KILLS = "kills"  # what a test records them as
FEWEST_KILLS = 200  # on each database
WHOLE = ((["tests"], "", ""), (["tests/torture"], "slow", ""))  # arguments, marks, keywords of a run with all of it


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The whole torture is none if hardly anybody was killed."""
    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    chosen = ([arg.rstrip("/") for arg in config.args], config.option.markexpr, config.option.keyword)
    is_whole = chosen in WHOLE and not config.option.collectonly and not session.shouldstop
    if reporter and is_whole and _kills(reporter).total() < FEWEST_KILLS:
        reporter.write_line(f"torture: fewer than {FEWEST_KILLS} kills")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _kills(terminalreporter: Any) -> Counter[str]:
    """By test. With several workers too: what they recorded comes with their reports."""
    kills: Counter[str] = Counter()
    for report in terminalreporter.stats.get("", []):  # a fixture's last words are in the report of the teardown
        for name, number in report.user_properties:
            if name == KILLS and report.when == "teardown":
                kills[report.location[2].split("[")[0]] += number
    return kills


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for line in survived.table(terminalreporter):
        terminalreporter.write_line(line)
    kills = _kills(terminalreporter)
    if not kills:
        return
    failed = [report for report in terminalreporter.stats.get("failed", []) if "torture" in report.nodeid]
    result = f"{len(failed)} tests found something wrong" if failed else "nothing lost, nothing done twice"
    told = ", ".join(f"{number} {name.removeprefix('test_')}" for name, number in sorted(kills.items()))
    terminalreporter.write_line(f"torture: {kills.total()} kills ({told}): {result}")
