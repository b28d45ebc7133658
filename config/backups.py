"""Backups: one file with the whole database as it was at one moment, taken while the shop is open.

Each database has a tool of its own that does this well: SQLite's backup, which knows what is still in the `-wal` file,
and PostgreSQL's pg_dump and pg_restore. We only name the database to them, and keep a backup that failed from looking
like one that did not.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

from django.db import connection


class BackupFailed(Exception):
    """There is no backup, or nothing was restored; the message says why."""


def back_up(to: Path) -> None:
    """Write a backup to the new file `to`, which only its owner may read: it holds addresses and e-mails.

    :raises BackupFailed: if the file exists, or the database's own tool fails. No file is left.
    """
    if to.exists():
        raise BackupFailed(f"{to} exists already")
    unfinished = to.with_name(f"{to.name}.unfinished")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        _tool(_copy_sqlite, _dump_postgresql)(unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.rename(to)
    except (OSError, sqlite3.Error) as exc:
        raise BackupFailed(str(exc)) from exc
    finally:
        unfinished.unlink(missing_ok=True)


def restore(backup: Path) -> None:
    """Fill the database, which must be new, with what is in `backup`.

    :raises BackupFailed: if the database is not empty, or the file is no backup of such a database.
    """
    if not backup.is_file():
        raise BackupFailed(f"There is no file {backup}")
    if connection.introspection.table_names():
        raise BackupFailed("There is something in this database: a backup is restored into a new one")
    try:
        _tool(_fill_sqlite, _fill_postgresql)(backup)
    except (OSError, sqlite3.Error) as exc:
        raise BackupFailed(str(exc)) from exc


def _tool(sqlite: Callable[[Path], None], postgresql: Callable[[Path], None]) -> Callable[[Path], None]:
    return sqlite if connection.vendor == "sqlite" else postgresql


def _copy_sqlite(to: Path) -> None:
    """In one step, so it is of one moment; whoever writes meanwhile does not wait."""
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(to)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        _check(copy)


def _fill_sqlite(backup: Path) -> None:
    with contextlib.closing(sqlite3.connect(f"file:{backup}?mode=ro", uri=True)) as source:
        _check(source)
        source.backup(connection.connection)


def _check(database: sqlite3.Connection) -> None:
    (found,) = database.execute("PRAGMA integrity_check").fetchone()
    if found != "ok":
        raise BackupFailed(f"SQLite finds the file broken: {found}")


def _dump_postgresql(to: Path) -> None:
    _run("pg_dump", "--format=custom", f"--file={to}")


def _fill_postgresql(backup: Path) -> None:
    """All or nothing."""
    _run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-acl", str(backup))


def _run(tool: str, *words: str) -> None:
    program = shutil.which(tool)
    if program is None:
        raise BackupFailed(f"There is no {tool} here. Install PostgreSQL's client, as new as the server or newer")
    # The same words and variables as for psql, so a password stays out of the list of processes.
    (_, *where, name), env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    command = [program, *words[:-1], *where, f"--dbname={name}", words[-1]]
    result = subprocess.run(command, env=os.environ | (env or {}), capture_output=True, text=True)  # noqa: S603
    if result.returncode:
        raise BackupFailed(f"{tool}: {result.stderr.strip() or result.returncode}")
