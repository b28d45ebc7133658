"""What became of 2025-12-12."""

from agents.versioning import Body, VersionChange
from checkout.versions.shapes import SESSIONS, amounts, rename


class ProviderMerchantAppeared(VersionChange):
    """`payment_provider` names the merchant."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        del body["payment_provider"]["merchant_id"]


class OptionAmountsBecameTotals(VersionChange):
    """A fulfillment option's amounts moved to its `totals`, and its subtitle became a description."""

    responses = SESSIONS

    def downgrade(self, body: Body) -> None:
        for option in body["fulfillment_options"]:
            amount = amounts(option.pop("totals"))
            option |= {"subtotal": amount["subtotal"], "tax": amount["tax"], "total": amount["total"]}
            rename(option, "description", "subtitle")
