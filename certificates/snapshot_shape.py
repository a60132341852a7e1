"""The shape of the frozen snapshot: the one dictionary a report is made of.

Built from records in one transaction, with its number; hashed, embedded in the PDF, printed by the template.
Nothing after that asks the database. What is printed is here as text, already rounded by a named rule;
beside it stands the full number ("exact"), so that a reader can compute it again.

Conventions
- Dates are "YYYY-MM-DD" (Asia/Seoul). Texts are in the language of the report. Empty text: nothing to say.
- Optional parts that ISO/IEC 17025 lets a laboratory leave out are `Stated`: entries, or the reason why none.
- A number is int or float and finite; money and rounded values are text.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

SCHEMA = "siheom-report/1"

RowKind = Literal["accredited", "outside_scope", "not_to_criteria", "external"]
VerdictWord = Literal["pass", "fail", "inconclusive", "none"]  # none: no criterion was agreed
FunctionOutcome = Literal["correct", "incorrect", "missing", "not_executed"]
PlaceKind = Literal["fixed", "on_site", "remote"]
Number = int | float


class Centre(TypedDict):
    code: str  # also names the seal key
    name_ko: str
    name_en: str
    address: str
    contact: str
    accreditation_no: str  # "" when the centre has none
    accreditation_state: Literal["valid", "mark_suspended", "expired", "closed", "none"]


class Customer(TypedDict):
    name: str
    address: str
    contact: str
    requested_on: str
    fictitious: bool


class ReceivedFile(TypedDict):
    name: str
    sha256: str
    size: int


class Item(TypedDict):
    product: str
    version: str
    build: str  # "" when the developer names none
    developer: str
    description: str
    files: list[ReceivedFile]
    digest: str  # SHA-256 over sorted name and SHA-256 of the files
    received_on: str
    condition: str


class Test(TypedDict):
    started_on: str
    ended_on: str
    place: str
    place_kind: PlaceKind


class Method(TypedDict):
    standard: str
    edition: str
    title: str


class Module(TypedDict):
    id: str
    version: str
    digest: str
    proof: str  # SHA-256 or number of the proof's record; "" when not proven


class EnvironmentRow(TypedDict):
    name: str
    value: str


class Environment(TypedDict):
    hardware: str
    software: str
    network: str
    sandbox: str  # "bubblewrap" or "unsandboxed"
    fingerprint: str
    engines: list[EnvironmentRow]  # tool and version
    rows: list[EnvironmentRow]  # anything else worth a line


class Uncertainty(TypedDict):
    u: str  # standard uncertainty, text in the unit of the result
    U: str  # expanded
    k: str
    dof: str
    u_exact: Number | None
    U_exact: Number | None
    reason: str  # why there is none; "" when there is one


class Evidence(TypedDict):
    run_uid: str
    file: str
    sha256: str


class Result(TypedDict):
    measure_id: str
    name_ko: str
    name_en: str
    edition: str
    value: str  # "" when not applicable or not measured
    value_exact: Number | None
    unit: str  # "1" is printed as nothing
    a: str
    b: str  # both "" where the measure is no ratio
    a_exact: Number | None
    b_exact: Number | None
    n: int
    uncertainty: Uncertainty
    not_applicable_reason: str
    criterion: str  # as agreed, e.g. ">= 0.95"; "" when none was agreed
    verdict: VerdictWord
    row_kind: RowKind
    row_reason: str  # why the row is not accredited; "" when it is
    evidence: list[Evidence]


class CaseCounts(TypedDict):
    passed: int
    failed: int
    missing: int
    not_executed: int


class Function(TypedDict):
    code: str
    title: str
    reference: str  # where the product's documentation promises it
    outcome: FunctionOutcome
    cases: CaseCounts


class FunctionList(TypedDict):
    title: str
    version: str
    digest: str


class Stated(TypedDict):
    entries: list[str]
    none_reason: str  # why there is nothing to state; must be filled when entries is empty


class DecisionRule(TypedDict):
    code: str
    text: str
    reference: str


class Person(TypedDict):
    uid: str
    name: str
    role: str


class People(TypedDict):
    tested: list[Person]
    reviewed: Person
    authorized: Person


class Replaces(TypedDict):
    number: str
    sha256: str
    reason: str
    changes: list[str]


class Mark(TypedDict):
    shown: bool
    reason: str  # why not, when it is not shown


class Seal(TypedDict):
    development: bool  # then every page says NOT ACCREDITED
    subject: str


class Snapshot(TypedDict):
    schema: str  # SCHEMA
    number: str
    series: str
    language: Literal["ko", "en"]
    title: str
    centre: Centre
    customer: Customer
    purpose: str
    item: Item
    test: Test
    methods: list[Method]
    modules: list[Module]
    environment: Environment
    results: list[Result]
    function_list: FunctionList | None
    functions: list[Function]
    decision_rule: DecisionRule
    deviations: Stated
    opinions: Stated
    sampling: Stated
    external_providers: Stated
    relates_only_to_items: bool  # the statement of 7.8.2.1 l is printed
    people: People
    issued_on: str
    mark: Mark
    seal: Seal
    verify_url: str  # what the QR code opens; carries the code
    verify_code: str
    replaces: Replaces | None
    notes: NotRequired[list[str]]  # further sentences of the laboratory
