"""The signer as a process: what it refuses, and that nothing asked of it ends it."""

import contextlib
import hashlib
import json
import os
import socket
import sqlite3
import stat
import struct
import subprocess
import sys
import threading

import pytest
from cryptography import x509

from lims.documents import signer_client
from lims.documents.rendering import render
from lims.documents.sealing import Prepared, SealBroken, complete, prepare, seal, seal_document
from lims.documents.signer_client import SignerRefused, SignerUnreachable
from tests.documents.authority import CENTRES, CREATED, SEALED_AT, Authority, make_unsigned, short_html

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def unsigned():
    return make_unsigned()


def refused(call, *arguments, **asked):
    with pytest.raises(SignerRefused) as refusal:
        call(*arguments, **asked)
    return refusal.value.code


def asked_to_sign(authority, unsigned, token, *, centre="DIP", **changes):
    """What `seal` would ask, with changes."""
    prepared = prepare(unsigned, signer_client.credential(authority.socket, centre), sealed_at=SEALED_AT)
    return {
        "centre": centre,
        "token": token.secret,
        "document": prepared.document,
        "unsigned_size": prepared.unsigned_size,
        "attributes": prepared.attributes,
    } | changes


def test_one_code_seals_one_report_and_the_same_question_gets_the_same_answer(authority, unsigned):
    token = authority.authorize(unsigned, "p-once")
    question = asked_to_sign(authority, unsigned, token)

    first = signer_client.sign(authority.socket, **question)

    assert signer_client.sign(authority.socket, **question) == first


def test_late_code_is_refused(authority, unsigned):
    authority.enrol("p-late")

    code = refused(authority.authorize, unsigned, "p-late", code=authority.code("p-late", steps_ago=3))

    assert code == "code.wrong_or_late"


def test_code_of_the_future_is_refused(authority, unsigned):
    authority.enrol("p-early")

    assert (
        refused(authority.authorize, unsigned, "p-early", code=authority.code("p-early", -2))
        == "code.wrong_or_late"
    )


@pytest.mark.parametrize("code", ["000", "12345a", "１２３４５６", "", "1234567"])
def test_code_that_is_no_code_is_refused(authority, unsigned, code):
    person = authority.enrol(f"p-form-{len(code)}")
    token = signer_client.new_token()
    asked = {"report_sha256": hashlib.sha256(unsigned).hexdigest(), "centre": "DIP", "token_id": token.id}

    assert (
        refused(signer_client.authorize, authority.socket, person=person, code=code, **asked)
        == "code.wrong_or_late"
    )


def test_spent_code_is_refused_for_the_next_report(authority, unsigned):
    other = make_unsigned("DIP-2026-K-0002")
    authority.enrol("p-spent")
    code = authority.code("p-spent")
    authority.authorize(unsigned, "p-spent", code=code)

    assert refused(authority.authorize, other, "p-spent", code=code) == "code.spent"


def test_same_authorization_asked_twice_is_answered_twice(authority, unsigned):
    authority.enrol("p-twice")
    code = authority.code("p-twice")
    token = authority.authorize(unsigned, "p-twice", code=code)

    authority.authorize(unsigned, "p-twice", code=code, token_id=token.id)


def test_token_of_one_report_cannot_be_moved_to_another(authority, unsigned):
    authority.enrol("p-move")
    token = authority.authorize(unsigned, "p-move")
    other = hashlib.sha256(b"other").hexdigest()

    assert (
        refused(authority.authorize, unsigned, "p-move", token_id=token.id, report_sha256=other)
        == "token.known"
    )


def test_code_of_another_person_is_refused(authority, unsigned):
    authority.enrol("p-mine")
    authority.enrol("p-yours")

    code = refused(authority.authorize, unsigned, "p-mine", code=authority.code("p-yours"))

    assert code == "code.wrong_or_late"


def test_unknown_person_is_refused(authority, unsigned):
    token = signer_client.new_token()
    asked = {"report_sha256": hashlib.sha256(unsigned).hexdigest(), "centre": "DIP", "token_id": token.id}

    code = refused(signer_client.authorize, authority.socket, person="nobody", code="123456", **asked)

    assert code == "person.unknown"


def test_person_of_one_centre_cannot_answer_for_another(authority, unsigned):
    authority.enrol("p-gbp", "GBP")

    assert refused(authority.authorize, unsigned, "p-gbp") == "person.other_centre"


def test_unknown_centre_is_refused(authority, unsigned):
    assert refused(authority.authorize, unsigned, "p-centre", centre="XYZ") == "centre.unknown"
    assert refused(signer_client.credential, authority.socket, "XYZ") == "centre.unknown"


def test_five_misses_lock_the_person_and_even_the_right_code_fails(authority, unsigned):
    authority.enrol("p-locked")
    wrong = authority.code("p-locked", steps_ago=9)

    codes = [refused(authority.authorize, unsigned, "p-locked", code=wrong) for _ in range(5)]

    assert codes == ["code.wrong_or_late"] * 5
    assert refused(authority.authorize, unsigned, "p-locked") == "person.locked"


def test_unknown_token_is_refused(authority, unsigned):
    question = asked_to_sign(authority, unsigned, signer_client.new_token())

    assert refused(signer_client.sign, authority.socket, **question) == "token.unknown"


def test_other_report_than_the_authorized_one_is_refused(authority, unsigned):
    token = authority.authorize(unsigned, "p-other")
    question = asked_to_sign(authority, make_unsigned("DIP-2026-K-0002"), token)

    assert refused(signer_client.sign, authority.socket, **question) == "file.not_authorized"


def test_token_of_one_centre_does_not_reach_the_key_of_another(authority, unsigned):
    token = authority.authorize(unsigned, "p-key")
    question = asked_to_sign(authority, unsigned, token, centre="GBP")

    assert refused(signer_client.sign, authority.socket, **question) == "token.other_centre"


def test_used_token_seals_nothing_else(authority, unsigned):
    token = authority.authorize(unsigned, "p-used")
    credential = signer_client.credential(authority.socket, "DIP")
    asked = {"socket": authority.socket, "centre": "DIP", "token": token.secret, "credential": credential}
    seal(unsigned, sealed_at=SEALED_AT, **asked)

    later = SEALED_AT.replace(year=SEALED_AT.year + 1)

    assert refused(seal, unsigned, sealed_at=later, **asked) == "token.used"


def test_attributes_of_another_file_are_refused(authority, unsigned):
    token = authority.authorize(unsigned, "p-attributes")
    other = asked_to_sign(authority, make_unsigned("DIP-2026-K-0002"), token)["attributes"]
    question = asked_to_sign(authority, unsigned, token, attributes=other)

    assert refused(signer_client.sign, authority.socket, **question) == "attributes.foreign"


def test_file_with_more_than_a_seal_is_refused(authority, unsigned):
    token = authority.authorize(unsigned, "p-more")
    question = asked_to_sign(authority, unsigned, token)
    question["document"] = question["document"].replace(b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 9 9 ]")

    assert refused(signer_client.sign, authority.socket, **question).startswith("file.added:")


def test_wrong_size_of_the_unsigned_part_is_refused(authority, unsigned):
    token = authority.authorize(unsigned, "p-size")

    for size in (0, -1, len(unsigned) - 1, 1 << 40):
        question = asked_to_sign(authority, unsigned, token, unsigned_size=size)
        assert refused(signer_client.sign, authority.socket, **question) in {
            "file.size",
            "file.not_authorized",
        }


def test_documents_key_never_seals_a_numbered_report(authority, unsigned):
    credential = signer_client.credential(authority.socket, "DIP", "documents")
    asked = {"socket": authority.socket, "centre": "DIP", "credential": credential, "sealed_at": SEALED_AT}

    assert refused(seal_document, unsigned, **asked) == "file.numbered_report"


def test_documents_key_seals_a_slip_and_says_what_it_is(authority):
    slip = render(
        short_html("R-1"), b'{"slip":"R-1"}', number="R-1", title="접수증", language="ko", created=CREATED
    )
    credential = signer_client.credential(authority.socket, "DIP", "documents")

    sealed = seal_document(
        slip, socket=authority.socket, centre="DIP", credential=credential, sealed_at=SEALED_AT
    )

    assert sealed.startswith(slip)
    assert "Documents, never reports" in credential.certificate.decode("utf-8", "ignore")


def test_token_survives_a_kill_of_the_signer(unsigned):
    with Authority(("DIP",)) as short_lived:
        token = short_lived.authorize(unsigned, "p")
        short_lived.process.kill()
        short_lived.process.wait()
        short_lived.process.stdout.close()
        short_lived.__enter__()

        signature = signer_client.sign(short_lived.socket, **asked_to_sign(short_lived, unsigned, token))

    assert len(signature) == 384


def test_nobody_answers_is_told_apart_from_no(tmp_path):
    with pytest.raises(SignerUnreachable):
        signer_client.credential(tmp_path / "none", "DIP")
    assert not signer_client.is_ready(tmp_path / "none")


def test_client_does_not_wait_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(signer_client, "ANSWER_WITHIN_S", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()

        with pytest.raises(SignerUnreachable):
            signer_client.credential(tmp_path / "s", "DIP")


def raw(authority, sent: bytes, *, close: bool = True) -> bytes:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(20)
        channel.connect(str(authority.socket))
        channel.sendall(sent)
        if close:
            channel.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):  # what it did not read; its answer came first
            while chunk := channel.recv(4096):
                received += chunk
        return received


def framed(question: object, document: bytes = b"") -> bytes:
    asked = question if isinstance(question, bytes) else json.dumps(question).encode()
    return struct.pack(">II", len(asked), len(document)) + asked + document


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b"question.cut_short"),
        (b"\0\0", b"question.cut_short"),
        (framed(b"{}")[:-1], b"question.cut_short"),
        (framed(b"\xff\xfe"), b"question.bad"),
        (framed([]), b"question.bad"),
        (framed({}), b"question.bad"),
        (framed({"op": "own"}), b"question.unknown"),
        (framed({"op": "credential", "centre": ["DIP"], "purpose": "report"}), b"question.bad"),
        (framed({"op": "authorize", "report": 1}), b"question.bad"),
        (framed({"op": "sign", "token": "zz"}), b"question.bad"),
        (framed(b"[" * 60000), b"question.bad"),
        (struct.pack(">II", 1 << 17, 0), b"question.too_long"),
        (struct.pack(">II", 2, 1 << 31) + b"{}", b"question.too_long"),
    ],
)
def test_bad_question_is_refused_and_the_signer_lives(authority, sent, answer):
    assert raw(authority, sent) == b"\1" + answer
    assert signer_client.is_ready(authority.socket)


def test_garbage_document_is_refused(authority):
    token = authority.authorize(b"%PDF-garbage", "p-garbage")
    question = {"op": "sign", "centre": "DIP", "token": token.secret, "size": 12, "attributes": "3100"}

    answer = raw(authority, framed(question, b"%PDF-garbage" + os.urandom(500) + b"startxref\n9\n%%EOF\n"))

    assert answer.startswith(b"\1file.added:unreadable")


def test_slow_client_holds_up_nobody_and_is_sent_away(authority):
    slow = [socket.socket(socket.AF_UNIX) for _ in range(8)]
    for channel in slow:
        channel.connect(str(authority.socket))
        channel.sendall(b"\0")

    assert signer_client.is_ready(authority.socket)
    answers = [channel.recv(99) for channel in slow]
    for channel in slow:
        channel.close()
    assert answers == [b"\1question.too_slow"] * 8


def test_concurrent_questions_with_one_code_yield_one_token(authority, unsigned):
    authority.enrol("p-race")
    code = authority.code("p-race")
    outcomes = []

    def ask():
        try:
            outcomes.append(authority.authorize(unsigned, "p-race", code=code))
        except SignerRefused as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("code.spent") == 3
    assert len(outcomes) == 4


def test_home_and_keys_are_closed_to_others(authority):
    assert stat.S_IMODE(authority.home.stat().st_mode) == 0o700
    for path in authority.home.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_secret_of_a_person_is_shown_once(authority):
    authority.enrol("p-shown")

    again = subprocess.run(
        [sys.executable, "-m", "lims.documents.signer", "enrol", str(authority.home), "p-shown"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert again.returncode == 1
    assert "otpauth" not in again.stdout
    assert "otpauth" in authority.command("enrol", authority.home, "p-shown", "--replace")


def test_second_signer_on_the_same_home_is_refused(authority, tmp_path):
    second = run_serve(authority.home, tmp_path / "s")

    assert second.returncode == 2


@pytest.mark.parametrize("command", ["make-keys", "serve"])
def test_development_keys_are_refused_in_production(authority, tmp_path, command):
    words = {
        "make-keys": [str(tmp_path / "home"), "DIP"],
        "serve": [str(authority.home), str(tmp_path / "s")],
    }

    refusal = subprocess.run(
        [sys.executable, "-m", "lims.documents.signer", command, *words[command], "--mode", "production"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert refusal.returncode == 2
    assert len(refusal.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "home").exists()


def test_home_that_others_can_read_is_refused(authority, tmp_path):
    home = tmp_path / "home"
    subprocess.run(["cp", "-r", str(authority.home), str(home)], check=True)
    home.chmod(0o755)

    assert "others may read" in run_serve(home, tmp_path / "s").stderr


def test_key_with_another_passphrase_is_refused(authority, tmp_path):
    home = tmp_path / "home"
    subprocess.run(["cp", "-r", str(authority.home), str(home)], check=True)
    (home / "passphrase").write_text("another")

    assert "does not open" in run_serve(home, tmp_path / "s").stderr


def test_bad_centre_code_is_refused(tmp_path):
    made = subprocess.run(
        [sys.executable, "-m", "lims.documents.signer", "make-keys", str(tmp_path / "h"), "../DIP"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 2
    assert not (tmp_path / "h").exists()


def test_every_name_says_not_accredited(authority):
    for name in ("ca.pem", *(f"{centre}{kind}.pem" for centre in CENTRES for kind in ("", ".documents"))):
        certificate = x509.load_pem_x509_certificate((authority.public / name).read_bytes())
        assert "NOT ACCREDITED / 비공인 시험용" in certificate.subject.rfc4514_string()


def run_serve(home, path):
    return subprocess.run(
        [sys.executable, "-m", "lims.documents.signer", "serve", str(home), str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_ledger_holds_no_code_and_no_token_secret(authority, unsigned):
    token = authority.authorize(unsigned, "p-ledger")
    with sqlite3.connect(authority.home / "signer.sqlite3") as db:
        written = "\n".join(db.iterdump())
    db.close()

    assert token.id in written
    assert token.secret not in written


def test_signer_makes_itself_undumpable_before_it_reads_a_key():
    code = (
        "import ctypes; from lims.documents.signer.server import harden; harden(); "
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "0"


def test_signature_put_into_a_changed_file_is_refused_by_the_rules(authority, unsigned):
    token = authority.authorize(unsigned, "p-rules")
    credential = signer_client.credential(authority.socket, "DIP")
    prepared = prepare(unsigned, credential, sealed_at=SEALED_AT)
    signature = signer_client.sign(authority.socket, **asked_to_sign(authority, unsigned, token))
    changed = prepared.document.replace(b"/F 132", b"/F 130")

    with pytest.raises(SealBroken):
        complete(
            Prepared(changed, prepared.attributes, prepared.unsigned_size, prepared.hole),
            credential,
            signature,
        )
