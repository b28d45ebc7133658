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
from pathlib import Path

import pytest

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


def manage(*words):
    return [sys.executable, str(MANAGE), *words]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A shop of its own, with the demo's furniture."""
    database = tmp_path_factory.mktemp("serve") / "till.sqlite3"
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}"}
    subprocess.run(manage("migrate", "--verbosity", "0"), env=environment, check=True)
    subprocess.run(manage("seed_demo"), env=environment, check=True)
    return environment


@pytest.fixture
def server(environment, unused_port):
    command = manage("serve", "--port", str(unused_port))
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        wait_for(unused_port)
        yield process
        process.kill()


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            return ask(port, "GET", "/health")
        except OSError:
            time.sleep(0.05)
    raise TimeoutError


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    return connection.getresponse().status


def test_what_it_prints_can_be_pasted(server, unused_port):
    printed = "".join(server.stdout.readline() for _ in range(11))
    curl = re.search(r"curl .*\n.*", printed).group()

    answer = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, check=True).stdout

    assert f"http://127.0.0.1:{unused_port}/admin/" in printed
    assert '"line_items"' in answer


def test_requests_under_way_are_answered_before_it_stops(server, unused_port, environment):
    writer = sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None)
    statuses = []
    body = '{"items": [{"id": "item_123", "quantity": 1}]}'
    caller = threading.Thread(target=lambda: statuses.append(ask(unused_port, "POST", "/checkout_sessions", body)))

    writer.execute("BEGIN IMMEDIATE")  # so that the request has to wait
    caller.start()
    time.sleep(0.5)
    server.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert server.poll() is None
    writer.execute("COMMIT")
    caller.join()

    assert statuses == [201]
    assert server.wait(10) == 0


def test_a_port_in_use_is_said(environment, server, unused_port):
    second = subprocess.run(
        manage("serve", "--port", str(unused_port)), env=environment, capture_output=True, text=True, timeout=20
    )

    assert second.returncode != 0
