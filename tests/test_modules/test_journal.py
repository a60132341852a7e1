import pytest

from test_modules.contract import ModuleError
from test_modules.engines.journal import Journal, verify_journal


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal.log"
    with Journal(path) as journal:
        journal.add(ev="order", module="m")
        journal.add_lines([b'{"ev":"end","n":0}', b'{"ev":"end","n":1}', b'{"ev":"end","n":2}'])
        journal.add(ev="ended", state="complete")
        head = journal.head
    return path, head


def rewrite(path, change):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(lines)))


def test_a_sound_journal_gives_its_events_and_who_said_them(journal):
    path, head = journal

    found, events = verify_journal(path, head)

    assert found == head
    assert [(event["ev"], event["from"]) for event in events] == [
        ("order", "lab"), ("end", "tool"), ("end", "tool"), ("end", "tool"), ("ended", "lab")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [*lines[:1], lines[1].replace(b'"n":0', b'"n":7'), *lines[2:]], 2),
        (lambda lines: [*lines[:2], *lines[3:]], 3),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3),
        (lambda lines: [lines[0].replace(b" lab ", b" tool "), *lines[1:]], 1),
        (lambda lines: [*lines[:-1], lines[-1][:-1]], 5),
        (lambda lines: [*lines, b"6 junk\n"], 6),
    ],
)
def test_tampering_is_named_by_its_first_bad_line(journal, change, line):
    path, _head = journal
    rewrite(path, change)

    with pytest.raises(ModuleError) as caught:
        verify_journal(path)

    assert (caught.value.code, caught.value.params) == ("journal.broken", {"line": line})


def test_lines_cut_off_the_end_show_against_the_recorded_head(journal):
    path, head = journal
    rewrite(path, lambda lines: lines[:-1])

    with pytest.raises(ModuleError) as caught:
        verify_journal(path, head)

    assert caught.value.code == "journal.other_head"


@pytest.mark.parametrize("line", [b"no json", b"[1]", b'{"ev":7}', b"", b"[" * 100_000, b"\xff"])
def test_a_line_that_is_no_event_is_chained_and_read_as_unreadable(tmp_path, line):
    with Journal(tmp_path / "journal.log") as journal:
        journal.add_lines([line])

    _head, (event,) = verify_journal(tmp_path / "journal.log")

    assert event["ev"] == "unreadable"


def test_a_tool_cannot_speak_for_the_laboratory(tmp_path):
    with Journal(tmp_path / "journal.log") as journal:
        journal.add_lines([b'{"ev":"ended","state":"complete","from":"lab"}'])

    _head, (event,) = verify_journal(tmp_path / "journal.log")

    assert event["from"] == "tool"


def test_a_journal_is_never_written_over(journal):
    path, _head = journal

    with pytest.raises(FileExistsError):
        Journal(path)
