"""Agents shop as fast as they can, while the server is killed at any moment, again and again."""

import os
import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command

from checkout.models import Order
from tests.caller import payment
from tests.torture import books
from tests.torture.shopper import PATIENCE, StubbornShopper
from tests.torture.stories import ASKS_THE_BUYER, GOODS, IS_DECLINED, PAYS
from tests.torture.supervisor import LEASE

pytestmark = pytest.mark.slow

RUNS = int(os.environ.get("TORTURE_RUNS", "200"))  # kills altogether, or a few more
AGENTS = 4
SEED = 20261121
A_SIEGE = 240.0  # seconds: the real server needs some to come back, and an agent may meet none of its short lives


def test_killed_at_random_moments(supervise, caller, stocked):
    supervisor, chance = supervise(), random.Random(SEED)

    def kill(number):
        supervisor.start()
        time.sleep(chance.uniform(0.03, 0.4))
        supervisor.kill()
        if number % 10 == 0:  # in the middle of it all, as a worker would
            call_command("settle_payments", verbosity=0)

    purchases = shop_through(caller, supervisor.port, kills=RUNS // 2, kill=kill, revive=supervisor.start)

    check(caller, supervisor.port, purchases, stocked)


def test_the_real_server_killed_at_random_moments(real_server, caller, stocked):
    shopper, chance = StubbornShopper(caller, real_server.port), random.Random(SEED)

    def revive():
        deadline = time.monotonic() + PATIENCE
        while not shopper.is_served():
            real_server.revive()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kill(_):
        revive()
        time.sleep(chance.uniform(0.1, 1.5))
        real_server.kill()

    kills = max(1, RUNS // 20)
    purchases = shop_through(caller, real_server.port, kills=kills, kill=kill, revive=revive, patience=A_SIEGE)

    check(caller, real_server.port, purchases, stocked)


def shop_through(caller, port, *, kills, kill, revive, patience=PATIENCE):
    """Let agents shop until that many servers have died; return what they bought, as (path, body, key, answer)."""
    is_over = threading.Event()
    with ThreadPoolExecutor(AGENTS) as pool:
        shoppers = [StubbornShopper(caller, port, patience) for _ in range(AGENTS)]
        agents = [pool.submit(shop, shopper, random.Random(n), is_over) for n, shopper in enumerate(shoppers)]
        try:
            for number in range(kills):
                kill(number)
        finally:
            is_over.set()
            revive()
        return [purchase for agent in agents for purchase in agent.result()]


def shop(shopper, chance, is_over):
    bought = []
    while not is_over.is_set():
        session = shopper.ready(*chance.sample(GOODS, k=chance.choice([1, 2])))
        number = chance.choice([PAYS, PAYS, PAYS, IS_DECLINED, ASKS_THE_BUYER, ""])
        token = shopper.delegate(session, number) if number else "tok_visa"
        path, body, key = f"/checkout_sessions/{session['id']}/complete", payment(token), uuid.uuid4().hex
        answer = shopper.insist(path, body, key)
        assert answer.status_code == 200, answer.content
        bought.append((path, body, key, answer.content))
    return bought


def check(caller, port, purchases, stocked):
    """Everybody got one answer, and the books are right."""
    time.sleep(LEASE)
    call_command("settle_payments", verbosity=0)
    shopper = StubbornShopper(caller, port)
    for path, body, key, content in purchases:
        assert shopper.insist(path, body, key).content == content
    assert not books.wrongs(stocked) + books.leftovers() + books.stuck_keys()
    assert Order.objects.exists()
