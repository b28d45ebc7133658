"""What operators read of a purchase: its lines, wherever they come from, are found by the session's id."""

import io
import json
import logging
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as shop
from django.core.management import call_command
from django.utils import timezone

from agents.operations import set_endpoint
from agents.relay import deliver_all
from config.logging import configure
from tests.caller import Caller
from tests.payments.unreliable import Crash, DiesBeforeCreate, path

pytestmark = pytest.mark.django_db(transaction=True)  # the worker opens and closes connections of its own


@pytest.fixture
def caller():
    call_command("seed_catalog", verbosity=0)
    return Caller()


@contextmanager
def log():
    """The lines that are written meanwhile, as a machine reads them."""
    stream, lines = io.StringIO(), list[Any]()
    configure({"level": "INFO", "as_json": True})
    (handler,) = [each for each in logging.root.handlers if type(each) is logging.StreamHandler]
    handler.setStream(stream)
    try:
        yield lines
    finally:
        configure(shop.LOGGING)
        lines += map(json.loads, stream.getvalue().splitlines())


def test_every_request_that_touches_a_session_names_it_and_its_agent(caller):
    with log() as lines:
        session = caller.ready()
        caller.read(session)
        caller.complete(session, caller.delegate(session))

    assert [line["path"].rsplit("/", 1)[-1] for line in lines] == [
        "checkout_sessions",
        session["id"],
        "delegate_payment",
        "complete",
    ]
    assert {line["session_id"] for line in lines} == {session["id"]}
    assert {line["agent_id"] for line in lines} == {caller.agent.pk}
    assert len({line["request_id"] for line in lines}) == len(lines)


def test_a_request_about_nothing_names_no_session(caller):
    with log() as lines:
        caller.read(caller.create())
        caller.get("/checkout_sessions/cs_of_somebody_else")
        caller.get("/health")

    assert [("session_id" in line, line["status"]) for line in lines] == [
        (True, 201),
        (True, 200),
        (False, 404),
        (False, 200),
    ]


def test_the_worker_names_the_session_whose_payment_it_finishes(caller, settings):
    session, other = caller.ready(), caller.create()
    settings.PAYMENT_PROCESSOR = path(DiesBeforeCreate)
    with pytest.raises(Crash):
        caller.complete(session, "tok_visa")
    settings.PAYMENT_PROCESSOR = "payments.processors.sandbox.SandboxProcessor"

    with time_machine.travel(timezone.now() + timedelta(hours=2)), log() as lines:
        call_command("work", "--once")

    finished = next(line for line in lines if line["event"] == "payment finished: succeeded")
    assert (finished["session_id"], finished["payment_id"][:4]) == (session["id"], "pay_")
    (expired,) = [line for line in lines if line["event"] == "session expired"]
    assert expired["session_id"] == other["id"]
    assert "payment_id" not in expired


def test_the_worker_names_the_order_that_it_tells_of(caller):
    set_endpoint(agent=caller.agent, url="http://127.0.0.1:9/")
    order = caller.complete(caller.ready(), "tok_visa").json()["order"]

    with log() as lines:
        deliver_all()

    (sent,) = [line for line in lines if line["event"].startswith("event sent")]
    assert sent["order_id"] == order["id"]
    assert sent["event_id"].startswith("evt_")
