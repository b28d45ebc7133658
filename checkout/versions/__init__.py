"""The protocol's changelog as a table: what made each version of the checkout different from the one before."""

from agents.versioning import Versions
from checkout.versions import v2025_12_12, v2026_01_16, v2026_01_30, v2026_04_17

VERSIONS = Versions(
    {
        "2026-04-17": [
            v2026_04_17.OrderNotesAndMarketingConsentsAppeared,
            v2026_04_17.AddressCompanyAppeared,
            v2026_04_17.HandlerDisplayAppeared,
            v2026_04_17.MessageResolutionAppeared,
            v2026_04_17.OrderBecameFull,
            v2026_04_17.EventsBecameFullOrders,
            v2026_04_17.ProtocolWas20260130,
        ],
        "2026-01-30": [
            v2026_01_30.SessionDetailsAppeared,
            v2026_01_30.CurrencyAndCapabilitiesAppeared,
            v2026_01_30.ItemsBecameLineItems,
            v2026_01_30.PaymentProviderBecameHandlers,
            v2026_01_30.PaymentTokenBecameInstrument,
            v2026_01_30.BuyerNameBecameOptional,
            v2026_01_30.LineAmountsBecameTotals,
            v2026_01_30.NestedSelectionBecameFlat,
            v2026_01_30.StatusesBecameEleven,
            v2026_01_30.MessagesGainedCodesAndSeverity,
            v2026_01_30.AuthenticationOutcomesBecameTen,
            v2026_01_30.OrderStatusAppeared,
        ],
        "2026-01-16": [
            v2026_01_16.ProviderMerchantAppeared,
            v2026_01_16.OptionAmountsBecameTotals,
        ],
        "2025-12-12": [
            v2025_12_12.AttributionAppeared,
            v2025_12_12.CardBecameCardNetworks,
            v2025_12_12.FulfillmentAddressBecameFulfillmentDetails,
            v2025_12_12.FulfillmentOptionIdBecameSelections,
            v2025_12_12.LineItemsGainedDisplay,
            v2025_12_12.TotalDescriptionAppeared,
            v2025_12_12.AuthenticationAppeared,
            v2025_12_12.OrderAppearedOnEverySession,
        ],
    }
)
