"""`manage.py sign_request`: a correct signature, step by step, for a client's author to compare with."""

import sys
from argparse import ArgumentParser, FileType
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError
from rest_framework.exceptions import ParseError

from agents import parsing, secrets, signatures
from agents.commands import Command as TillCommand
from agents.models import Agent

EXAMPLE = """\
echo '{"items": [{"id": "item_123", "quantity": 1.0}]}' | manage.py sign_request --secret s3cret

The message that is signed is the timestamp, a dot, and the canonical JSON (RFC 8785) of the body; of an empty body,
nothing. The signature is base64url: of HMAC-SHA256 for a secret, of Ed25519 for a private key.
"""


class Command(TillCommand):
    help = "Print the Timestamp and Signature headers for a request body, and what was signed."
    example = EXAMPLE
    has_json = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("body", nargs="?", type=FileType("rb"), help="a file; standard input if it is left out")
        parser.add_argument("--timestamp", help="RFC 3339; now if it is left out")
        signer = parser.add_mutually_exclusive_group(required=True)
        signer.add_argument("--agent", metavar="NAME", help="sign with this agent's secret")
        signer.add_argument("--secret", help="sign with this secret")
        signer.add_argument("--private-key", metavar="KEY", help="sign with this Ed25519 key, 32 bytes as base64url")

    def handle(self, *args: Any, **options: Any) -> None:
        timestamp = options["timestamp"] or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        content = _canonical((options["body"] or sys.stdin.buffer).read())
        message = signatures.message_of(timestamp=timestamp, content=content)
        headers = {"Timestamp": timestamp, "Signature": _signature(message, options)}
        lines = [f"{name}: {value}" for name, value in headers.items()]
        self.report("\n".join([*lines, f"Canonical JSON: {content}"]), headers | {"canonical": content}, options)


def _canonical(body: bytes) -> str:
    try:
        return signatures.canonical_json(parsing.loads(body)) if body.strip() else ""
    except (ParseError, ValueError) as exc:
        raise CommandError(str(exc)) from None


def _signature(message: bytes, options: dict[str, Any]) -> str:
    if options["private_key"]:
        return _with_private_key(message, options["private_key"])
    secret = options["secret"] or _secret_of(options["agent"])
    return signatures.sign_with_secret(message, secret=secret)


def _with_private_key(message: bytes, private_key: str) -> str:
    try:
        return signatures.sign_with_private_key(message, private_key=private_key)
    except ValueError:
        raise CommandError("An Ed25519 private key is 32 bytes, written as base64url") from None


def _secret_of(name: str) -> str:
    agent = Agent.objects.filter(name=name).first()
    if agent is None or not agent.signing_secret:
        raise CommandError(f"There is no agent named {name} that signs with a secret")
    return secrets.unseal(agent.signing_secret)
