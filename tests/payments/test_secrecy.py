"""A card number and its security code are nowhere once the request is over: not in a row, a log, an error or a dump."""

import hashlib
import logging
import pickle
import traceback
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models.signals import pre_save
from django.views.debug import ExceptionReporter

from payments.operations import charge, settle
from payments.processors.base import CardRefused
from payments.processors.sandbox import SandboxProcessor
from payments.sandbox import operations
from payments.sandbox.models import PaymentMethod
from tests.payments.factories import card, prepared_payment
from tests.traces import tells

NUMBER, CVC = "4012888888881881", "7391"  # in no table; four digits of code, so that it is unlike anything else
AMEX = "343434343434343"


@pytest.fixture
def everything_logged(caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="django.db.backends")
    return caplog


def dump() -> str:
    output = StringIO()
    call_command("dumpdata", "payments", "sandbox", stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_no_row_and_no_log_has_them(agent, everything_logged):
    stored = SandboxProcessor().store_card(card(AMEX, cvc=CVC), key="k")
    payment = prepared_payment(agent, credential=stored.id)
    outcome = charge(payment)
    with transaction.atomic():
        settle(payment.pk, outcome)

    for text in (dump(), everything_logged.text, repr(stored), repr(pickle.dumps(stored)), str(vars(stored))):
        assert AMEX not in text
        assert not tells(text, CVC)
    assert PaymentMethod.objects.get().last4 == "4343"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"number": NUMBER[:-1] + "2"}, {"exp_month": 13}, {"exp_year": 1999}, {"cvc": CVC}]
)
def test_a_refusal_does_not_quote_them(changes):
    typed = {"number": NUMBER, "cvc": "123"} | changes

    with pytest.raises(CardRefused) as refused:
        SandboxProcessor().store_card(card(**typed), key="k")

    shown = "".join(traceback.format_exception(refused.value)) + repr(vars(refused.value)) + repr(refused.value)
    assert typed["number"] not in shown
    assert not tells(shown, CVC)
    assert dump() == "[]"


@pytest.fixture
def full_disk():
    def fail(**_):
        raise RuntimeError("disk full")

    pre_save.connect(fail, sender=PaymentMethod)
    yield
    pre_save.disconnect(fail, sender=PaymentMethod)


@pytest.mark.django_db
def test_an_error_report_of_a_failure_on_the_way_does_not_show_them(full_disk, rf):
    """Django's report prints the local variables of every frame."""
    with pytest.raises(RuntimeError) as failure:
        SandboxProcessor().store_card(card(AMEX, cvc=CVC), key="k")

    report = ExceptionReporter(rf.get("/"), failure.type, failure.value, failure.tb)

    frames = [frame for frame in report.get_traceback_frames() if "tests" not in frame["filename"]]
    assert {"store_card", "once", "create_payment_method", "_store"} <= {frame["function"] for frame in frames}
    assert AMEX not in str(frames)
    assert not tells(str(frames), CVC)


def test_a_fingerprint_tells_nothing():
    fingerprint = operations.fingerprint_of(card(NUMBER))

    assert NUMBER not in fingerprint
    assert fingerprint != hashlib.sha256(NUMBER.encode()).hexdigest()
