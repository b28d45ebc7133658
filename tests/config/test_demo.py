"""The tale that `make demo` tells, told to the end."""

import re

import pytest
from django.core.management import CommandError, call_command

from checkout.models import Order
from coins.models import Account

pytestmark = pytest.mark.django_db(transaction=True)  # the server's threads have connections of their own


def test_every_flow_is_told_to_its_end(live_server, capsys):
    call_command("seed_demo")

    call_command("demo", url=live_server.url)

    told = capsys.readouterr().out
    assert re.findall(r"Flow \d", told) == ["Flow 1", "Flow 2", "Flow 3"]
    assert sorted(re.findall(r"/orders/(ord_\w+)", told)) == sorted(Order.objects.values_list("id", flat=True))
    assert Order.objects.count() == 2
    assert Account.objects.filter(balance=180).exists()
    assert "4242424242424242" not in told


def test_what_goes_otherwise_ends_the_tale(live_server):
    call_command("seed_demo")

    with pytest.raises(CommandError, match="This API key is not valid"):
        call_command("demo", url=live_server.url, key="wrong")
