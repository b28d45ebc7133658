"""The server as a newcomer and a supervisor meet it: a process of its own."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.core.management import CommandError

from config.management.commands.serve import refuse_a_port_in_use

ONE_ITEM = '{"items": [{"id": "item_123", "quantity": 1}]}'
MANAGE = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return tmp_path_factory.mktemp("serve") / "till.sqlite3"


@pytest.fixture(scope="module")
def environment(database):
    """A shop of its own, with the demo's furniture."""
    environment = in_database(database)
    for words in (["migrate", "--verbosity", "0"], ["seed_demo"]):
        subprocess.run([*MANAGE, *words], env=environment, check=True)
    return environment


def in_database(path):
    return {**os.environ, "DATABASE_URL": f"sqlite:///{path}"}


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(environment, port, *more):
    command, environment = [*MANAGE, "serve", *more], {"PORT": str(port), **environment}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            wait_for(port)
            yield process
        finally:
            process.terminate()


def wait_for(port):
    for _ in range(2400):
        try:
            return ask(port, "GET", "/health")
        except OSError:
            time.sleep(0.05)
    raise TimeoutError


def ask(port, method, path, body=None):
    return answer(port, method, path, body)[0]


def answer(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_what_it_prints_can_be_pasted(environment, port):
    with serving(environment, port) as server:
        printed = ""
        while "-d '" not in printed:
            printed += server.stdout.readline()
        curl = re.search(r"curl .*\n.*", printed).group()
        answered = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, check=True).stdout

    assert f"http://127.0.0.1:{port}/admin/" in printed
    assert '"line_items"' in answered


def test_settings_are_those_of_the_port_that_is_asked_for(environment, port):
    with serving({**environment, "PORT": "1"}, port, "--port", str(port)):
        assert f"http://127.0.0.1:{port}/terms" in answer(port, "POST", "/checkout_sessions", ONE_ITEM)[1]


def test_a_demo_begins_with_an_empty_database_and_ends_with_its_worker(port, tmp_path):
    with serving(in_database(tmp_path / "new.sqlite3"), port, "--demo", "--with-worker") as server:
        processes = children(server.pid)
        assert ask(port, "POST", "/checkout_sessions", ONE_ITEM) == 201
        server.terminate()
        assert server.wait(60) == 0

    assert len(processes) == 2
    assert not any(is_alive(process) for process in processes)


def test_its_worker_goes_even_if_it_is_killed(environment, port):
    with serving(environment, port, "--with-worker") as server:
        worker, web = children(server.pid)
        server.kill()

        until(lambda: not is_alive(worker))
        os.kill(web, signal.SIGKILL)


def test_a_request_under_way_is_answered_before_it_stops(environment, port, database):
    statuses = []
    caller = threading.Thread(target=lambda: statuses.append(ask(port, "POST", "/checkout_sessions", ONE_ITEM)))
    writer = sqlite3.connect(database, isolation_level=None)

    with serving(environment, port) as server:
        writer.execute("BEGIN IMMEDIATE")  # the request has to wait for us
        caller.start()
        time.sleep(3)  # it is under way by then, on a busy machine too
        server.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert server.poll() is None
        writer.execute("COMMIT")
        caller.join()

        assert statuses == [201]
        assert server.wait(60) == 0


def test_the_last_calls_before_it_stops_are_there_for_the_inspector(environment, port, database):
    with serving(environment, port) as server:
        sessions = [json.loads(answer(port, "POST", "/checkout_sessions", ONE_ITEM)[1])["id"] for _ in range(3)]
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0

    told = sqlite3.connect(database).execute("SELECT subject FROM agents_exchange").fetchall()
    assert set(sessions) <= {subject for (subject,) in told}


def test_it_is_unready_before_it_stops_and_answers_meanwhile(environment, port):
    with serving({**environment, "DRAIN_SECONDS": "2"}, port) as server:
        assert ask(port, "GET", "/ready") == 200
        server.send_signal(signal.SIGTERM)
        while ask(port, "GET", "/ready") == 200:
            time.sleep(0.01)

        assert ask(port, "GET", "/ready") == 503
        assert ask(port, "GET", "/openapi.json") == 200
        assert server.wait(60) == 0


A_SIGNAL_FOR_ANOTHER_THREAD = """
import signal, threading
from config.server import hear_signals

heard = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: heard.set())
hear_signals()
threading.Timer(0.5, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()
heard.wait()  # as granian's main thread does
"""


def test_it_hears_a_signal_that_the_system_gave_to_another_thread(environment):
    program = [sys.executable, "-c", A_SIGNAL_FOR_ANOTHER_THREAD]
    with subprocess.Popen(program, env=environment, cwd=Path(MANAGE[1]).parent) as process:
        try:
            assert process.wait(60) == 0
        finally:
            process.kill()


def test_any_of_its_processes_tells_of_the_requests_of_all(environment, port):
    def counted():
        found = re.search(r'^till_requests_total{.*route="/docs".*} (\S+)', answer(port, "GET", "/metrics")[1], re.M)
        return float(found[1]) if found else 0

    with serving(environment, port, "--workers", "2") as server:
        for _ in range(20):
            ask(port, "GET", "/docs")
        assert {counted() for _ in range(10)} == {20}

        victim = children(server.pid)[0]
        os.kill(victim, signal.SIGKILL)
        until(lambda: victim not in children(server.pid) and len(children(server.pid)) == 2)
        until(lambda: counted() == 20)  # what the dead have counted is kept


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid):
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""  # of a zombie it is empty
    return False


def until(it_is_so):
    """Whoever calls may be cut off meanwhile."""
    for _ in range(600):
        with suppress(OSError, http.client.HTTPException):
            if it_is_so():
                return
        time.sleep(0.1)
    raise TimeoutError


def test_it_leaves_nothing_behind(environment, port, tmp_path):
    with serving({**environment, "TMPDIR": str(tmp_path)}, port) as server:
        assert list(tmp_path.iterdir())
        server.terminate()
        server.wait(60)

    assert not list(tmp_path.iterdir())


def test_it_leaves_nothing_behind_if_it_is_told_to_stop_before_it_serves(environment, port, tmp_path):
    here = {**environment, "PORT": str(port), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([*MANAGE, "serve"], env=here) as server:
        until(lambda: any(tmp_path.iterdir()))
        server.terminate()
        assert server.wait(60) == 0

    assert not list(tmp_path.iterdir())


def test_a_port_in_use_is_not_shared():
    with socket.socket() as other, pytest.raises(CommandError, match="in use"):
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as granian listens
        other.bind(("127.0.0.1", 0))
        other.listen()
        refuse_a_port_in_use(*other.getsockname())
