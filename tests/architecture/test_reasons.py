"""Every code that a guard or a service may answer with has words, and no words stand there for nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from lims.records.reasons import TEXTS
from tests.architecture.sources import PRODUCT, files_of, name_of, tree_of

RAISED = {"Reason", "BadInput"}
CODE = re.compile(r"[a-z_]+\.[a-z_0-9]+")
OWN = "lims/records/reasons.py"


def said_codes() -> dict[str, str]:
    """Code -> where a Reason or BadInput is made with it, wherever the code stands in the call as a literal."""
    found = {}
    for path in files_of(*PRODUCT):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED and node.args:
                for literal in literals_of(node.args[0]):
                    found[literal] = f"{name_of(path)}:{node.lineno}"
    return found


def literals_of(node: ast.AST) -> set[str]:
    return {
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and CODE.fullmatch(part.value)
    }


def literals_in(path: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_many_codes_are_found():
    assert len(said_codes()) > 60


def test_every_reason_has_words():
    wordless = {code: where for code, where in said_codes().items() if code not in TEXTS}

    assert wordless == {}


def test_no_words_stand_there_without_a_reason():
    """A code may be put together from its group and its last word, as the readers of files do."""
    used: set[str] = set()
    for path in files_of(*PRODUCT):
        if name_of(path) != OWN:
            used |= literals_in(path)

    unused = [code for code in TEXTS if code not in used and code.partition(".")[2] not in used]

    assert unused == []
