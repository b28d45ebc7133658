import pytest

from payments.declines import MESSAGES, declined, declined_by_network


@pytest.mark.parametrize(
    ("code", "decline_code", "ours"),
    [
        ("card_declined", "generic_decline", "card_declined"),
        ("card_declined", "insufficient_funds", "insufficient_funds"),
        ("card_declined", "lost_card", "card_declined"),
        ("card_declined", "stolen_card", "card_declined"),
        ("card_declined", "fraudulent", "card_declined"),
        ("card_declined", "card_velocity_exceeded", "limit_exceeded"),
        ("card_declined", "authentication_required", "authentication_required"),
        ("card_declined", "a_code_of_tomorrow", "card_declined"),
        ("expired_card", "", "expired_card"),
        ("incorrect_cvc", "incorrect_cvc", "incorrect_cvc"),
        ("processing_error", "", "processing_error"),
        ("an_error_of_tomorrow", "", "card_declined"),
    ],
)
def test_a_network_s_reason_becomes_one_of_ours(code, decline_code, ours):
    assert declined_by_network(code, decline_code).code == ours


@pytest.mark.parametrize("word", ["lost", "stolen", "fraud", "Stripe"])
def test_no_message_tells_a_buyer_what_the_bank_keeps_to_itself(word):
    assert not [message for message in MESSAGES.values() if word in message]


def test_every_message_is_a_sentence():
    assert all(message.endswith(".") and message[0].isupper() for message in MESSAGES.values())


def test_a_code_comes_with_its_message():
    assert declined("expired_card").message == "The card has expired. Use another card."
