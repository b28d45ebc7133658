"""The SDK that has the classes of shared payment tokens, in an environment of its own, against a running server."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREVIEW = ROOT / ".venv" / "preview"
DRIVE = ["-m", "tests.spt.preview.drive"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_preview_sdk_cannot_tell_us_from_stripe(live_server):
    if not (PREVIEW / "ready").exists():
        pytest.skip("no preview SDK: make .venv/preview/ready")

    played = subprocess.run(
        [PREVIEW / "bin" / "python", *DRIVE, live_server.url], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count("ok ") == 12
