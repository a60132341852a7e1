"""What the supervisor makes of ends that nobody was looking at when they came."""

from pathlib import Path

import pytest

from test_modules.contract import State
from test_modules.engines.journal import Journal
from test_modules.engines.supervisor import Supervisor, Watch
from tests.test_modules.builders import Watching


class Over:
    """A process that has ended, or has not."""

    def __init__(self, has_ended=True, was_guarded_off=False):
        self.has_ended, self.was_guarded_off = has_ended, was_guarded_off

    def close(self):
        return 0


@pytest.fixture
def ending(tmp_path):
    def of(tool, *others):
        with Journal(Path(tmp_path / "journal.log")) as journal:
            return Supervisor(
                child=tool,
                others=others,
                channels={},
                journal=journal,
                watch=Watch(Watching(), journal, float("inf")),
                memory_bytes=0,
                each_second=lambda: None,
            ).run()

    return of


def test_a_product_that_ended_while_the_tool_did_breaks_the_run(ending):
    found = ending(Over(), Over())

    assert (found.why, found.reason) == (State.BROKEN, "product.ended")


def test_a_tool_that_ends_by_itself_beside_a_living_product_has_no_stop_reason(ending):
    assert ending(Over(), Over(has_ended=False)).why is None


def test_the_guards_act_comes_before_the_end_of_the_product(ending):
    found = ending(Over(was_guarded_off=True), Over())

    assert (found.why, found.reason) == (State.STOPPED, "guard.no_beat")
