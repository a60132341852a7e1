"""The function list of a product with its test cases: TOML for people, canonical JSON for orders.

A function is missing, incorrect or correct; its cases say which. A case is a row of HTTP steps, tried in
order until one does not answer as expected. Names that a step keeps stand in later steps of the same case as
${name}; ${unique} is a fresh word for each case. Redirects are never followed. The canonical JSON holds every
field, also one that equals its default, so that its readers need no defaults.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from test_modules.contract import ModuleError
from test_modules.reading import BODY, TEXT, Table, is_pattern, read_json, read_toml

MOST_BYTES = 4 << 20
MOST_FUNCTIONS, MOST_CASES, MOST_STEPS = 500, 50, 60  # cases of a function, steps of a case
MOST_HEADERS, MOST_EXPECTED, MOST_KEPT = 40, 40, 20
MOST_PATTERN = 1000  # characters

CALL = re.compile(r"([A-Z]{3,20}) ((?:/|\$\{)[^\s\x00-\x1f\x7f]*)")
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
USED = re.compile(r"\$\{([^}]{0,60})\}")
BUILT_IN = "unique"
DEFAULT_MISSING = (405, 501)


@dataclass(frozen=True)
class Expect:
    """What the answer to a step must be; all of it must hold."""

    status: tuple[int, ...]  # any one of these
    header: Mapping[str, str] = field(default_factory=dict)  # name -> expression found in the value
    body_contains: tuple[str, ...] = ()
    body_lacks: tuple[str, ...] = ()
    body_matches: tuple[str, ...] = ()  # expressions found anywhere in the body


@dataclass(frozen=True)
class Step:
    """One call. `function_call` marks the call of the function itself: its answer can say there is none."""

    method: str
    path: str
    expect: Expect
    headers: Mapping[str, str] = field(default_factory=dict)
    account: str = ""  # name of an account of the run ("" = anonymous); `as` in the file
    body: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)  # name -> "header:<name>" or "body:<one group>"
    function_call: bool = False
    missing_status: tuple[int, ...] = ()  # answers that say the function is missing


@dataclass(frozen=True)
class Case:
    """One test case of a function."""

    code: str
    title_ko: str
    title_en: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Function:
    """One function that the product's documentation promises."""

    code: str
    title_ko: str
    title_en: str
    reference: str  # page or section of the documentation
    statement: str  # the promise in own words
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class FunctionList:
    """All functions of one edition of a product's public documentation that a test considers."""

    product: str
    version: str
    title_ko: str
    title_en: str
    source: str  # edition of the documentation
    functions: tuple[Function, ...]

    def case_ids(self) -> tuple[str, ...]:
        """`<function>/<case>` in the order of the list: the plan of a functional run."""
        return tuple(f"{function.code}/{case.code}" for function in self.functions for case in function.cases)

    def accounts(self) -> frozenset[str]:
        """Names of the accounts that the steps act as."""
        steps = (step for function in self.functions for case in function.cases for step in case.steps)
        return frozenset(step.account for step in steps if step.account)

    def to_json(self) -> bytes:
        """Canonical JSON (sorted, compact, UTF-8): equal lists give equal bytes."""
        return json.dumps(_shape(self), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    def digest(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.to_json()).hexdigest()


def parse_toml(data: bytes | str) -> FunctionList:
    """Read a case file. Raises: ModuleError (file.*) with where, field and limit."""
    return _function_list(read_toml(data.encode() if isinstance(data, str) else data, MOST_BYTES))


def parse_json(data: bytes) -> FunctionList:
    """Read the JSON of an order, checked as strictly as a case file. Raises: ModuleError (file.*)."""
    return _function_list(read_json(data, MOST_BYTES))


def _function_list(top: Table) -> FunctionList:
    head = top.table("list")
    functions = tuple(_function(table) for table in top.tables("function", MOST_FUNCTIONS, least=1))
    result = FunctionList(
        product=head.text("product"),
        version=head.text("version"),
        title_ko=head.text("title_ko"),
        title_en=head.text("title_en"),
        source=head.text("source"),
        functions=functions,
    )
    head.done()
    top.done()
    _refuse_twins(top, "function", (function.code for function in functions))
    return result


def _function(table: Table) -> Function:
    code = table.code("code")
    table.where = f"function {code}"
    cases = tuple(_case(inner, code) for inner in table.tables("case", MOST_CASES, least=1))
    function = Function(
        code=code,
        title_ko=table.text("title_ko"),
        title_en=table.text("title_en"),
        reference=table.text("reference"),
        statement=table.text("statement", most=TEXT),
        cases=cases,
    )
    table.done()
    _refuse_twins(table, "case", (case.code for case in cases))
    return function


def _case(table: Table, function_code: str) -> Case:
    code = table.code("code")
    table.where = f"function {function_code}, case {code}"
    steps: list[Step] = []
    known = {BUILT_IN}
    for number, inner in enumerate(table.tables("step", MOST_STEPS, least=1), start=1):
        inner.where = f"{table.where}, step {number}"
        steps.append(_step(inner, known))
    if not any(step.function_call for step in steps):  # without one nobody could tell missing from incorrect
        table.refuse("no_function_call", "step", limit=1, unit="step")
    case = Case(code, table.text("title_ko"), table.text("title_en"), tuple(steps))
    table.done()
    return case


def _step(table: Table, known: set[str]) -> Step:
    call = CALL.fullmatch(table.text("call", most=2000))
    if call is None:
        table.refuse("bad_call", "call", example="GET /path")
    is_call = table.flag("function_call", default=False)
    missing = table.wholes("missing_status", (100, 599), MOST_EXPECTED, DEFAULT_MISSING if is_call else ())
    if missing and not is_call:
        table.refuse("only_with_function_call", "missing_status")
    step = Step(
        method=call.group(1),
        path=call.group(2),
        expect=_expect(table.table("expect")),
        headers=_headers(table, "headers"),
        account=table.text("as", default="", most=60),
        body=table.text("body", default="", most=BODY),
        keep=_kept(table),
        function_call=is_call,
        missing_status=missing,
    )
    table.done()
    if set(step.expect.status) & set(missing):
        table.refuse("ambiguous_status", "missing_status")
    _refuse_unknown_names(table, step, known)
    known.update(step.keep)
    return step


def _expect(table: Table) -> Expect:
    expect = Expect(
        status=table.wholes("status", (100, 599), MOST_EXPECTED),
        header=_headers(table, "header"),
        body_contains=table.texts("body_contains", MOST_EXPECTED, TEXT),
        body_lacks=table.texts("body_lacks", MOST_EXPECTED, TEXT),
        body_matches=table.texts("body_matches", MOST_EXPECTED, MOST_PATTERN),
    )
    table.done()
    if not expect.status:  # without it the step could not fail
        table.refuse("missing_field", "status")
    for name, pattern in [*expect.header.items(), *(("body_matches", one) for one in expect.body_matches)]:
        if len(pattern) > MOST_PATTERN or not is_pattern(pattern):
            table.refuse("bad_pattern", name, limit=MOST_PATTERN, unit="character")
    return expect


def _headers(table: Table, field_name: str) -> dict[str, str]:
    headers = table.pairs(field_name, MOST_HEADERS, TEXT)
    for name, value in headers.items():
        if not HEADER.fullmatch(name) or "\r" in value or "\n" in value:
            table.refuse("bad_header", name)
    return headers


def _kept(table: Table) -> dict[str, str]:
    kept = table.pairs("keep", MOST_KEPT, MOST_PATTERN)
    for name, source in kept.items():
        kind, _, what = source.partition(":")
        is_right = (
            HEADER.fullmatch(what) if kind == "header" else kind == "body" and is_pattern(what, groups=1)
        )
        if not NAME.fullmatch(name) or name == BUILT_IN or not is_right:
            table.refuse("bad_keep", name, example="header:ETag")
    return kept


def _refuse_unknown_names(table: Table, step: Step, known: set[str]) -> None:
    expect = step.expect
    texts = [step.path, step.body, *step.headers.values()]
    texts += [*expect.body_contains, *expect.body_lacks, *expect.body_matches, *expect.header.values()]
    for name in USED.findall("\n".join(texts)):
        if name not in known:
            table.refuse("unknown_name", name)


def _refuse_twins(table: Table, field_name: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code.casefold() in seen:
            table.refuse("twice", field_name, name=code)
        seen.add(code.casefold())


def _shape(functions: FunctionList) -> dict[str, Any]:
    head = {
        name: getattr(functions, name) for name in ("product", "version", "title_ko", "title_en", "source")
    }
    return {"list": head, "function": [_function_shape(function) for function in functions.functions]}


def _function_shape(function: Function) -> dict[str, Any]:
    shape = {
        name: getattr(function, name) for name in ("code", "title_ko", "title_en", "reference", "statement")
    }
    return {**shape, "case": [_case_shape(case) for case in function.cases]}


def _case_shape(case: Case) -> dict[str, Any]:
    steps = [_step_shape(step) for step in case.steps]
    return {"code": case.code, "title_ko": case.title_ko, "title_en": case.title_en, "step": steps}


def _step_shape(step: Step) -> dict[str, Any]:
    shape = dataclasses.asdict(step)
    shape["call"] = f"{shape.pop('method')} {shape.pop('path')}"
    shape["as"] = shape.pop("account")
    return shape


def require_accounts(functions: FunctionList, accounts: Mapping[str, str]) -> None:
    """Refuse a list that acts as an account the run does not have. Raises: ModuleError (cases.no_account)."""
    for name in sorted(functions.accounts()):
        if name not in accounts:
            raise ModuleError("cases.no_account", account=name)
