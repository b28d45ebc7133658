"""The tale that `make demo` tells, told to the end."""

import re
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from agents.models import Agent, Endpoint, OutgoingEvent
from agents.operations import set_endpoint
from agents.relay import Relay
from checkout.models import Order
from coins.models import Account
from config.management.commands import demo
from tests.agents.receivers import SECRET

pytestmark = pytest.mark.django_db(transaction=True)  # the server's threads have connections of their own


@pytest.fixture
def worker():
    """Delivers events, as `manage.py work` does beside the server."""
    relay, stopping = Relay(), threading.Event()

    def work():
        while not stopping.wait(0.05):
            relay.run()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stopping.set()
    thread.join()
    relay.close()


def test_every_flow_is_told_to_its_end(live_server, worker, capsys):
    call_command("seed_demo")

    call_command("demo", url=live_server.url)

    told = capsys.readouterr().out
    assert re.findall(r"Flow \d", told) == ["Flow 1", "Flow 2", "Flow 3"]
    orders = re.findall(r"The buyer's page: \S+/orders/(ord_\w+)", told)
    assert sorted(orders) == sorted(Order.objects.values_list("id", flat=True))
    assert Order.objects.count() == 2
    assert Account.objects.filter(balance=180).exists()
    assert "4242424242424242" not in told


def test_what_the_agent_is_told_of_its_orders_arrives_in_the_tale(live_server, worker, capsys):
    call_command("seed_demo")
    agent = Agent.objects.get(name="demo")
    own, _ = set_endpoint(agent=agent, url="http://127.0.0.1:8139/", secret=SECRET)

    call_command("demo", url=live_server.url)

    told = re.findall(r"⇠ (\w+) (evt_\w+)", capsys.readouterr().out)
    assert told == list(OutgoingEvent.objects.order_by("sequence").values_list("type", "id"))
    assert [type for type, _ in told] == ["order_create", "order_update", "order_create"]
    assert Endpoint.objects.get().url == own.url


def test_without_a_worker_the_tale_goes_on(live_server, capsys, monkeypatch):
    monkeypatch.setattr(demo, "EVENT_SECONDS", 0.1)
    call_command("seed_demo")

    call_command("demo", url=live_server.url)

    told = capsys.readouterr().out
    assert "is `manage.py work` running there?" in told
    assert "Flow 3" in told
    assert not Endpoint.objects.exists()


def test_what_goes_otherwise_ends_the_tale(live_server):
    call_command("seed_demo")

    with pytest.raises(CommandError, match="This API key is not valid"):
        call_command("demo", url=live_server.url, key="wrong")
