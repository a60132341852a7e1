"""`python -m test_modules` and the proof, on a module of our own and its reference items."""

import json
from pathlib import Path

import pytest

from test_modules import catalogue, proving
from test_modules.__main__ import main
from test_modules.contract import ModuleError, Outcome, State
from tests.test_modules.builders import TARGETS, Watching, serving, suite, write_module

CASES = """
[list]
product = "Shelf"
version = "1"
title_ko = "책장"
title_en = "Shelf"
source = "shelf.py"
"""
ONE_CASE = """
[[function]]
code = "{code}"
title_ko = "가"
title_en = "a"
reference = "p. 1"
statement = "s"
[[function.case]]
code = "c"
title_ko = "가"
title_en = "a"
"""
PUT = """
[[function.case.step]]
call = "PUT /shelf/${unique}"
body = "글"
expect = { status = [201] }
"""
GET = """
[[function.case.step]]
call = "GET /shelf/${unique}"
expect = { status = [200], header = { Content-Type = "^text/plain" }, body_contains = ["글"] }
function_call = true
"""
DELETE = """
[[function.case.step]]
call = "DELETE /shelf/${unique}"
expect = { status = [204] }
function_call = true
"""
SHELF_CASES = CASES + ONE_CASE.format(code="READ") + PUT + GET + ONE_CASE.format(code="DELETE") + PUT + DELETE
FAULTS = """
[[fault]]
code = "no-delete"
title_ko = "지우기 없음"
title_en = "no delete"
item = "shelf.py"
arguments = ["--fault", "no-delete"]
[[fault.run]]
[fault.run.expect."FCp-1-G"]
value = 0.5
unit = "1"
[[fault]]
code = "wrong-type"
title_ko = "다른 형식"
title_en = "wrong type"
item = "shelf.py"
arguments = ["--fault", "wrong-type"]
is_hidden = true
[[fault.run]]
[fault.run.expect."FCr-1-G"]
value = 0.5
unit = "1"
"""


@pytest.fixture
def shelf_module(library):
    """The functional module's own files, with the shelf as its reference item."""
    own = Path(proving.__file__).parent / "modules/func_http"
    files = {name: (own / name).read_text() for name in ("suite.robot", "CaseBuilder.py", "HttpCases.py")}
    files |= {
        "shelf.py": (TARGETS / "shelf.py").read_text(),
        "cases.toml": SHELF_CASES,
        "faults.toml": FAULTS,
    }
    parameter = (
        '[[parameters]]\nname = "answer_timeout_s"\ntype = "int"\nunit = "s"\ndefault = 10\nmax = 60\n'
    )
    return write_module(
        library,
        "t-robot",
        files=files,
        replace=[
            ('[[measures]]\nid = "FCp-1-G"', parameter + '[[measures]]\nid = "FCp-1-G"'),
            ('good = ["good.py"]', 'good = ["shelf.py"]\ncases = "cases.toml"'),
        ],
    )


@pytest.mark.engine
def test_a_proof_sees_the_good_item_and_every_fault(shelf_module, tmp_path):
    record = proving.prove("t-robot", tmp_path / "proof", Watching())

    seen = {(trial.fault, trial.measure_id): trial.seen for trial in record.trials}
    good = {("", "FCp-1-G"): 1.0, ("", "FCr-1-G"): 1.0}
    assert seen == {**good, ("no-delete", "FCp-1-G"): 0.5, ("wrong-type", "FCr-1-G"): 0.5}
    assert all(trial.passed for trial in record.trials)
    assert record.module_digest == catalogue.digest("t-robot")
    assert json.loads((tmp_path / "proof/proof.json").read_bytes()) == json.loads(record.to_json())


@pytest.mark.engine
def test_a_proof_with_too_few_items_is_none(shelf_module, tmp_path):
    record = proving.prove("t-robot", tmp_path / "proof", Watching())

    assert not record.passed
    assert set(record.gaps) == {"proof.too_few_good", "proof.too_few_faulty"}


@pytest.mark.engine
def test_a_module_that_misses_a_fault_is_not_proven(shelf_module, tmp_path):
    cases_file = shelf_module / "cases.toml"
    cases_file.write_text(cases_file.read_text().replace('header = { Content-Type = "^text/plain" }, ', ""))

    record = proving.prove("t-robot", tmp_path / "proof", Watching())

    assert [trial.fault for trial in record.trials if not trial.passed] == ["wrong-type"]


@pytest.mark.engine
def test_a_fault_with_the_values_of_a_good_item_is_named(shelf_module, tmp_path):
    (shelf_module / "faults.toml").write_text(FAULTS.replace("value = 0.5", "value = 1", 1))

    record = proving.prove("t-robot", tmp_path / "proof", Watching())

    assert "proof.fault_looks_good no-delete" in record.gaps


@pytest.mark.parametrize(
    ("state", "is_broken"),
    [(State.COMPLETE, False), (State.INVALID, True), (State.TIMED_OUT, True), (State.BROKEN, True)],
)
def test_a_run_that_did_not_end_complete_breaks_the_proof_and_judges_nobody(
    library, tmp_path, monkeypatch, state, is_broken
):
    write_module(library, "t-robot")

    class Engine:
        def run(self, order, watcher):
            return Outcome(state=state, reason="generator.busy")

    monkeypatch.setattr(proving, "engine_of", lambda module_id, tools: Engine())
    monkeypatch.setattr(proving, "derive", lambda *_, **__: [])

    record = proving.prove("t-robot", tmp_path / "proof", Watching())

    assert (record.broken, record.passed) == (is_broken, False)
    assert {trial.state for trial in record.trials} == {state}
    assert {trial.seen_reason for trial in record.trials} == {
        "generator.busy" if is_broken else "measure.not_yielded"
    }
    assert json.loads(record.to_json())["broken"] is is_broken


@pytest.mark.engine
def test_a_proof_can_be_stopped(shelf_module, tmp_path):
    with pytest.raises(ModuleError) as caught:
        proving.prove("t-robot", tmp_path / "proof", Watching(lambda watching: "stop.asked"))

    assert caught.value.code == "proof.stopped"


@pytest.mark.engine
def test_a_run_can_be_verified_and_a_changed_one_not(shelf_module, tmp_path, capsys):
    with serving("shelf.py", "--fault", "no-delete") as target:
        status = main(
            [
                "run",
                "t-robot",
                "--target",
                target,
                "--cases",
                str(shelf_module / "cases.toml"),
                "--out",
                str(tmp_path / "r"),
            ]
        )
    assert (status, main(["verify", str(tmp_path / "r")])) == (0, 0)
    told = capsys.readouterr().out
    assert "FCp-1-G: 0.5 1, A = 1, B = 2" in told
    assert "the same values" in told

    derived = tmp_path / "r/derived.json"
    derived.write_text(derived.read_text().replace('"value": 0.5', '"value": 0.9'))
    assert main(["verify", str(tmp_path / "r")]) == 2

    journal = tmp_path / "r/001/journal.log"
    journal.write_bytes(journal.read_bytes().replace(b'"status":"FAIL"', b'"status":"PASS"', 1))
    assert main(["verify", str(tmp_path / "r")]) == 2
    assert "journal.broken" in capsys.readouterr().err


@pytest.mark.engine
def test_a_run_that_is_not_complete_says_so_by_its_exit_status(library, tmp_path, capsys):
    write_module(library, "t-robot", files={"suite.robot": suite(2).replace("No Operation", "Skip", 1)})

    status = main(["run", "t-robot", "--target", "http://127.0.0.1:9", "--out", str(tmp_path / "r")])

    assert status == 2
    assert "invalid plan.incomplete 1/2" in capsys.readouterr().out


def test_the_modules_are_listed(library, capsys):
    write_module(library, "t-robot")

    assert main(["list"]) == 0
    assert "t-robot 1.0.0  robot  FCp-1-G, FCr-1-G" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["prove", "t-none"], "module.unknown"),
        (["run", "t-robot", "--set", "users=1", "--out", "OUT"], "parameter.unknown"),
        (["verify", "OUT"], "verify.nothing_complete"),
    ],
)
def test_a_wrong_command_names_the_reason(library, tmp_path, capsys, arguments, code):
    write_module(library, "t-robot")

    status = main([word.replace("OUT", str(tmp_path / "r")) for word in arguments])

    assert status == 2
    assert code in capsys.readouterr().err
