import pytest
import stripe

from tests.payments.sandbox.conftest import paid

pytestmark = pytest.mark.django_db(transaction=True)


def disputed(sdk, card: str = "pm_card_createDispute") -> stripe.Dispute:
    intent = paid(sdk, card)
    return sdk.disputes.list({"payment_intent": intent.id}).data[0]


def said(sdk, dispute: stripe.Dispute, words: str, **more) -> stripe.Dispute:
    return sdk.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}, **more})


def types_of(sdk) -> list[str]:
    return [event.type for event in sdk.events.list({"type": "charge.dispute.*"}).data][::-1]


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_some_buyers_want_their_money_back(sdk, card, reason, status):
    dispute = disputed(sdk, card)

    assert (dispute.amount, dispute.reason, dispute.status) == (4_299, reason, status)
    assert sdk.charges.retrieve(dispute.charge).disputed is True
    assert sdk.disputes.list({"charge": dispute.charge}).data[0].id == dispute.id
    assert types_of(sdk)[0] == "charge.dispute.created"


def test_some_more_than_once(sdk):
    intent = paid(sdk, "pm_card_createMultipleDisputes")

    assert sorted(each.amount for each in sdk.disputes.list({"payment_intent": intent.id}).data) == [2_149, 2_150]


def test_some_banks_only_warn(sdk):
    intent = paid(sdk, "pm_card_createIssuerFraudRecord")

    (warning,) = sdk.events.list({"type": "radar.early_fraud_warning.created"}).data
    assert warning.data.object.charge == intent.latest_charge
    assert sdk.disputes.list().data == []


def test_evidence_may_win(sdk):
    won = said(sdk, disputed(sdk), "winning_evidence")

    assert (won.status, won.evidence.uncategorized_text) == ("won", "winning_evidence")
    assert won.evidence_details.submission_count == 1
    assert types_of(sdk) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


def test_or_lose(sdk):
    assert said(sdk, disputed(sdk), "losing_evidence").status == "lost"
    assert types_of(sdk)[-2:] == ["charge.dispute.updated", "charge.dispute.closed"]


def test_or_be_looked_at(sdk):
    dispute = said(sdk, disputed(sdk), "It was delivered")

    assert dispute.status == "under_review"
    with pytest.raises(stripe.InvalidRequestError):
        said(sdk, dispute, "winning_evidence")


def test_it_can_be_gathered_first(sdk):
    dispute = said(sdk, disputed(sdk), "winning_evidence", submit=False)

    assert (dispute.status, dispute.evidence_details.has_evidence) == ("needs_response", True)
    assert said(sdk, dispute, "winning_evidence").status == "won"


def test_an_inquiry_can_be_closed_by_evidence(sdk):
    assert said(sdk, disputed(sdk, "pm_card_createDisputeInquiry"), "winning_evidence").status == "warning_closed"


def test_an_inquiry_can_become_a_dispute(sdk):
    dispute = said(sdk, disputed(sdk, "pm_card_createDisputeInquiry"), "escalate_inquiry_evidence")

    assert dispute.status == "needs_response"
    assert types_of(sdk)[-1] == "charge.dispute.funds_withdrawn"


def test_giving_in_loses(sdk):
    dispute = sdk.disputes.close(disputed(sdk).id)

    assert dispute.status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        sdk.disputes.close(dispute.id)


def test_disputed_money_is_not_refunded_too(sdk):
    dispute = disputed(sdk)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.refunds.create({"charge": dispute.charge})
    said(sdk, dispute, "winning_evidence")

    assert refused.value.code == "charge_disputed"
    assert sdk.refunds.create({"charge": dispute.charge}).status == "succeeded"


def test_an_inquiry_leaves_the_money_to_be_refunded(sdk):
    dispute = disputed(sdk, "pm_card_createDisputeInquiry")

    assert sdk.refunds.create({"charge": dispute.charge}).status == "succeeded"


def test_unknown_evidence_is_refused(sdk):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.disputes.update(disputed(sdk).id, {"evidence": {"feelings": "hurt"}})

    assert refused.value.code == "parameter_unknown"


def test_labels_can_be_changed(sdk):
    assert sdk.disputes.update(disputed(sdk).id, {"metadata": {"a": "1"}}).metadata.a == "1"
