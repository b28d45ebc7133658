"""How fast Till answers, next to what it could be at best: `make bench`, or `python -m tests.bench.speed --rounds 1`.

Every operation is sent to the production server over a few connections, and in the same minutes to three others:
plain Django views on the same server that read and write the same rows (`plain`), the same SQL without Python around it
(`sql`), and a FastAPI server that keeps nothing (`memory`). Machines differ, and so do minutes; the ratios less.

By one process and by several it is measured too. With --sessions the database is then filled, and Till measured again.
With --soak it is asked so often, and its memory watched.
"""

import cProfile
import io
import itertools
import json
import os
import platform
import pstats
import statistics
import sys
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.bench.servers import Documents, Shop, answered, memory_of, processor_seconds, serve, served, servers

os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR", "AGENT_RATE": "1000000000/min"}
REQUESTS, ROUNDS, PROFILED = 400, 3, 100
KEY, SELLER, BUYING = "bench_key", "sk_test_seller", "sk_test_agent"
ITEM, SIMPLE = "item_123", {"create", "get", "update"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Operation:
    """A call that is measured, and how its requests are made from the answers that went before."""

    name: str
    requests: Callable[[int, Shop], list[bytes]]
    has_plain: bool = True
    has_memory: bool = True


def main(arguments: list[str]) -> None:
    parser = ArgumentParser(prog="python -m tests.bench.speed", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="of each operation, in each round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sessions", type=int, default=0, help="that there are at last, and a tenth as many products")
    parser.add_argument("--soak", type=int, default=0, help="so many requests more")
    parser.add_argument("--workers", type=int, default=0, help="processes; 0: as `manage.py serve` has it")
    parser.add_argument("--only", nargs="*", default=[], help="operations")
    parser.add_argument("--write", type=Path, help="a file that has a place for the table")
    options = parser.parse_args(arguments)
    prepare()
    from config.management.commands.serve import workers

    processes = options.workers or workers()
    operations = [each for each in OPERATIONS if not options.only or each.name in options.only]
    with servers(processes) as (till, plain, memory):
        rows = [measured(each, options.requests, options.rounds, till, plain, memory) for each in operations]
        table = [headline(processes, options), "", *table_of(rows)]
        simple = [each for each in operations if each.name in SIMPLE]
        table += ["", *without_notes(plain, till, processes, simple, options)]
        if processes > 1:
            table += ["", *scaling(till, processes, simple, options)]
        if options.sessions:
            table += ["", *growth(till, operations, options)]
        table += ["", *soak(till, options.soak)]
    print("\n".join(table))
    if options.write:
        write(options.write, "\n".join(table))


def prepare() -> None:
    """A shop that sells, with one agent."""
    import django

    django.setup()
    from django.core.management import call_command

    from agents.models import Agent
    from agents.operations import create_agent, issue_key
    from tests.bench.plain import AGENT

    call_command("migrate", verbosity=0)
    call_command("seed_demo", verbosity=0)
    if not Agent.objects.filter(name=AGENT).exists():
        agent, _ = create_agent(name=AGENT)
        issue_key(agent=agent, plain=KEY)


def measured(operation: Operation, count: int, rounds: int, till: Shop, plain: Shop, memory: Shop) -> dict[str, Any]:
    """One operation on every server, in turns, and what one of its requests costs."""
    from tests.bench import load

    shops = {"till": till} | ({"plain": plain} if operation.has_plain else {})
    shops |= {"memory": memory} if operation.has_memory else {}
    found: dict[str, list[load.Load]] = {name: [] for name in shops}
    for name in shops:  # warm up, and not only the one that is first
        load.send(shops[name].port, operation.requests(count // 8 + 1, makes(name, till, memory)))
    for _ in range(rounds):
        for name, shop in shops.items():
            found[name].append(load.send(shop.port, operation.requests(count, makes(name, till, memory))))
    rate = {name: statistics.median(each.rate for each in loads) for name, loads in found.items()}
    cost = costs(operation, till, min(count, PROFILED))
    return {
        "operation": operation.name,
        "rate": rate,
        "p50": statistics.median(each.p50 for each in found["till"]),
        "p99": statistics.median(each.p99 for each in found["till"]),
        "sql": cost["sql"],
        "queries": cost["queries"],
        "cpu": cost["cpu"],
    }


def makes(name: str, till: Shop, memory: Shop) -> Shop:
    """Whose sessions are used: plain views work on the rows that Till made."""
    return memory if name == "memory" else till


def costs(operation: Operation, till: Shop, count: int) -> dict[str, float]:
    """What one request costs in process: queries, milliseconds of Python; and how fast its SQL alone would be."""
    from tests.bench import load, sql

    requests = operation.requests(3 * count, till)
    for payload in requests[:5]:
        in_process(payload)
    with sql.copy_of_the_database() as copy:
        recorded = [sql.statements_of(partial(in_process, payload)) for payload in requests[5:count]]
        rate = sql.play(copy, recorded, load.CONNECTIONS)
    began = time.process_time()
    for payload in requests[count : 2 * count]:
        in_process(payload)
    cpu = (time.process_time() - began) / count
    profile = cProfile.Profile()
    profile.enable()
    for payload in requests[2 * count :]:
        in_process(payload)
    profile.disable()
    keep_profile(operation.name, profile)
    asked = [len([each for each in statements if sql.is_query(each)]) for statements in recorded]
    return {"sql": rate, "queries": max(asked), "cpu": 1000 * cpu}


def in_process(payload: bytes) -> None:
    """Answer a request in this process, as the server does."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    head, _, body = payload.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    method, path, _ = line.split(" ")
    environ = RequestFactory()._base_environ(PATH_INFO=path, REQUEST_METHOD=method)  # type: ignore[attr-defined]
    for header in headers:
        name, _, value = header.partition(": ")
        name = name.upper().replace("-", "_")
        environ[name if name.startswith("CONTENT_") else f"HTTP_{name}"] = value
    environ["wsgi.input"] = io.BytesIO(body)
    global _handler
    if _handler is None:
        settings.ALLOWED_HOSTS = ["*"]
        _handler = WSGIHandler()
    said: list[str] = []
    response = _handler(environ, lambda status, headers, exc_info=None: said.append(status))
    content = b"".join(response)
    response.close()
    if said[0][0] != "2":
        raise RuntimeError(f"{said[0]}: {content[:500]!r}")


_handler: Any = None


def keep_profile(name: str, profile: cProfile.Profile) -> None:
    """Where the time of an operation goes, as text, in the folder that BENCH_PROFILES names."""
    if folder := os.environ.get("BENCH_PROFILES"):
        text = io.StringIO()
        stats = pstats.Stats(profile, stream=text)
        stats.strip_dirs().sort_stats("tottime").print_stats(40)
        lines = (line for line in text.getvalue().splitlines() if line.strip())
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name.replace(' ', '_')}.txt").write_text("\n".join(lines) + "\n")


def scaling(till: Shop, processes: int, operations: Sequence[Operation], options: Any) -> Iterator[str]:
    """Till's rates by as many processes as it has and by one, and how much of the machine is left to them."""
    from tests.bench import load

    yield f"| | {processes} processes | one | ratio | the processor's time that Till's processes had |"
    yield "|---|---|---|---|---|"
    with served(*serve(1)) as one:
        for operation in operations:
            rates: dict[int, list[float]] = {one.port: [], till.port: []}
            shares = []
            load.send(one.port, operation.requests(options.requests // 8 + 1, one))
            for _ in range(options.rounds):
                for shop in (one, till):
                    requests = operation.requests(options.requests, shop)
                    before = processor_seconds(shop)
                    found = load.send(shop.port, requests)
                    rates[shop.port].append(found.rate)
                    if shop is till:
                        shares.append((processor_seconds(shop) - before) / found.seconds / (os.cpu_count() or 1))
            single, all_of_them = statistics.median(rates[one.port]), statistics.median(rates[till.port])
            share = f"{100 * statistics.median(shares):.0f} %"
            yield f"| {operation.name} | {all_of_them:.0f} | {single:.0f} | {all_of_them / single:.2f} | {share} |"


def without_notes(
    plain: Shop, till: Shop, processes: int, operations: Sequence[Operation], options: Any
) -> Iterator[str]:
    """Till's rates if it keeps nothing for the inspector, next to those of plain views."""
    from tests.bench import load

    yield "| without the inspector | per second | ÷ plain view |"
    yield "|---|---|---|"
    with served(*serve(processes), INSPECTOR_RETENTION="0") as quiet:
        for operation in operations:
            rates: dict[int, list[float]] = {quiet.port: [], plain.port: []}
            load.send(quiet.port, operation.requests(options.requests // 8 + 1, till))
            for port in [quiet.port, plain.port] * options.rounds:
                rates[port].append(load.send(port, operation.requests(options.requests, till)).rate)
            mine, theirs = statistics.median(rates[quiet.port]), statistics.median(rates[plain.port])
            yield f"| {operation.name} | {mine:.0f} | {mine / theirs:.2f} |"


def growth(till: Shop, operations: Sequence[Operation], options: Any) -> Iterator[str]:
    """Till's rates, before and after the database is filled. They are as of the same minutes but for the filling."""
    from django.core.management import call_command

    from catalog.models import Product
    from checkout.models import CheckoutSession
    from tests.bench.history import grow, grow_products
    from vault.models import VaultToken

    many = {"sessions": CheckoutSession, "tokens": VaultToken, "products": Product}
    before = {each.name: rate_of(each, till, options) for each in operations}
    began = time.monotonic()
    grow(options.sessions, days=365)
    grow_products(options.sessions // 10)
    call_command("count_days")
    print(f"{options.sessions:,} sessions in {time.monotonic() - began:.0f} s", file=sys.stderr)
    after = {each.name: rate_of(each, till, options) for each in operations}
    there = ", ".join(f"{model._default_manager.count():,} {name}" for name, model in many.items())
    yield f"| with {there} | per second | ÷ empty |"
    yield "|---|---|---|"
    for name, rate in after.items():
        yield f"| {name} | {rate:.0f} | {rate / before[name]:.2f} |"


def rate_of(operation: Operation, till: Shop, options: Any) -> float:
    from tests.bench import load

    load.send(till.port, operation.requests(options.requests // 8 + 1, till))
    rounds = [load.send(till.port, operation.requests(options.requests, till)).rate for _ in range(options.rounds)]
    return statistics.median(rounds)


def soak(till: Shop, count: int) -> Iterator[str]:
    """What the largest process of Till's takes, before, on the way and after so many requests more."""
    from tests.bench import load

    begun, found, marks = answered(till), {0: memory_of(till)}, [count * part // 5 for part in range(1, 6)]
    while marks and count:
        load.send(till.port, mixed(min(1000, count), till))
        asked = answered(till) - begun
        if asked >= marks[0]:
            found[asked] = memory_of(till)
            marks = [mark for mark in marks if mark > asked]
    later = "".join(f", {memory} after {asked:,}" for asked, memory in found.items() if asked)
    yield f"A process of Till's takes {found[0]}{later}{' requests more' if later else ''}."


def headline(processes: int, options: Any) -> str:
    from django.db import connection

    named = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    return (
        f"{named}, {processes} process(es) of 8 threads, 8 callers, {options.requests} requests in each of "
        f"{options.rounds} rounds; {os.cpu_count()} cores, Python {platform.python_version()}"
    )


def table_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| | per second | p50 ms | p99 ms | ÷ plain view | ÷ the same SQL | ÷ in memory | queries | Python ms |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        rate = row["rate"]
        ratios = [f"{rate['till'] / rate[name]:.2f}" if name in rate else "–" for name in ("plain", "memory")]
        yield (
            f"| {row['operation']} | {rate['till']:.0f} | {row['p50']:.1f} | {row['p99']:.1f} | {ratios[0]} "
            f"| {rate['till'] / row['sql']:.2f} | {ratios[1]} | {row['queries']} | {row['cpu']:.1f} |"
        )


def write(file: Path, table: str) -> None:
    """Put the table where the file has a place for it: between two marks that name the database."""
    from django.db import connection

    begin, end = f"<!-- bench {connection.vendor} -->", "<!-- end -->"
    before, _, rest = file.read_text().partition(begin)
    if not rest:
        raise SystemExit(f"{file} has no {begin}")
    file.write_text(f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}")


def create(count: int, shop: Shop) -> list[bytes]:
    from tests.caller import ADDRESS, BUYER

    body = {"currency": "usd", "capabilities": {}, "line_items": [{"id": ITEM}], "buyer": BUYER}
    return [
        call("POST", "/checkout_sessions", body | {"fulfillment_details": {"address": ADDRESS}}) for _ in range(count)
    ]


def get(count: int, shop: Shop) -> list[bytes]:
    paths = [f"/checkout_sessions/{session['id']}" for session in opened(shop, 20)]
    return [call("GET", path) for path in itertools.islice(itertools.cycle(paths), count)]


def update(count: int, shop: Shop) -> list[bytes]:
    body = {"line_items": [{"id": ITEM, "quantity": 2}]}
    return [call("POST", f"/checkout_sessions/{session['id']}", body) for session in opened(shop, count)]


def delegate(count: int, shop: Shop) -> list[bytes]:
    return [delegation_of(session) for session in opened(shop, count)]


def complete(count: int, shop: Shop) -> list[bytes]:
    from tests.bench import load
    from tests.caller import payment

    sessions = opened(shop, count)
    answered = load.send(shop.port, [delegation_of(session) for session in sessions], connections=1, keep=True)
    pairs = zip(sessions, answered.documents(), strict=True)
    return [call("POST", f"/checkout_sessions/{one['id']}/complete", payment(token["id"])) for one, token in pairs]


def issue(count: int, shop: Shop) -> list[bytes]:
    limits = {"usage_limits[currency]": "usd", "usage_limits[max_amount]": "10000"}
    body = limits | {"payment_method": "pm_card_visa", "seller_details[external_id]": "merchant_123"}
    return [form("/v1/shared_payment/issued_tokens", body, BUYING) for _ in range(count)]


def pay(count: int, shop: Shop) -> list[bytes]:
    tokens = [token["id"] for token in shop.ask(issue(count, shop))]
    payment = {"amount": "2500", "currency": "usd", "confirm": "true"}
    named = "payment_method_data[shared_payment_granted_token]"
    return [form("/v1/payment_intents", payment | {named: token}, SELLER) for token in tokens]


def purchase(count: int, shop: Shop) -> list[bytes]:
    ada = {"email": f"{uuid.uuid4().hex}@example.com", "name": "Ada"}
    user = shop.ask([call("POST", "/stripe/create-customer", ada)])[0]["user_id"]
    card = {"user_id": user, "payment_method_id": "pm_card_visa"}
    shop.ask([call("POST", "/stripe/attach-payment-method", card)])
    body = {"user_id": user, "package_id": "package_1"}
    return [call("POST", "/stripe/purchase-currency", body) for _ in range(count)]


def mixed(count: int, shop: Shop) -> list[bytes]:
    """As a day goes: of ten calls, four read, three open a session, two change one, one pays."""
    share = -(-count // 10)
    kinds = [get(4 * share, shop), create(3 * share, shop), update(2 * share, shop), complete(share, shop)]
    places = [(number / len(kind), request) for kind in kinds for number, request in enumerate(kind)]
    return [request for _, request in sorted(places, key=lambda place: place[0])][:count]


OPERATIONS = [
    Operation("create", create),
    Operation("get", get),
    Operation("update", update),
    Operation("delegate", delegate),
    Operation("complete", complete),
    Operation("mixed", mixed),
    Operation("issue a shared token", issue, has_plain=False, has_memory=False),
    Operation("pay with it", pay, has_plain=False, has_memory=False),
    Operation("buy coins", purchase, has_plain=False, has_memory=False),
]


def opened(shop: Shop, count: int) -> Documents:
    """So many new sessions of this server's, ready for payment."""
    return shop.ask(create(count, shop))


def delegation_of(session: dict[str, Any]) -> bytes:
    from tests.caller import delegation

    return call("POST", "/agentic_commerce/delegate_payment", delegation(session))


def call(method: str, path: str, body: Any = None) -> bytes:
    from tests.bench import load

    headers = {"Authorization": f"Bearer {KEY}", "API-Version": "2026-04-17"}
    if method == "POST":
        headers |= {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    return load.request(method, path, json.dumps(body).encode() if body is not None else b"", headers)


def form(path: str, body: Mapping[str, str], key: str) -> bytes:
    from tests.bench import load

    return load.request("POST", path, urlencode(body).encode(), FORM | {"Authorization": f"Bearer {key}"})


if __name__ == "__main__":
    main(sys.argv[1:])
