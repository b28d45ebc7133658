"""The changelog of delegate_payment as a table: what each version changed, newest first."""

from agents.versioning import Versions
from vault.versions import v2025_12_12, v2026_04_17

VERSIONS = Versions(
    {
        "2026-04-17": [v2026_04_17.RiskSignalsBecameOptional, v2026_04_17.DuplicateRequestBecameInFlight],
        "2026-01-30": [],
        "2026-01-16": [],
        "2025-12-12": [v2025_12_12.DisplayLast4BecameFourDigits],
        "2025-09-29": [],
    }
)
