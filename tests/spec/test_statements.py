"""The index of acp.md §6: which of its statements have a test, by the tests' own docstrings.

A test that shows a statement begins its docstring with "Statement 37: …", or "Statements 32, 33: …", or "… 4 and 5: …".
"""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
BUILT = {*range(1, 48), *range(52, 62), *range(99, 109), *range(152, 156)}


def test_every_statement_that_is_built_has_a_test():
    named = {number for path in TESTS.rglob("test_*.py") for number in _statements_in(path)}

    assert sorted(BUILT - named) == []


def _statements_in(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found = re.match(r"Statements? (\d[\d, and]*):", ast.get_docstring(node) or "")
            yield from (int(number) for number in re.findall(r"\d+", found[1])) if found else ()
