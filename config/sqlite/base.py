"""SQLite with a queue in front of its write lock (Django's database backend `config.sqlite`).

SQLite lets one writer in at a time and has the others sleep up to 100 ms between tries, which is unfair and slow under
load. Here a transaction waits at a gate from BEGIN IMMEDIATE to its end, and a write that is its own transaction while
it is made: threads at a lock, processes at an flock on a file beside the database, which the system gives back if a
process dies. The gate is manners, not safety: SQLite's own lock still decides.
"""

import fcntl
import functools
import os
import threading
import time
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

PAUSE = 0.002  # seconds between tries while another process is writing
WRITES = ("INSERT ", "UPDATE ", "DELETE ")


class Gate:
    """Lets one transaction at a time through to the database file at `path`.

    :raises OperationalError: if nothing can be written beside it.
    """

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        try:
            self._file = os.open(f"{path}-gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as exc:  # a disk that is full, or only read
            raise OperationalError(f"cannot open the gate: {exc.strerror}") from exc

    def enter(self, timeout: float) -> None:
        """:raises OperationalError: if the others take longer than `timeout` seconds."""
        deadline = time.monotonic() + timeout
        if not self._lock.acquire(timeout=timeout):
            raise OperationalError("database is locked")
        try:
            while not self._is_ours_alone():
                if time.monotonic() > deadline:
                    raise OperationalError("database is locked")
                time.sleep(PAUSE)
        except BaseException:
            self._lock.release()
            raise

    def leave(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._lock.release()

    def _is_ours_alone(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


gate_to = functools.cache(Gate)  # one gate per file, for all threads of this process
os.register_at_fork(after_in_child=gate_to.cache_clear)  # a thread that is not in the child may hold the lock


class Cursor(base.SQLiteCursorWrapper):
    """Django's cursor, which leads a write through the gate that no transaction leads."""

    database: "DatabaseWrapper"

    def execute(self, query: str, params: Any = None) -> Any:
        if self.connection.in_transaction or not query.startswith(WRITES):
            return super().execute(query, params)
        self.database.enter()
        try:
            return super().execute(query, params)
        finally:
            self.database.leave()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite backend, whose writers pass the gate."""

    _gate: Gate | None = None  # the one we hold
    prepared_cursor = base.DatabaseWrapper.cursor  # the driver remembers statements by itself

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.database = self
        return cursor

    def enter(self) -> None:
        """:raises OperationalError: if the others take longer than the database's timeout."""
        if not self.is_in_memory_db():
            gate = gate_to(os.path.abspath(self.settings_dict["NAME"]))
            gate.enter(self.settings_dict["OPTIONS"].get("timeout", 5))
            self._gate = gate

    def leave(self) -> None:
        if self._gate is not None:
            gate, self._gate = self._gate, None
            gate.leave()

    def _start_transaction_under_autocommit(self) -> None:
        self.enter()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self.leave()
            raise

    def _commit(self) -> None:
        super()._commit()  # if it fails, a rollback or a close follows
        self.leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self.leave()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self.leave()
