"""The signer's rules with a clock that can be moved."""

import hashlib

import pytest

from lims.documents import development_ca
from lims.documents.signer import keys
from lims.documents.signer.desk import Desk, Refused
from lims.documents.signer.ledger import Ledger
from lims.documents.signer.totp import code_at, matching_step

pytestmark = pytest.mark.process

SECRET = b"12345678901234567890"
REPORT = hashlib.sha256(b"report").hexdigest()


@pytest.mark.parametrize(
    ("time_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_the_standard(time_s, code):
    assert code_at(SECRET, time_s // 30) == code


def test_code_is_good_for_its_own_step_and_the_next():
    code = code_at(SECRET, 100)

    assert [matching_step(SECRET, code, now) for now in (2999, 3000, 3059, 3060)] == [None, 100, 100, None]


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signer") / "home"
    development_ca.make_keys(folder, ["DIP"], mode="demo")
    return folder


@pytest.fixture
def desk(home):
    (home / "signer.sqlite3").unlink(missing_ok=True)
    ledger, clock = Ledger(home), Clock()
    ledger.enrol("a", SECRET, [])
    yield Desk(keys.load_all(home), ledger, clock), clock
    ledger.close()


def ask(desk, clock, code=None, token=b"t"):
    token_id = hashlib.sha256(token).hexdigest()
    code = code or code_at(SECRET, int(clock.now // 30))
    question = {"op": "authorize", "report": REPORT, "centre": "DIP", "person": "a", "code": code}
    try:
        return desk.answer(question | {"token_id": token_id}, b"")
    except Refused as refusal:
        return str(refusal)


def test_answer_arrives_within_sixty_seconds_or_not_at_all(desk):
    answering, clock = desk
    clock.now = 999_990.0
    code = code_at(SECRET, int(clock.now // 30))

    clock.now += 59
    assert ask(answering, clock, code) == b""
    clock.now += 1
    assert ask(answering, clock, code, b"other") == "code.wrong_or_late"


def test_lock_ends_after_five_minutes(desk):
    answering, clock = desk
    for _ in range(5):
        assert ask(answering, clock, "000000") == "code.wrong_or_late"

    clock.now += 300
    assert ask(answering, clock) == "person.locked"
    clock.now += 1
    assert ask(answering, clock) == b""


def test_right_code_forgets_the_misses_before_it(desk):
    answering, clock = desk
    for turn in range(3):
        for _ in range(4):
            assert ask(answering, clock, "000000") == "code.wrong_or_late"
        clock.now += 30
        assert ask(answering, clock, token=str(turn).encode()) == b""


def test_locked_person_cannot_be_kept_locked_by_asking_on(desk):
    answering, clock = desk
    for _ in range(5):
        ask(answering, clock, "000000")
    clock.now += 200
    assert ask(answering, clock, "000000") == "person.locked"

    clock.now += 101

    assert ask(answering, clock) == b""


def test_existing_keys_stay_when_a_centre_is_added(home):
    before = (home / "DIP.p12").read_bytes()

    development_ca.make_keys(home, ["DIP", "UIPA"], mode="demo")

    assert (home / "DIP.p12").read_bytes() == before
    loaded = keys.load_all(home)
    assert set(loaded) == {
        (centre, purpose) for centre in ("DIP", "UIPA") for purpose in ("report", "documents")
    }
    assert loaded["UIPA", "report"].chain == loaded["DIP", "report"].chain
    assert loaded["DIP", "report"].private.key_size == 3072
