"""What SECURITY.md promises is tested where it says, and secrets are compared as it says."""

import ast
import re

import pytest

from tests.conftest import ROOT
from tests.test_architecture import MODULES

SECURITY = (ROOT / "SECURITY.md").read_text()
NAMED = re.findall(r"\]\((tests/[^)]+)\)", SECURITY)
SECRET = re.compile(r"secret|signature|token$|token_hash|digest|mac\b|password", re.IGNORECASE)
PLAIN = (ast.Eq, ast.NotEq)


@pytest.mark.parametrize("name", sorted(set(NAMED)))
def test_what_is_named_is_there_and_tests_something(name):
    assert re.search(r"^\s*def test_", (ROOT / name).read_text(), re.M)


def test_every_promise_names_a_test():
    promises = [line for line in SECURITY.splitlines() if line.startswith("| **")]

    assert len(promises) > 10
    assert [line for line in promises if "](tests/" not in line] == []


def test_no_secret_is_compared_with_an_equals_sign():
    assert [
        f"{name}: {ast.unparse(node)}"
        for name, module in MODULES.items()
        for node in ast.walk(module)
        if compares_a_secret(node)
    ] == []


@pytest.mark.parametrize("source", ["given == self.secret", "mac.hex() != signature", "token == sent"])
def test_a_secret_that_is_compared_plainly_is_seen(source):
    assert any(compares_a_secret(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize("source", ["compare_digest(given, self.secret)", "secret == ''", "status == wanted"])
def test_what_may_be_compared_is_let_be(source):
    assert not any(compares_a_secret(node) for node in ast.walk(ast.parse(source)))


def compares_a_secret(node):
    """Two values, one of them named as a secret is; whether there is one at all may be asked plainly."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], PLAIN):
        return False
    sides = [node.left, *node.comparators]
    return not any(isinstance(side, ast.Constant) for side in sides) and any(
        SECRET.search(ast.unparse(side)) for side in sides
    )
