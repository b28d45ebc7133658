"""What an operator may ask of shared payment tokens on the command line."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from payments.sandbox.models import Event
from spt.models import SharedPaymentToken
from tests.spt.conftest import issued

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_command_ends_what_has_ended_once_and_tells_of_it(capsys):
    issued(expires_at=timezone.now())
    issued()

    call_command("expire_tokens")
    call_command("expire_tokens")

    assert capsys.readouterr().out.splitlines() == [f"Expired {n} shared payment tokens" for n in (1, 0)]
    assert SharedPaymentToken.objects.filter(deactivated_reason="expired").count() == 1
    assert Event.objects.get().type == "shared_payment.issued_token.deactivated"


def test_a_profile_names_the_seller_whose_key_it_was_told_for(capsys, agent_sdk, seller_sdk):
    call_command("seller_profile", "sk_test_seller")
    profile = capsys.readouterr().out.strip()

    token = agent_sdk.issue(seller_details={"network_business_profile": profile})

    assert seller_sdk.pay(token.id).status == "succeeded"


def test_a_live_key_has_none_here():
    with pytest.raises(CommandError, match="no test key"):
        call_command("seller_profile", "sk_live_1")
