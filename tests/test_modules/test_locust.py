import pytest

from test_modules import catalogue, engines
from test_modules.contract import EngineBroken, State
from test_modules.derive import derive
from test_modules.engines.channels import ByteChannel
from test_modules.evidence import read_record, samples_in
from test_modules.manifest import validate_parameters
from tests.test_modules.builders import (
    LOCUSTFILE,
    Watching,
    make_order,
    processes_with,
    serving,
    shelf,
    write_module,
)

pytestmark = pytest.mark.engine
BROKEN_TASK = LOCUSTFILE.replace('self.client.get("/health")', "BODY")


def run(library, folder, watching=None, given=None, **overrides):
    parameters = validate_parameters(catalogue.find("t-load"), given or {})
    order = make_order(folder, "t-load", parameters=parameters, **{"target_url": "", **overrides})
    return order, engines.engine_of("t-load").run(order, watching or Watching())


def test_a_steady_run_measures_the_known_delay(library, tmp_path):
    write_module(library, "t-load", "locust")

    runs = [run(library, tmp_path / f"{n}", product=shelf("--delay-ms", "20")) for n in (1, 2)]

    for order, outcome in runs:
        assert (outcome.state, outcome.planned, outcome.reported) == (State.COMPLETE, 1, 1), outcome
        assert {"samples.npz", "locust_stats.csv", "product.log", "journal.log"} <= set(outcome.files)
        samples = samples_in(read_record(order.out_dir, outcome.journal_head))
        assert set(samples.window.tolist()) == {-1, 0}
    time, throughput = derive(
        catalogue.find("t-load"), [order.out_dir for order, _ in runs], parameters=runs[0][0].parameters
    )
    assert 20 <= time.value < 200  # the machine may be busy; quicker than the delay it cannot be
    assert throughput.value < 2 * 50


def test_saturation_has_two_plateaus_and_finds_the_known_capacity(library, tmp_path):
    write_module(library, "t-load", "locust")
    given = {"profile": "saturation", "users": 4, "duration_s": 2.0}

    order, outcome = run(library, tmp_path / "1", given=given, product=shelf("--delay-ms", "20", "--serial"))

    assert outcome.state is State.COMPLETE, outcome
    (capacity,) = derive(catalogue.find("t-load"), [order.out_dir], parameters=order.parameters)
    assert [row["users"] for row in capacity.details["repeats"]] == [4, 8]
    assert 25 < capacity.details["rate_at_load_per_s"] <= 51  # 1000 ms / 20 ms, less on a busy machine


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("nothing_of_that_name()", "script.error NameError"),
        ("__import__('os')._exit(0)", ""),
        ("__import__('os').kill(__import__('os').getpid(), 9)", "tool.exit 137"),
        ("__import__('sys').exit(0)", ""),
    ],
)
def test_a_load_file_that_breaks_is_never_a_complete_run(library, tmp_path, body, reason):
    write_module(library, "t-load", "locust", files={"locustfile.py": BROKEN_TASK.replace("BODY", body)})

    with serving("shelf.py") as target:
        order, outcome = run(library, tmp_path / "1", target_url=target)

    assert outcome.state in (State.BROKEN, State.INVALID)
    assert outcome.reason.startswith(reason)
    assert not processes_with(str(order.out_dir))


def test_a_load_file_that_cannot_be_read_is_broken(library, tmp_path):
    write_module(library, "t-load", "locust", files={"locustfile.py": "import no_such_thing\n"})

    _order, outcome = run(library, tmp_path / "1", target_url="http://127.0.0.1:9")

    assert (outcome.state, outcome.reason) == (State.BROKEN, "plan.missing")


def test_users_that_ask_nothing_make_an_invalid_run(library, tmp_path):
    idle = BROKEN_TASK.replace("BODY", "__import__('gevent').sleep(0.1)")
    write_module(library, "t-load", "locust", files={"locustfile.py": idle})

    _order, outcome = run(library, tmp_path / "1", target_url="http://127.0.0.1:9")

    assert (outcome.state, outcome.reason) == (State.INVALID, "samples.none window 0")


def test_failed_requests_are_a_result_and_no_broken_tool(library, tmp_path):
    asking = LOCUSTFILE.replace("/health", "/nowhere")
    write_module(library, "t-load", "locust", files={"locustfile.py": asking})

    with serving("shelf.py") as target:
        order, outcome = run(library, tmp_path / "1", target_url=target)

    assert outcome.state is State.COMPLETE, outcome
    time, _throughput = derive(catalogue.find("t-load"), [order.out_dir], parameters=order.parameters)
    assert (time.value, time.reason) == (None, "result.too_many_failures")


def test_a_generator_at_its_limit_makes_the_run_invalid(library, tmp_path):
    limit = [("max_generator_cpu = 1.2", "max_generator_cpu = 0.05")]
    write_module(library, "t-load", "locust", replace=limit)

    with serving("quick.py") as target:
        _order, outcome = run(library, tmp_path / "1", target_url=target)

    assert outcome.state is State.INVALID
    assert outcome.reason.startswith("generator.busy")
    assert "samples.npz" in outcome.files  # kept, named, and not used


def test_a_stop_ends_the_load_and_keeps_the_samples(library, tmp_path):
    write_module(library, "t-load", "locust")
    # the line is "<users> users, <requests> requests"
    has_asked = lambda watching: any(not line.endswith(" 0 requests") for *_, line in watching.heard)  # noqa: E731
    watching = Watching(lambda watching: "stop.asked" if has_asked(watching) else "")

    with serving("shelf.py", "--delay-ms", "5") as target:
        order, outcome = run(library, tmp_path / "1", watching, {"duration_s": 60.0}, target_url=target)

    assert (outcome.state, outcome.reason, outcome.reported) == (State.STOPPED, "stop.asked", 0)
    assert len(samples_in(read_record(order.out_dir, outcome.journal_head))) > 0
    assert not processes_with(str(order.out_dir))


def test_a_stop_stays_the_reason_when_the_samples_are_torn(library, tmp_path, monkeypatch):
    write_module(library, "t-load", "locust")
    feed = ByteChannel.feed
    monkeypatch.setattr(ByteChannel, "feed", lambda channel, data: feed(channel, data[:-1]))
    watching = Watching(lambda watching: "stop.asked" if len(watching.heard) > 1 else "")

    with serving("shelf.py", "--delay-ms", "5") as target:
        order, outcome = run(library, tmp_path / "1", watching, {"duration_s": 60.0}, target_url=target)

    assert (outcome.state, outcome.reason) == (State.STOPPED, "stop.asked")
    assert '"ev":"not_stored"' in (order.out_dir / "journal.log").read_text()
    assert read_record(order.out_dir, outcome.journal_head).state is State.STOPPED


def test_torn_samples_alone_break_the_run_and_leave_a_sound_record(library, tmp_path, monkeypatch):
    write_module(library, "t-load", "locust")
    feed = ByteChannel.feed
    monkeypatch.setattr(ByteChannel, "feed", lambda channel, data: feed(channel, data[:-1]))

    with serving("shelf.py", "--delay-ms", "5") as target:
        order, outcome = run(library, tmp_path / "1", target_url=target)

    assert outcome.state is State.BROKEN
    assert outcome.reason.startswith("samples.torn")
    assert "console.log" in read_record(order.out_dir, outcome.journal_head).files


def test_a_load_on_anything_but_loopback_is_refused(library, tmp_path):
    write_module(library, "t-load", "locust")

    with pytest.raises(EngineBroken) as caught:
        run(library, tmp_path / "1", target_url="http://192.0.2.1")

    assert caught.value.code == "target.not_loopback"
