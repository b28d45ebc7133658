"""What is compared with: the same SQL, without the Python around it.

The statements of real requests are recorded, and played again to a copy of the database as it was before them: by
pgbench over as many connections as the server has callers, or on SQLite by its own driver.
"""

import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.postgres import find_binaries

Statements = list[str]
CHECKED: dict[str, Any] = {"check": True, "stdout": subprocess.PIPE}


def statements_of(work: Callable[[], Any]) -> Statements:
    """All that `work` asks the database, transactions included."""
    with CaptureQueriesContext(connection) as asked:
        work()
    return [query["sql"] for query in asked]


def is_query(statement: str) -> bool:
    """Whether it reads or writes, and does not only begin or end a transaction."""
    return statement.split(" ", 1)[0].rstrip(";") not in {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}


@contextmanager
def copy_of_the_database() -> Iterator[str]:
    """The database as it is now: its URL on PostgreSQL, its file on SQLite."""
    if connection.vendor == "postgresql":
        _psql("CREATE DATABASE bench_copy", "template1")
        dump = subprocess.run([str(_binary("pg_dump")), _url(connection.settings_dict["NAME"])], **CHECKED)
        subprocess.run([str(_binary("psql")), "--quiet", _url("bench_copy")], input=dump.stdout, **CHECKED)
        try:
            yield _url("bench_copy")
        finally:
            _psql("DROP DATABASE bench_copy WITH (FORCE)", "template1")
    else:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.sqlite3"
            original = sqlite3.connect(connection.settings_dict["NAME"])
            original.execute("VACUUM INTO ?", [str(copy)])
            original.close()
            yield str(copy)


def play(copy: str, requests: Sequence[Statements], connections: int) -> float:
    """Requests per second."""
    play_one = _pgbench if connection.vendor == "postgresql" else _sqlite
    return play_one(copy, requests, connections)


def _pgbench(url: str, requests: Sequence[Statements], connections: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        scripts = [Path(folder) / f"{number}.sql" for number in range(connections)]
        for number, script in enumerate(scripts):
            mine = [statement for request in requests[number::connections] for statement in request]
            script.write_text("".join(f"{statement.rstrip(';')};\n" for statement in mine))
        pgbench = [str(_binary("pgbench")), "--no-vacuum", "--transactions=1", url]
        players = [
            subprocess.Popen([*pgbench, f"--file={script}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for script in scripts
        ]
        said = [player.communicate() for player in players]
        if any(player.returncode for player in players) or any("ERROR" in errors for _, errors in said):
            raise RuntimeError("\n".join(errors for _, errors in said))
    # A script is one of pgbench's transactions: its latency is the whole time, without that of starting pgbench.
    milliseconds = [float(re.findall(r"latency average = ([0-9.]+) ms", told)[0]) for told, _ in said]
    return len(requests) / (max(milliseconds) / 1000)


def _sqlite(file: str, requests: Sequence[Statements], connections: int) -> float:
    database = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}")
    began = time.perf_counter()
    for request in requests:
        for statement in request:
            database.execute(statement).fetchall()
    seconds = time.perf_counter() - began
    database.close()
    return len(requests) / seconds


def _psql(statement: str, database: str) -> None:
    subprocess.run([str(_binary("psql")), "--quiet", "--command", statement, _url(database)], check=True)


def _url(database: str) -> str:
    settings = connection.settings_dict
    return f"postgresql://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT']}/{database}"


def _binary(name: str) -> Path:
    folder = find_binaries()
    if folder and (folder / name).exists():
        return folder / name
    return Path(shutil.which(name) or name)
