"""The SDK that has the classes of shared payment tokens, in an environment of its own, against a running server."""

import subprocess
from pathlib import Path

import pytest

from payments.sandbox.deliveries import deliver

ROOT = Path(__file__).resolve().parents[2]
PREVIEW = ROOT / ".venv" / "preview"
DRIVE = ["-m", "tests.spt.preview.drive"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_preview_sdk_cannot_tell_us_from_stripe(live_server):
    if not (PREVIEW / "ready").exists():
        pytest.skip("no preview SDK: make .venv/preview/ready")

    code, said = played([PREVIEW / "bin" / "python", *DRIVE, live_server.url])

    assert code == 0, said
    assert said.count("ok ") == 13


def played(command: list[str | Path]) -> tuple[int, str]:
    """Run `command`, deliver events meanwhile, and return how it ended and what it said."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for _ in range(600):
            deliver()
            try:
                said, _ = process.communicate(timeout=0.2)
                return process.returncode, said
            except subprocess.TimeoutExpired:
                continue
        process.kill()
    raise AssertionError("the preview SDK is at it for two minutes")
