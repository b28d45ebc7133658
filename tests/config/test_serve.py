"""The server as a newcomer and a supervisor meet it: a process of its own."""

import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError

from config.management.commands.serve import refuse_a_port_in_use

MANAGE = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return tmp_path_factory.mktemp("serve") / "till.sqlite3"


@pytest.fixture(scope="module")
def environment(database):
    """A shop of its own, with the demo's furniture."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}"}
    for words in (["migrate", "--verbosity", "0"], ["seed_demo"]):
        subprocess.run([*MANAGE, *words], env=environment, check=True)
    return environment


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(environment, port):
    command = [*MANAGE, "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            wait_for(port)
            yield process
        finally:
            process.terminate()


def wait_for(port):
    for _ in range(400):
        try:
            return ask(port, "GET", "/health")
        except OSError:
            time.sleep(0.05)
    raise TimeoutError


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    return connection.getresponse().status


def test_what_it_prints_can_be_pasted(environment, port):
    with serving(environment, port) as server:
        printed = ""
        while "-d '" not in printed:
            printed += server.stdout.readline()
        curl = re.search(r"curl .*\n.*", printed).group()
        answer = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, check=True).stdout

    assert f"http://127.0.0.1:{port}/admin/" in printed
    assert '"line_items"' in answer


def test_a_request_under_way_is_answered_before_it_stops(environment, port, database):
    statuses = []
    body = '{"items": [{"id": "item_123", "quantity": 1}]}'
    caller = threading.Thread(target=lambda: statuses.append(ask(port, "POST", "/checkout_sessions", body)))
    writer = sqlite3.connect(database, isolation_level=None)

    with serving(environment, port) as server:
        writer.execute("BEGIN IMMEDIATE")  # the request has to wait for us
        caller.start()
        time.sleep(0.5)
        server.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert server.poll() is None
        writer.execute("COMMIT")
        caller.join()

        assert statuses == [201]
        assert server.wait(20) == 0


def test_a_port_in_use_is_not_shared():
    with socket.socket() as other, pytest.raises(CommandError, match="in use"):
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as granian listens
        other.bind(("127.0.0.1", 0))
        other.listen()
        refuse_a_port_in_use(*other.getsockname())
