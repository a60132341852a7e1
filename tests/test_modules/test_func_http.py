"""The functional module: what its cases find on the reference items, and how a step speaks with a target."""

import json

import pytest

from test_modules import catalogue
from test_modules.cases import parse_toml
from test_modules.contract import CaseState, State
from test_modules.engines import engine_of
from test_modules.manifest import read_faults
from test_modules.tools import Tools
from tests.targets.mirror import mirror
from tests.test_modules.builders import Watching, make_order
from tests.test_modules.reference_runs import (
    carried_out,
    one_function,
    reference_item,
    result_of_only_case,
    wrong_functions,
)

FUNC = catalogue.find("func-http")
LISTED = parse_toml((FUNC.folder / FUNC.proof.cases).read_bytes()).to_json()
SEEN_AS = {
    "wrong_total": {"R09": "incorrect"},
    "stale_read": {"R02": "incorrect"},
    "page_size": {"R05": "incorrect"},
    "unescaped": {"R10": "incorrect"},
    "sort_case": {"R07": "incorrect"},
    "truncated_text": {"R16": "incorrect"},
    "undead": {"R04": "incorrect"},
    "import_loses_last": {"R14": "incorrect"},
    "cut_answer": {"R14": "incorrect"},
    "lost_update": {"R03": "incorrect"},
    "wrong_etag": {"R03": "incorrect", "R12": "incorrect"},
    "crash_on_edge": {"R06": "incorrect"},
    "open_door": {"R13": "incorrect"},
    "overlap_edge": {"R01": "incorrect"},
    "no_patch": {"R11": "missing"},
    "no_export": {"R14": "missing"},
}
# an answer that breaks off shows in any case that reads it; the others need the sharper cases
HIDDEN_FROM_SIMPLE_CASES = {fault.code for fault in read_faults(FUNC) if fault.is_hidden} - {"cut_answer"}
ONLY_CALL = 'call = "GET /thing"\nfunction_call = true\nexpect.status = [200]'


def first_cases_only():
    """The list with the simple case of each function alone."""
    listed = json.loads(LISTED)
    for function in listed["function"]:
        function["case"] = function["case"][:1]
    return json.dumps(listed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def judged(out_dir, name, *arguments, listed=LISTED):
    item = reference_item("func-http", name, *arguments)
    return carried_out("func-http", out_dir, product=item, listed=listed, accounts=FUNC.proof.accounts)


def tried(out_dir, *steps, accounts=None):
    """The result of one case against the mirror, and what the mirror was asked."""
    listed = one_function(*steps)
    with mirror() as (address, seen):
        carried_out("func-http", out_dir, target_url=address, listed=listed, accounts=accounts)
    return result_of_only_case(out_dir, listed), seen


def test_every_seeded_fault_has_a_prediction():
    assert {fault.code for fault in read_faults(FUNC)} == set(SEEN_AS)


@pytest.mark.engine
@pytest.mark.parametrize("name", ["good_a.py", "good_b.py"])
def test_good_item_is_right_in_every_function(tmp_path, name):
    found = judged(tmp_path / "out", name)

    assert wrong_functions(found) == {}
    assert (found["FCp-1-G"].value, found["FCr-1-G"].value) == (1, 1)


@pytest.mark.engine
@pytest.mark.parametrize("fault", SEEN_AS)
def test_seeded_fault_is_found_in_exactly_its_functions(tmp_path, fault):
    found = judged(tmp_path / "out", "good_a.py", "--fault", fault)

    assert wrong_functions(found) == SEEN_AS[fault]


@pytest.mark.engine
@pytest.mark.parametrize("fault", sorted(HIDDEN_FROM_SIMPLE_CASES))
def test_simple_cases_alone_do_not_find_it(tmp_path, fault):
    found = judged(tmp_path / "out", "good_a.py", "--fault", fault, listed=first_cases_only())

    assert wrong_functions(found) == {}


@pytest.mark.engine
def test_kept_value_stands_for_itself_in_an_expression(tmp_path):
    result, _ = tried(
        tmp_path / "out",
        'call = "GET /first?h.ETag=%22a.c%2B%22"\nexpect.status = [200]\nkeep = { tag = "header:ETag" }',
        'call = "PUT /second?h.ETag=%22abc%2B%22"\nbody = "${tag}"\nfunction_call = true\n'
        "expect.status = [200]\nexpect.header = { ETag = '^${tag}$' }",
    )

    assert result.state is CaseState.FAIL
    assert "expected header ETag like" in result.message


@pytest.mark.engine
def test_kept_values_go_into_path_header_and_body(tmp_path):
    result, seen = tried(
        tmp_path / "out",
        'call = "PUT /방/${unique}"\nbody = "번호 42"\nexpect.status = [200]\nkeep = { n = "body:번호 ([0-9]+)" }',
        'call = "PUT /rows/${n}"\nheaders = { X-Number = "${n}" }\nbody = "n=${n}"\nfunction_call = true\n'
        'expect.status = [200]\nexpect.body_contains = ["/rows/${n}", "n=42"]',
    )

    assert result.state is CaseState.PASS, result.message
    method, path, headers, body = seen[1]
    assert (method, path, headers["X-Number"], body) == ("PUT", "/rows/42", "42", "n=42")
    assert seen[0][1].startswith("/%EB%B0%A9/")


@pytest.mark.engine
def test_account_is_sent_but_its_password_stays_out_of_the_evidence(tmp_path):
    _, seen = tried(tmp_path / "out", ONLY_CALL + '\nas = "clerk"', accounts={"clerk": "clerk:hush-hush"})

    assert seen[0][2]["Authorization"] == "Basic Y2xlcms6aHVzaC1odXNo"
    for path in (tmp_path / "out").iterdir():
        text = path.read_text()
        assert "hush" not in text, path.name
        assert "Y2xlcms6" not in text, path.name


@pytest.mark.engine
def test_failure_lists_every_difference_and_names_the_step(tmp_path):
    result, _ = tried(
        tmp_path / "out",
        'call = "GET /thing?status=203"\nfunction_call = true\nexpect.status = [200, 204]\n'
        'expect.header = { ETag = "x" }\nexpect.body_contains = ["고래"]\nexpect.body_lacks = ["thing"]\n'
        "expect.body_matches = ['^\\d+$']",
    )

    assert result.state is CaseState.FAIL
    for part in (
        "F1/1 step 1 (GET /thing?status=203)",
        "expected status 200 or 204, got 203",
        "expected header ETag like 'x', got None",
        "expected '고래' in the body, got none",
        "expected no 'thing' in the body, got it",
        "expected a body like",
    ):
        assert part in result.message


@pytest.mark.engine
@pytest.mark.parametrize(
    ("status", "missing", "state"),
    [
        (405, "", CaseState.MISSING),
        (501, "", CaseState.MISSING),
        (404, "", CaseState.FAIL),
        (404, "missing_status = [404]", CaseState.MISSING),
        (405, "missing_status = [404]", CaseState.FAIL),
    ],
)
def test_only_the_answers_that_the_case_names_mean_missing(tmp_path, status, missing, state):
    call = f'call = "GET /thing?status={status}"\nfunction_call = true\nexpect.status = [200]\n{missing}'

    result, _ = tried(tmp_path / "out", call)

    assert result.state is state


@pytest.mark.engine
def test_same_answer_to_a_step_that_only_prepares_is_a_failure(tmp_path):
    result, seen = tried(
        tmp_path / "out", 'call = "GET /before?status=405"\nexpect.status = [200]', ONLY_CALL
    )

    assert result.state is CaseState.FAIL
    assert len(seen) == 1


@pytest.mark.engine
def test_redirect_is_judged_and_not_followed(tmp_path):
    result, seen = tried(
        tmp_path / "out",
        'call = "GET /old?status=302&h.Location=/new"\nfunction_call = true\nexpect.status = [302]\n'
        "expect.header = { Location = '^/new$' }",
    )

    assert result.state is CaseState.PASS, result.message
    assert [path for _, path, _, _ in seen] == ["/old"]


@pytest.mark.engine
def test_target_that_does_not_answer_fails_its_cases_and_misses_nothing(tmp_path):
    listed = one_function(ONLY_CALL)

    found = carried_out("func-http", tmp_path / "out", target_url="http://127.0.0.1:9", listed=listed)

    assert wrong_functions(found) == {"F1": "incorrect"}
    assert "expected an answer, got none" in result_of_only_case(tmp_path / "out", listed).message


@pytest.mark.engine
def test_trouble_of_the_library_itself_is_no_verdict(tmp_path):
    listed = one_function(
        'call = "PUT /first"\nbody = "99999999999"\nexpect.status = [200]\nkeep = { n = "body:([0-9]+)" }',
        'call = "GET /second"\nfunction_call = true\nexpect.status = [200]\nexpect.body_matches = ["a{${n}}"]',
    )
    with mirror() as (address, _):
        order = make_order(
            tmp_path / "out",
            "func-http",
            module_version=FUNC.version,
            parameters={"answer_timeout_s": 30},
            cases=listed,
            target_url=address,
        )
        outcome = engine_of("func-http", Tools.of_environment()).run(order, Watching())

    assert outcome.state is State.BROKEN
    assert "could not carry out step 2 of F1/1" in outcome.reason
