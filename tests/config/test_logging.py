"""One stream of lines, for people or for machines, and never a local variable."""

import json
import logging
import sys

import pytest
import structlog
from django.conf import settings

from config.logging import configure


@pytest.fixture
def lines(capsys):
    """Log as a process would that was started with these options, and read what it wrote."""

    def log(as_json, level="INFO"):
        configure({"level": level, "as_json": as_json})
        return lambda: [line for line in capsys.readouterr().err.splitlines() if line]

    yield log
    configure(settings.LOGGING)


def fail_with_a_card_at_hand():
    number = "4242" * 4
    raise RuntimeError(f"declined after {len(number)} digits")


def log_a_failure(logger):
    try:
        fail_with_a_card_at_hand()
    except RuntimeError:
        logger.error("failed", exc_info=sys.exc_info())


def test_lines_are_json_for_machines_wherever_they_come_from(lines):
    read = lines(as_json=True)

    structlog.get_logger("ours").info("session created", session_id="cs_1")
    logging.getLogger("theirs").warning("watch %s", "out")

    ours, theirs = map(json.loads, read())
    assert (ours["event"], ours["session_id"], ours["level"]) == ("session created", "cs_1", "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("watch out", "theirs", "warning")


def test_every_line_of_a_request_carries_its_id(lines):
    read = lines(as_json=True)

    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        logging.getLogger("theirs").warning("here")

    assert json.loads(read()[0])["request_id"] == "req_1"


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("get_logger", [logging.getLogger, structlog.get_logger])
def test_a_traceback_shows_the_way_but_no_values(lines, as_json, get_logger):
    read = lines(as_json)

    log_a_failure(get_logger("ours"))

    written = "\n".join(read())
    assert "fail_with_a_card_at_hand" in written
    assert "4242424242424242" not in written


def test_the_level_is_honored(lines):
    read = lines(as_json=False, level="ERROR")

    structlog.get_logger("ours").warning("quiet")
    logging.getLogger("django").warning("quiet")

    assert read() == []


def test_nothing_mails_tracebacks():
    handlers = [handler for name in ("", "django", "django.request") for handler in logging.getLogger(name).handlers]

    assert not any("AdminEmail" in type(handler).__name__ for handler in handlers)


@pytest.mark.parametrize(
    ("level", "shown"),
    [("TRACE", "abcd"), ("DEBUG", "abcd"), ("INFO", "bcd"), ("WARN", "cd"), ("ERROR", "d")],
)
def test_every_level_that_seed_003_lists_is_known(lines, level, shown):
    read = lines(as_json=True, level=level)

    logger = logging.getLogger("till.test")
    for log, text in zip((logger.debug, logger.info, logger.warning, logger.error), "abcd", strict=True):
        log(text)

    assert "".join(json.loads(line)["event"] for line in read()) == shown


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("asked with sk_test_till", {}),
        ("asked", {"api_key": "topsecret"}),
        ("asked", {"sent": {"payment_method": {"cvc": "topsecret"}}}),
        ("asked topsecret", {"sent": {"cvc": "topsecret"}}),
        ("asked", {"card": "4242 4242 4242 4242"}),
        ("asked", {"by": ValueError("4242424242424242")}),
        ("asked", {"of": {"4242424242424242": 1}}),
        ("asked", {"session_id": "cs_4242424242424242"}),
    ],
)
def test_no_line_shows_a_secret_whoever_wrote_it(lines, as_json, event, facts):
    read = lines(as_json)

    structlog.get_logger("ours").info(event, **facts)
    logging.getLogger("theirs").info("%s %s", event.replace("topsecret", "4242424242424242"), "Bearer topsecret")

    ours, theirs = read()
    for secret in ("topsecret", "sk_test_till", "4242424242424242", "4242 4242"):
        assert secret not in ours + theirs
    assert "asked" in ours
    assert "asked" in theirs


def test_a_line_with_more_secrets_than_can_be_looked_for_says_nothing(lines):
    read = lines(as_json=True)

    structlog.get_logger("ours").info("asked", sent=[{"cvc": f"topsecret{number}"} for number in range(30)], path="/a")

    (line,) = read()
    assert "topsecret" not in line
    assert json.loads(line)["event"] == json.loads(line)["path"] == "[hidden]"


@pytest.mark.parametrize("id", ["0f3c1f0a-1234-4234-9234-123456789012", "9f86d081884c7d659a2feaa0c5123456789012ad"])
def test_ids_are_shown_whose_digits_look_like_a_card(lines, id):
    read = lines(as_json=True)

    structlog.get_logger("ours").info("asked", request_id=id, path=f"/stripe/customer/{id}", note=id)

    line = json.loads(read()[0])
    assert (line["request_id"], line["path"]) == (id, f"/stripe/customer/{id}")
    assert "[hidden]" in line["note"]


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("get_logger", [logging.getLogger, structlog.get_logger])
def test_a_traceback_ends_in_no_secret(lines, as_json, get_logger):
    read = lines(as_json)

    try:
        raise RuntimeError("no card 4242424242424242,\nno key\nsk_test_till")
    except RuntimeError:
        get_logger("ours").error("failed", exc_info=sys.exc_info())

    written = "\n".join(read())
    assert "RuntimeError: no card [hidden]" in written
    assert "sk_test_till" not in written


def test_names_in_a_traceback_are_no_keys(lines):
    read = lines(as_json=True)

    def ask_buyer():
        raise RuntimeError

    try:
        ask_buyer()
    except RuntimeError:
        logging.getLogger("ours").exception("failed")

    assert "in ask_buyer" in json.loads(read()[0])["exception"]
