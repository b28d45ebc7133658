"""The rules that keep this project readable. They are about its shape, so they read its source."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import get_resolver

from agents.views import AgentViewSet

ROOT = Path(__file__).resolve().parent.parent
# Each imports from those below it. A room that is not built yet has its place already.
LAYERS = [{"config"}, {"checkout", "coins"}, {"ocp"}, {"vault", "spt"}, {"catalog", "payments"}, {"agents"}]
STATES = {"status", "state"}
WRITERS = {"update", "bulk_update", "update_or_create", "setattr"}
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)

MODULES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text())
    for room in sorted(set().union(*LAYERS))
    for path in sorted((ROOT / room).rglob("*.py"))
    if "migrations" not in path.parts
}


def imports(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def in_module(name: str, module: str) -> bool:
    """Whether a file is a room's `module.py`, or part of the package that this has grown into."""
    return name.endswith(f"/{module}.py") or f"/{module}/" in name


def out_of_reach(room: str) -> set[str]:
    """The rooms above this one and beside it."""
    depth = next(depth for depth, layer in enumerate(LAYERS) if room in layer)
    return set().union(*LAYERS[: depth + 1]) - {room}


def test_imports_point_down():
    assert not [
        f"{name} imports {imported}"
        for name, module in MODULES.items()
        for imported in imports(module)
        if imported.split(".")[0] in out_of_reach(name.split("/")[0])
    ]


def test_operations_know_nothing_of_http():
    assert not [
        f"{name} imports {imported}"
        for name, module in MODULES.items()
        for imported in imports(module)
        if in_module(name, "operations") and imported.startswith(("rest_framework", "django.http"))
    ]


def test_one_file_imports_stripe():
    users = {name for name, module in MODULES.items() for used in imports(module) if used.split(".")[0] == "stripe"}

    assert users <= {"payments/processors/stripe.py"}


def test_a_status_is_written_by_its_model_alone():
    assert not [
        f"{name}: {ast.unparse(node)}"
        for name, module in MODULES.items()
        for node in ast.walk(module)
        if not in_module(name, "models") and name != "agents/errors.py" and writes_a_status(node)
    ]  # the status of an error is HTTP's


@pytest.mark.parametrize(
    "source",
    [
        "order.status = 1",
        "order.state: int = 1",
        "orders.update(status=1)",
        "orders.update(**{'status': 1})",
        "Order.objects.bulk_update(orders, ['status'])",
        "setattr(order, 'status', 1)",
    ],
)
def test_a_status_that_is_written_is_seen(source):
    assert any(writes_a_status(node) for node in ast.walk(ast.parse(source)))
    assert not any(writes_a_status(node) for node in ast.walk(ast.parse(source.replace("stat", "total"))))


def writes_a_status(node: ast.AST) -> bool:
    """It assigns or updates the `status` or `state` of something other than itself."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in WRITERS:
        parts = [part for argument in (*node.args, *node.keywords) for part in ast.walk(argument)]
        return any(getattr(part, "arg", getattr(part, "value", None)) in STATES for part in parts)
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    written = [target for target in targets if isinstance(target, ast.Attribute) and target.attr in STATES]
    return any(ast.unparse(target.value) != "self" for target in written)


def test_versions_are_compared_in_one_place():
    assert not [
        f"{name}: {ast.unparse(node)}"
        for name, module in MODULES.items()
        for node in ast.walk(module)
        if name != "agents/versioning.py" and compares_a_version(node)
    ]


def compares_a_version(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare) or not any(isinstance(operator, COMPARISONS) for operator in node.ops):
        return False
    sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
    return any(re.search(r"version$|^'\d{4}-\d\d-\d\d'$", side) for side in sides)


def test_every_module_says_why_it_exists():
    assert not [
        name
        for name, module in MODULES.items()
        if not ast.get_docstring(module) and len(ast.unparse(module).splitlines()) > 5
    ]


def test_every_post_of_an_agent_is_idempotent():
    posts = [(view.cls, view.actions["post"]) for view in agents_views(get_resolver()) if "post" in view.actions]

    assert posts
    assert not [
        f"{viewset.__name__}.{handler}"
        for viewset, handler in posts
        if not re.search(r"^\s*@idempotent", inspect.getsource(getattr(viewset, handler)), re.MULTILINE)
    ]


def agents_views(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from agents_views(pattern)
        elif issubclass(getattr(pattern.callback, "cls", object), AgentViewSet):
            yield pattern.callback
