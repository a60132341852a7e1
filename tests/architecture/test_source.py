"""Size, place of imports, and hooks: the rules of the code that hold without exception."""

from __future__ import annotations

import ast
import tomllib

from tests.architecture.sources import EVERYWHERE, PRODUCT, PROJECT, files_of, functions_of, name_of, tree_of

LONGEST_FUNCTION, LONGEST_FILE = 40, 500
SIGNALS = {"receiver", "Signal", "ModelSignal"}


def test_there_is_something_to_look_at():
    assert len(files_of(*PRODUCT)) > 150


def test_no_function_is_longer_than_forty_lines():
    long = [
        f"{name_of(path)}:{function.lineno} {function.name}: {length}"
        for path in files_of(*EVERYWHERE)
        for function in functions_of(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]

    assert long == []


def test_no_file_is_longer_than_five_hundred_lines():
    long = [
        f"{name_of(path)}: {length}"
        for path in files_of(*EVERYWHERE)
        if (length := len(path.read_text().splitlines())) > LONGEST_FILE
    ]

    assert long == []


def test_no_import_hides_inside_a_function():
    """There it could hide a cycle from the import contracts."""
    hidden = [
        f"{name_of(path)}:{node.lineno}"
        for path in files_of(*PRODUCT)
        for function in functions_of(path)
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]

    assert hidden == []


def test_no_signals_of_our_own():
    """What a higher room has to say stands in one visible table, settings.STEP_GUARDS."""
    found = [
        f"{name_of(path)}:{node.lineno} {name}"
        for path in files_of(*PRODUCT)
        for node in ast.walk(tree_of(path))
        if (name := _called(node)) in SIGNALS or _imports_signals(node)
    ]

    assert found == []


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _imports_signals(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module in (
        "django.db.models.signals",
        "django.dispatch",
        "django.core.signals",
    )


def test_the_import_contracts_know_no_exception():
    rules = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]

    assert rules["contracts"]
    assert [rule["name"] for rule in rules["contracts"] if "ignore_imports" in rule] == []


def test_every_room_is_in_the_layers():
    rules = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [rule["layers"] for rule in rules["contracts"] if rule["type"] == "layers"]
    named = {word.strip() for layer in layers for word in layer.split("|")}
    rooms = {f"lims.{path.parent.name}" for path in (PROJECT / "lims").glob("*/__init__.py")}

    assert rooms | {"certificates", "consulting", "training", "test_modules", "measures"} <= named
