"""Every SQL statement about API keys names the workspace, so that none can reach another one's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.structure.source import modules

STATEMENTS = {"select", "update", "delete", "insert", "insert_rows", "exists", "get", "get_one"} | {
    "query",
    "aliased",
}
MODELS = {"ApiKey", "GatewayKey"}
# Where a statement need not name the workspace, and why.
ALLOWED = {
    "forjinn.prediction.access.STATEMENT": "finds the key by its digest; the workspace is what it looks for",
    "forjinn.gateway.api.access.STATEMENT": "the same for gateway keys",
    "forjinn.gateway.quota.budgets._used": "reads the budget of the key that the statement above found",
    "forjinn.gateway.quota.budgets._charge": "charges it",
    "forjinn.gateway.usage.recorder._write": "adds to keys by the ids that the statement above found",
    "forjinn.gateway.usage.keeping._live": "the same",
    "forjinn.apikeys.usage._write": "adds to keys by the ids that the statement above found",
    "forjinn.apikeys.transfer.applying._write": "inserts; each row that `_added` makes names the workspace",
    "forjinn.apikeys.listing._rows": "reads the rows of ids that `_ids` found in the workspace",
}
Place = ast.FunctionDef | ast.Assign | ast.AnnAssign | ast.Expr | ast.ClassDef


def test_every_statement_about_keys_names_the_workspace() -> None:
    nameless = {where for where, names_it in places() if not names_it}
    assert nameless == set(ALLOWED)


def test_the_walk_finds_the_statements_that_are_there() -> None:
    found = {where for where, _ in places()}
    assert {f"forjinn.apikeys.service.{name}" for name in ("_live", "_change")} <= found
    assert "forjinn.apikeys.listing._ids" in found


def test_the_walk_tells_a_statement_that_names_it_from_one_that_does_not() -> None:
    sound = "def f(w):\n    return select(ApiKey).where(ApiKey.workspace_id == w.id)"
    joined = "def f():\n    return select(ApiKey).join(Flow, Flow.workspace_id == ApiKey.workspace_id)"
    forgotten = "def f(key_id):\n    session.execute(delete(ApiKey).where(ApiKey.id == key_id))"
    through_the_table = "def f():\n    update(ApiKey.__table__).values(deleted_at=None)"
    assert [names for _, names in statements("m", ast.parse(sound))] == [True]
    for text in (joined, forgotten, through_the_table):
        assert [names for _, names in statements("m", ast.parse(text))] == [False]


def test_no_statement_about_keys_is_written_as_text() -> None:
    found = [
        (name, node.value)
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "api_keys" in node.value
        if " api_keys " in f" {node.value} " and name != "forjinn.apikeys.models"
    ]
    assert found == []


def places() -> Iterator[tuple[str, bool]]:
    for name, tree in modules().items():
        yield from statements(name, tree)


def statements(name: str, tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Each function or name with a statement about keys, and whether it compares the workspace."""
    for place in _places(tree):
        if any(_is_statement(node) for node in ast.walk(place)):
            yield f"{name}.{_name(place)}", any(_names_workspace(node) for node in ast.walk(place))


def _places(tree: ast.Module) -> Iterator[ast.stmt]:
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            yield from statement.body
        else:
            yield statement


def _name(place: ast.stmt) -> str:
    if isinstance(place, ast.FunctionDef):
        return place.name
    if isinstance(place, ast.Assign) and isinstance(place.targets[0], ast.Name):
        return place.targets[0].id
    return f"line {place.lineno}"


def _is_statement(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = (part for argument in node.args for part in ast.walk(argument))
    return called in STATEMENTS and any(isinstance(part, ast.Name) and part.id in MODELS for part in given)


def _names_workspace(node: ast.AST) -> bool:
    """`ApiKey.workspace_id == …` or a gateway key's, with the key's column on the left."""
    return (
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq)
        and isinstance(node.left, ast.Attribute)
        and node.left.attr == "workspace_id"
        and isinstance(node.left.value, ast.Name)
        and node.left.value.id in MODELS
    )
