"""Measures from folders of evidence that were written by hand, so that every value is known."""

import hashlib
import json
import struct

import pytest

from test_modules import catalogue
from test_modules import derive as deriving
from test_modules.cases import parse_toml
from test_modules.contract import CaseState, ModuleError
from test_modules.derive import derive
from test_modules.engines.journal import Journal
from test_modules.events import CaseResult, Window
from test_modules.evidence import read_record
from test_modules.samples import samples_of, write_samples
from tests.test_modules.builders import write_module

PACK = struct.Struct("<dddIHH").pack
SATURATION = {"profile": "saturation", "users": 2, "warm_up_s": 0.3, "duration_s": 1.0}
STEADY = {**SATURATION, "profile": "steady"}


def refusal(call, *arguments, **named):
    with pytest.raises(ModuleError) as caught:
        call(*arguments, **named)
    return caught.value.code


def attempt(folder, module_id, parameters, events=(), *, files=None, state="complete", **order):
    folder.mkdir(parents=True)
    for name, data in (files or {}).items():
        (folder / name).write_bytes(data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in (files or {}).items()}
    with Journal(folder / "journal.log") as journal:
        journal.add(ev="order", module=module_id, version="1.0.0", parameters=parameters, **order)
        journal.add_lines(json.dumps(event).encode() for event in events)
        journal.add(ev="collected", files=hashes, refused={})
        journal.add(ev="ended", state=state)
    return folder


def functional(folder, results):
    """`results` are (function, case, status, tags)."""
    tests = [{"id": f"{function}/{case}", "function": function} for function, case, _, _ in results]
    ends = [
        {"ev": "end", "n": n, "status": status, "s": 0.1, "tags": list(tags)}
        for n, (_, _, status, tags) in enumerate(results)
    ]
    return attempt(folder, "t-robot", {}, [{"ev": "plan", "tests": tests}, *ends, {"ev": "close"}])


def load(folder, parameters, plateaus, failed=0):
    """`plateaus` are (users, requests in the window of 10 s, ms each)."""
    data, windows = b"", []
    for number, (users, count, time_ms) in enumerate(plateaus):
        begin = 1000.0 + 100 * number
        windows.append(Window(number, users, begin, begin + 10))
        for n in range(count):
            status = 500 | 0x8000 if n < failed else 200
            data += PACK(begin + 9 * n / max(count, 1), 0, 900.0 if n < failed else time_ms, 1, status, 0)
        data += PACK(begin - 5, 0, 4000.0, 1, 200, 0)  # warm-up: slow, and not to be counted
    path = folder.with_suffix(".npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_samples(samples_of(data, windows), path)
    return attempt(folder, "t-load", parameters, files={"samples.npz": path.read_bytes()})


@pytest.fixture
def robot(library):
    write_module(library, "t-robot")
    return catalogue.find("t-robot")


@pytest.fixture
def locust(library):
    write_module(library, "t-load", "locust")
    return catalogue.find("t-load")


def test_counts_are_functions_and_never_cases(robot, tmp_path):
    missing = ("FAIL", ["missing"])
    folder = functional(
        tmp_path / "1",
        [
            ("A", "a1", "PASS", []),
            ("A", "a2", "PASS", []),
            ("B", "b1", "PASS", []),
            ("B", "b2", "FAIL", []),
            ("B", "b3", "FAIL", []),
            ("C", "c1", *missing),
            ("C", "c2", *missing),
            ("D", "d1", *missing),
            ("D", "d2", "PASS", []),
            ("E", "e1", "PASS", ["missing"]),
        ],
    )

    coverage, correctness = derive(robot, [folder], parameters={})

    assert (coverage.a, coverage.b, coverage.value) == (1, 5, 0.8)
    assert (correctness.a, correctness.b, correctness.value) == (2, 4, 0.5)
    assert [row["outcome"] for row in coverage.details["functions"]] == [
        "correct", "incorrect", "missing", "incorrect", "correct"
    ]  # fmt: skip
    assert coverage.details["functions"][1]["cases"] == {
        "passed": 1,
        "failed": 2,
        "missing": 0,
        "not_executed": 0,
    }


def test_correctness_of_nothing_is_not_applicable(robot, tmp_path):
    folder = functional(tmp_path / "1", [("A", "a1", "FAIL", ["missing"])])

    _coverage, correctness = derive(robot, [folder], parameters={})

    assert (correctness.value, correctness.b, correctness.reason) == (None, 0, "result.not_applicable")


def test_the_mean_is_one_of_the_repeats_means_and_leaves_the_warm_up_out(locust, tmp_path):
    folders = [load(tmp_path / "1", STEADY, [(2, 100, 10.0)]), load(tmp_path / "2", STEADY, [(2, 300, 20.0)])]

    response_time, throughput = derive(locust, folders, parameters=STEADY)

    assert response_time.values == (10.0, 20.0)
    assert response_time.value == 15.0  # of 400 requests it would be 17.5
    assert (response_time.n, response_time.details["requests"]) == (2, 400)
    assert response_time.standard_uncertainty == pytest.approx(5.0)  # s / sqrt(2) of 10 and 20
    assert response_time.coverage_factor == pytest.approx(
        12.706, abs=0.001
    )  # Student's t, 1 degree of freedom
    assert throughput.values == (10.0, 30.0)


def test_one_repeat_has_no_uncertainty(locust, tmp_path):
    (response_time, _) = derive(locust, [load(tmp_path / "1", STEADY, [(2, 100, 10.0)])], parameters=STEADY)

    assert (response_time.n, response_time.standard_uncertainty) == (1, None)
    assert response_time.reason == "result.one_repeat_has_no_uncertainty"


def test_failed_answers_are_counted_and_not_averaged(locust, tmp_path):
    folder = load(tmp_path / "1", STEADY, [(2, 200, 10.0)], failed=2)

    response_time, throughput = derive(locust, [folder], parameters=STEADY)

    assert response_time.value == 10.0
    assert (response_time.details["failed"], response_time.details["worst_failed_share"]) == (2, 0.01)
    assert throughput.value == 19.8


def test_too_many_failed_answers_give_no_value_but_the_reason(locust, tmp_path):
    folder = load(tmp_path / "1", STEADY, [(2, 200, 10.0)], failed=3)

    for measure in derive(locust, [folder], parameters=STEADY):
        assert (measure.value, measure.reason) == (None, "result.too_many_failures")


def test_capacity_is_taken_only_at_shown_saturation(locust, tmp_path):
    saturated = [load(tmp_path / f"s{n}", SATURATION, [(2, 1000, 2.0), (4, 1040, 4.0)]) for n in (1, 2)]
    rising = [load(tmp_path / f"r{n}", SATURATION, [(2, 1000, 2.0), (4, 1060, 4.0)]) for n in (1, 2)]

    (capacity,) = derive(locust, saturated, parameters=SATURATION)
    (nothing,) = derive(locust, rising, parameters=SATURATION)

    assert (capacity.value, capacity.n) == (100.0, 2)
    assert capacity.details["gain"] == pytest.approx(0.04)
    assert (nothing.value, nothing.reason) == (None, "result.not_saturated")
    assert [row["users"] for row in nothing.details["repeats"]] == [2, 4, 2, 4]


def test_an_attempt_that_is_not_complete_feeds_no_measure(locust, tmp_path):
    folder = attempt(tmp_path / "1", "t-load", STEADY, state="invalid")

    assert refusal(derive, locust, [folder], parameters=STEADY) == "derive.not_complete"


def test_another_orders_evidence_is_refused(locust, tmp_path):
    folder = load(tmp_path / "1", SATURATION, [(2, 10, 1.0), (4, 10, 1.0)])

    assert refusal(derive, locust, [folder], parameters=STEADY) == "derive.other_order"


def test_a_changed_raw_file_is_found_before_anything_is_computed(locust, tmp_path):
    folder = load(tmp_path / "1", STEADY, [(2, 10, 1.0)])
    with (folder / "samples.npz").open("ab") as file:
        file.write(b"x")

    assert refusal(derive, locust, [folder], parameters=STEADY) == "evidence.file_changed"


def test_a_raw_file_that_the_journal_does_not_vouch_for_is_not_read(locust, tmp_path):
    folder = attempt(tmp_path / "1", "t-load", STEADY)
    (folder / "samples.npz").write_bytes(b"")

    assert refusal(derive, locust, [folder], parameters=STEADY) == "evidence.file_missing"


def test_a_linked_journal_is_not_followed(robot, tmp_path):
    folder = functional(tmp_path / "1", [("A", "a1", "PASS", [])])
    (tmp_path / "2").mkdir()
    (tmp_path / "2/journal.log").symlink_to(folder / "journal.log")

    assert refusal(derive, robot, [tmp_path / "2"], parameters={}) == "evidence.no_journal"


def listed(*pairs):
    """A function list of these (function, case)."""
    text = '[list]\nproduct = "p"\nversion = "1"\ntitle_ko = "가"\ntitle_en = "a"\nsource = "s"\n'
    titles = 'title_ko = "가"\ntitle_en = "a"\n'
    for function, case in pairs:
        text += f'[[function]]\ncode = "{function}"\n{titles}reference = "r"\nstatement = "s"\n'
        text += f'[[function.case]]\ncode = "{case}"\n{titles}'
        text += '[[function.case.step]]\ncall = "GET /"\nfunction_call = true\nexpect.status = [200]\n'
    return parse_toml(text.encode()).to_json()


def test_a_function_that_no_case_speaks_for_gives_no_measure(robot, tmp_path, monkeypatch):
    folder = functional(tmp_path / "1", [("A", "a1", "PASS", [])])
    result = CaseResult("A/a1", "A", CaseState.NOT_EXECUTED)
    monkeypatch.setattr(deriving, "case_results", lambda record, functions: (result,))

    with pytest.raises(ModuleError) as caught:
        derive(robot, [folder], parameters={})

    assert (caught.value.code, caught.value.params["function"]) == ("derive.not_executed", "A")


def test_a_case_that_is_tagged_with_another_function_is_refused(robot, tmp_path):
    cases = listed(("A", "a1"), ("B", "b1"))
    tests = [{"id": "A/a1", "function": "A"}, {"id": "B/b1", "function": "A"}]
    ends = [{"ev": "end", "n": n, "status": "PASS", "s": 0.1, "tags": []} for n in range(2)]
    events = [{"ev": "plan", "tests": tests}, *ends, {"ev": "close"}]
    folder = attempt(tmp_path / "1", "t-robot", {}, events)

    assert refusal(derive, robot, [folder], parameters={}, cases=cases) == "evidence.other_function"


def test_a_journal_that_ends_in_another_hash_than_the_recorded_one_is_refused(robot, tmp_path):
    folder = functional(tmp_path / "1", [("A", "a1", "FAIL", [])])
    head = read_record(folder).head
    made_anew = functional(tmp_path / "2", [("A", "a1", "PASS", [])])

    assert derive(robot, [folder], parameters={}, heads=[head])[1].a == 1
    assert refusal(derive, robot, [made_anew], parameters={}, heads=[head]) == "journal.other_head"


@pytest.mark.parametrize("heads", [[], [""], ["a" * 64, "b" * 64]])
def test_each_repeat_needs_its_recorded_head(robot, tmp_path, heads):
    folder = functional(tmp_path / "1", [("A", "a1", "PASS", [])])

    assert refusal(derive, robot, [folder], parameters={}, heads=heads) == "derive.no_head"


def test_evidence_from_other_bytes_of_the_module_is_refused(robot, tmp_path):
    tests = [{"id": "A/a1", "function": "A"}]
    end = {"ev": "end", "n": 0, "status": "PASS", "s": 0.1, "tags": []}
    events = [{"ev": "plan", "tests": tests}, end, {"ev": "close"}]
    same, other = catalogue.digest_of(robot.folder), "0" * 64
    ours = attempt(tmp_path / "1", "t-robot", {}, events, module_digest=same)
    theirs = attempt(tmp_path / "2", "t-robot", {}, events, module_digest=other)

    assert derive(robot, [ours], parameters={})[0].value == 1
    assert refusal(derive, robot, [theirs], parameters={}) == "derive.other_module"


@pytest.mark.parametrize(
    "change",
    [
        lambda events: events[:-1],  # not closed
        lambda events: [events[0], *events[2:]],  # an end is missing
        lambda events: [*events[:2], events[1], *events[2:]],  # an end came twice
        lambda events: [events[0], events[0], *events[1:]],  # the plan came twice
        lambda events: [*events[:-1], {"ev": "end", "n": 9, "status": "PASS"}, events[-1]],
        lambda events: [{"ev": "plan", "tests": 7}, *events[1:]],
    ],
)
def test_a_journal_that_calls_itself_complete_is_still_reconciled(robot, tmp_path, change):
    tests = [{"id": f"A/{n}", "function": "A"} for n in range(2)]
    ends = [{"ev": "end", "n": n, "status": "PASS", "s": 0.1, "tags": []} for n in range(2)]
    events = [{"ev": "plan", "tests": tests}, *ends, {"ev": "close"}]
    folder = attempt(tmp_path / "1", "t-robot", {}, change(events))

    assert refusal(derive, robot, [folder], parameters={}) == "evidence.not_complete"


def test_a_formula_other_than_the_promised_one_is_refused(library, tmp_path):
    write_module(library, "t-robot", replace=[('"fcp/1"', '"fcp/0"')])
    folder = functional(tmp_path / "1", [("A", "a1", "PASS", [])])

    assert refusal(derive, catalogue.find("t-robot"), [folder], parameters={}) == "derive.formula_differs"
