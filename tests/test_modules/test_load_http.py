"""The load module: what its users ask, what counts as failed, and what it finds on the reference items."""

import base64

import pytest

from test_modules import catalogue
from test_modules.manifest import read_faults, validate_parameters
from test_modules.proving import prove
from tests.targets.mirror import mirror
from tests.test_modules.builders import Watching
from tests.test_modules.reference_runs import carried_out, reference_item

LOAD = catalogue.find("load-http")
SHORT = {"users": 2, "warm_up_s": 0.2, "duration_s": 1.0}
OK = 'GET /reservations 1 200 "status": "ok"'


def loaded(out_dir, requests, **given):
    """Load the mirror for a moment; gives the measures and what the mirror was asked."""
    accounts = {"clerk": "clerk:clerk-secret"}
    with mirror() as (address, seen):
        parameters = {**SHORT, "requests": requests, **given}
        found = carried_out("load-http", out_dir, given=parameters, accounts=accounts, target_url=address)
    return found, seen


def failed_share(found):
    return found["PTb-1-G"].details["worst_failed_share"]


def test_most_seeded_faults_never_change_a_status_code():
    faults = read_faults(LOAD)

    assert len(faults) >= 8
    assert sum(fault.is_hidden for fault in faults) >= len(faults) / 2


def test_every_run_of_the_proof_has_parameters_that_the_module_knows():
    runs = [*LOAD.proof.runs, *(run for fault in read_faults(LOAD) for run in fault.runs)]

    for run in runs:
        assert validate_parameters(LOAD, run.parameters)["requests"] == OK


@pytest.mark.engine
def test_users_ask_the_mix_in_its_shares_as_the_account_with_the_body(tmp_path):
    found, seen = loaded(
        tmp_path / "out",
        "GET /list 3 200 /list | PUT /one 1 200 본문 | PROPFIND /dav 1 200",
        account="clerk",
        body="본문",
    )

    assert failed_share(found) == 0
    by_path = {path: [row for row in seen if row[1] == path] for path in ("/list", "/one", "/dav")}
    total = sum(len(rows) for rows in by_path.values())
    assert len(by_path["/list"]) / total == pytest.approx(0.6, abs=0.02)
    assert len(by_path["/one"]) / total == pytest.approx(0.2, abs=0.02)
    basic = "Basic " + base64.b64encode(b"clerk:clerk-secret").decode()
    assert {row[2]["Authorization"] for row in seen} == {basic}
    assert {(row[0], row[3]) for row in by_path["/one"]} == {("PUT", "본문")}
    assert {row[2]["Depth"] for row in by_path["/dav"]} == {"1"}
    assert {row[3] for row in by_path["/list"]} == {""}


@pytest.mark.engine
@pytest.mark.parametrize(
    ("requests", "share"),
    [
        ("GET /a 1 200,204", 0),
        ("GET /a?status=404 1 404 /a", 0),  # a bad status may be the one asked for
        ("GET /a?status=302&h.Location=/b 1 302", 0),
        ("GET /a?status=302&h.Location=/b 1 200", 1),  # not followed
        ("GET /a 1 204", 1),
        ("GET /a 1 200 another text", 1),
    ],
)
def test_answer_counts_as_failed_by_status_and_text(tmp_path, requests, share):
    found, seen = loaded(tmp_path / "out", requests)

    assert failed_share(found) == share
    assert {path for _, path, _, _ in seen} == {"/a"}
    assert found["PTb-1-G"].reason == (
        "result.too_many_failures" if share else "result.one_repeat_has_no_uncertainty"
    )


@pytest.mark.engine
@pytest.mark.parametrize("fault", ["truncated", "resets"])
def test_answer_that_breaks_off_or_does_not_come_is_not_asked_for_again(tmp_path, fault):
    item = reference_item("load-http", "good_a.py", "--fault", fault)
    given = {"users": 8, "warm_up_s": 0.3, "duration_s": 2.0, "requests": OK}

    found = carried_out("load-http", tmp_path / "out", given=given, product=item)

    assert failed_share(found) == pytest.approx(0.05, abs=0.03)
    assert found["PTb-1-G"].value is None


@pytest.mark.engine
def test_module_judges_every_reference_item_right(tmp_path):
    record = prove("load-http", tmp_path, Watching())

    assert [trial for trial in record.trials if not trial.passed] == []
    assert record.gaps == ()
