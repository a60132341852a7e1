"""The project's Python files as syntax trees: for rules that no linter checks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PRODUCT = ("lims", "certificates", "consulting", "training", "measures", "test_modules")
EVERYWHERE = (*PRODUCT, "bench", "tests")


def files_of(*tops: str) -> list[Path]:
    return sorted(path for top in tops for path in (PROJECT / top).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
