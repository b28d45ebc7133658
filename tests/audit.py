"""Is any package that we install known to be vulnerable? `python -m tests.audit` asks pip-audit about them all.

It fails on what is known and mended. Where the service that knows cannot be reached, or knows none of our packages (a
mirror of the index, say), it says that nothing was audited, and succeeds: an outage elsewhere is no fault of ours.
"""

import json
import subprocess
import sys
from typing import Any

SECONDS = 30
COMMAND = [sys.executable, "-m", "pip_audit", "--local", "--progress-spinner=off", "--timeout=5", "--format=json"]
IGNORED: dict[str, str] = {}  # the id of a vulnerability, and why it does not concern us


def main() -> int:
    """Return the exit status: 1 if something is vulnerable."""
    try:
        result = subprocess.run(COMMAND, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return skipped(f"no answer within {SECONDS} seconds")
    try:
        found = json.loads(result.stdout)["dependencies"]
    except (ValueError, KeyError):
        return skipped((result.stderr.strip().splitlines() or ["no answer"])[-1])
    return judge(found)


def judge(found: list[dict[str, Any]]) -> int:
    """Say what pip-audit found, of `found` packages."""
    known = [package for package in found if "vulns" in package]
    unknown = [package["name"] for package in found if "vulns" not in package]
    if not known:
        return skipped(f"the service knows none of the {len(found)} packages")
    flaws = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'none'}"
        for package in known
        for flaw in package["vulns"]
        if not {flaw["id"], *flaw.get("aliases", [])} & IGNORED.keys()
    ]
    print("\n".join(flaws) or f"{len(known)} packages: nothing is known against them")
    if unknown:
        print(f"AUDIT INCOMPLETE: not known to the service: {', '.join(unknown)}", file=sys.stderr)
    return 1 if flaws else 0


def skipped(reason: str) -> int:
    print(f"AUDIT SKIPPED: {reason}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
