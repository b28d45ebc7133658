"""Write `docs/fire.md` again: `python -m tests.fire.table`."""

import os
import re
from collections.abc import Iterable
from itertools import groupby

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if __name__ == "__main__":
    os.environ |= {"DATABASE_URL": "sqlite://:memory:", "LOG_LEVEL": "CRITICAL"}
    django.setup()

from tests.fire.hostile import Sent, error_in, requests, send  # isort: skip

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "fire.md")
LONGEST = 110  # characters of a message in the table
HEAD = """# Under fire

What is said to input that is meant badly. `python -m tests.fire.table` writes this table, and
[`tests/fire/test_hostile.py`](../tests/fire/test_hostile.py) holds every line against the running code: refused
with the wire's own error object, never a 5xx, and not one row of the database is another afterwards.

`make fire` sends a hundred thousand requests more, made up by machines: from our own OpenAPI document (schemathesis,
for and against what it says), from bodies of every ACP version (each answer held against the official schema of that
version), and as forms and JSON for Stripe's wire and the pages. Isolation is tested at every address that the resolver
knows, in [`tests/fire/test_isolation.py`](../tests/fire/test_isolation.py): another's id is answered as one that never
was. On 27 November 2026 it sent 105,922 requests on SQLite, in five minutes, and as many on PostgreSQL, in eighteen
beside other work: no 5xx, every answer as documented.

| Input | Wire | Answer |
|---|---|---|
"""


def page(rows: Iterable[tuple[str, str, str]]) -> str:
    """The whole page, of inputs, wires and answers. An input is named once."""
    lines = []
    for name, group in groupby(rows, key=lambda row: row[0]):
        wires: dict[str, list[str]] = {}
        for _, wire, answer in group:
            wires.setdefault(answer, []).append(wire)
        for answer, those in wires.items():
            lines.append(f"| {name} | {'; '.join(those)} | {answer} |\n")
            name = ""
    return HEAD + "".join(lines)


def row(name: str, sent: Sent, status: int, error: tuple[str, str, str]) -> tuple[str, str, str]:
    code, message, param = error
    message = re.sub(r"\b([a-z]+_)[A-Za-z0-9]{16,}", r"\1…", message)  # an id that another run would not have
    for character in "|<>`_*[]":
        message = message.replace(character, f"\\{character}")
    short = message if len(message) <= LONGEST else message[:LONGEST].rstrip("\\") + "…"
    where = f" at `{param[:60]}`" if param else ""
    said = "".join(character if character.isprintable() else "·" for character in short)
    return name, sent.wire, f"{status}{f' `{code}`' if code else ''}{where}: {said}"


def main() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import setup_databases, setup_test_environment

    from tests.fire.world import World

    setup_test_environment()
    setup_databases(verbosity=0, interactive=False)
    settings.AGENT_RATE, settings.ANONYMOUS_AGENT = "", ""
    call_command("seed_catalog", verbosity=0)
    call_command("seed_packages", verbosity=0)
    me = World("first")
    rows = []
    for name, sent in requests(me, World("second")):
        answer = send(me, sent)
        rows.append(row(name, sent, answer.status_code, error_in(answer, sent.wire)))
    with open(PAGE, "w") as file:
        file.write(page(rows))


if __name__ == "__main__":
    main()
