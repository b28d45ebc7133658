"""The audit of our packages fails for what it should, and for nothing else."""

import subprocess
import sys

import pytest

from tests import audit
from tests.conftest import ROOT

CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
FLAWED = {
    "name": "oldlib",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["1.1"], "description": ""}],
}
UNHEARD = {"name": "ours", "skip_reason": "not found"}


@pytest.fixture
def auditor(monkeypatch):
    """Let another program answer in pip-audit's place."""

    def answer(source):
        monkeypatch.setattr(audit, "COMMAND", [sys.executable, "-c", source])

    return answer


def test_a_vulnerable_package_fails(auditor, capsys):
    auditor(f"import json; print(json.dumps({{'dependencies': {[CLEAN, FLAWED]}}})); exit(1)")

    assert audit.main() == 1
    assert "oldlib 1.0: PYSEC-2026-1, mended in 1.1" in capsys.readouterr().out


def test_packages_without_a_flaw_pass(auditor, capsys):
    auditor(f"import json; print(json.dumps({{'dependencies': {[CLEAN, UNHEARD]}}}))")

    assert audit.main() == 0
    said = capsys.readouterr()
    assert "1 packages: nothing is known against them" in said.out
    assert "AUDIT INCOMPLETE: not known to the service: ours" in said.err


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "CVE-2026-1"])
def test_a_flaw_that_does_not_concern_us_is_named(monkeypatch, name):
    monkeypatch.setitem(audit.IGNORED, name, "we never call it")

    assert audit.judge([FLAWED]) == 0


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import sys; sys.exit('ConnectionError: no route')", "ConnectionError: no route"),
        (f"import json; print(json.dumps({{'dependencies': {[UNHEARD]}}}))", "knows none of the 1 packages"),
        ("import time; time.sleep(60)", "no answer within 10 seconds"),
    ],
)
def test_a_service_that_does_not_answer_is_a_skip_that_is_said(auditor, monkeypatch, capsys, source, reason):
    monkeypatch.setattr(audit, "SECONDS", 10)
    auditor(source)

    assert audit.main() == 0
    assert "AUDIT SKIPPED" in (said := capsys.readouterr().err)
    assert reason in said


def test_it_is_part_of_what_everybody_runs():
    plan = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True).stdout

    assert "-m tests.audit" in plan
