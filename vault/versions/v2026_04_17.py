"""What 2026-04-17 changed in delegate_payment."""

from agents.errors import ApiError
from agents.versioning import Body, VersionChange


class RiskSignalsBecameOptional(VersionChange):
    """`risk_signals` may be an empty list; before, it named at least one."""

    requests = ("DelegatePaymentRequest",)

    def upgrade(self, body: Body) -> None:
        if body.get("risk_signals") == []:
            raise ApiError("At least one risk signal is required", code="invalid_card", param="$.risk_signals")


class DuplicateRequestBecameInFlight(VersionChange):
    """A retry that came too early is told `idempotency_in_flight`; before, it was told `duplicate_request`."""

    responses = ("Error",)

    def downgrade(self, body: Body) -> None:
        if body["code"] == "idempotency_in_flight":
            body["code"] = "duplicate_request"
