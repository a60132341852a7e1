"""The library of modules and its proofs: who asks, who adopts, and what each person sees."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from lims.equipment import outbox, services
from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.errors import Blocked
from lims.records import store
from lims.records.models import AuditEvent
from lims.records.reasons import text_of
from tests.moves import pairs_against_the_table
from tests.screens import ask, assert_asks_for_login, assert_hidden, client_of, text_of_page

State = ModuleProof.State


@pytest.fixture
def queued(lab) -> ModuleProof:
    return services.ask_for_proof(centre=lab.centre, module_id="func-http", by=lab.technical)


@pytest.fixture
def passed(queued) -> ModuleProof:
    sha256, _size = store.put_bytes(b'{"passed": true}')
    now = timezone.now()
    ModuleProof.objects.filter(pk=queued.pk).update(state=State.PASSED, record_sha256=sha256, ended_at=now)
    queued.refresh_from_db()
    return queued


def test_customer_finds_no_module_and_no_proof(lab, passed):
    assert ask(lab.customer, "GET", "equipment:modules").status_code == 404
    for name in ("proof", "live", "record"):
        assert_hidden(lab.customer, "GET", f"equipment:{name}", passed.uid)
    assert_hidden(lab.customer, "POST", "equipment:adopt", passed.uid)


def test_nobody_sees_modules_without_signing_in(lab, passed):
    assert_asks_for_login("GET", "equipment:modules")
    assert_asks_for_login("GET", "equipment:proof", passed.uid)
    assert_asks_for_login("POST", "equipment:adopt", passed.uid)


def test_library_shows_each_module_and_whether_the_centre_may_use_it(lab):
    page = text_of_page(ask(lab.tester, "GET", "equipment:modules"))

    assert "func-http" in page
    assert "PTb-1-G" in page
    assert "tool 1.0" in page


def test_library_says_why_a_centre_may_not_use_a_module(lab):
    foreign = text_of_page(ask(lab.stranger, "GET", "equipment:modules"))

    assert (
        text_of("module.not_adopted", {"centre": "TWO", "module": "func-http", "version": "1.0.0"}) in foreign
    )


def test_proof_is_asked_for_on_screen(lab):
    answer = client_of(lab.technical).post("/modules/func-http/prove", {"centre": lab.centre.uid})

    proof = ModuleProof.objects.get(state=State.QUEUED)
    assert answer.headers["Location"] == f"/proofs/{proof.uid}/"
    assert proof.asked_by == lab.technical


def test_proof_is_not_asked_for_by_a_tester(lab):
    answer = client_of(lab.tester).post("/modules/func-http/prove", {"centre": lab.centre.uid})

    assert answer.status_code == 409
    assert not ModuleProof.objects.filter(state=State.QUEUED).exists()


def test_proof_is_not_asked_for_in_the_name_of_another_centre(lab):
    answer = client_of(lab.stranger).post("/modules/func-http/prove", {"centre": lab.centre.uid})

    assert answer.status_code == 404


def test_proof_of_an_unknown_module_is_refused(lab):
    answer = client_of(lab.technical).post("/modules/nothing/prove", {"centre": lab.centre.uid})

    assert answer.status_code == 409


def test_proof_page_follows_the_worker_and_then_stops(lab, queued):
    going = ask(lab.technical, "GET", "equipment:proof", queued.uid).content.decode()
    ModuleProof.objects.filter(pk=queued.pk).update(state=State.FAILED, ended_at=timezone.now())
    ended = ask(lab.technical, "GET", "equipment:live", queued.uid).content.decode()

    assert 'hx-trigger="every 1s"' in going
    assert "hx-trigger" not in ended


def test_passed_proof_is_adopted_on_screen_once(lab, passed):
    first = ask(lab.technical, "POST", "equipment:adopt", passed.uid, centre=lab.centre.uid)
    second = ask(lab.technical, "POST", "equipment:adopt", passed.uid, centre=lab.centre.uid)

    assert (first.status_code, second.status_code) == (302, 409)
    assert ModuleAdoption.objects.filter(proof=passed).count() == 1


def test_proof_that_judged_wrong_is_not_adopted(lab, queued):
    ModuleProof.objects.filter(pk=queued.pk).update(state=State.FAILED)
    queued.refresh_from_db()

    with pytest.raises(Blocked) as refusal:
        services.adopt_module(centre=lab.centre, proof=queued, by=lab.technical)

    assert refusal.value.codes == {"proof.not_passed"}


def test_proof_is_not_adopted_by_the_quality_manager(lab, passed):
    with pytest.raises(Blocked) as refusal:
        services.adopt_module(centre=lab.centre, proof=passed, by=lab.quality)

    assert refusal.value.codes == {"person.without_role"}


def test_record_of_a_proof_is_a_download(lab, passed):
    answer = ask(lab.tester, "GET", "equipment:record", passed.uid)

    assert answer.content == b'{"passed": true}'
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_record_of_a_proof_that_goes_on_is_not_found(lab, queued):
    assert ask(lab.tester, "GET", "equipment:record", queued.uid).status_code == 404


def test_proof_is_claimed_once(queued):
    first = ModuleProof.objects.claim_oldest("proofs", uuid4())
    second = ModuleProof.objects.claim_oldest("proofs", uuid4())

    assert first.state == State.RUNNING
    assert second is None


def test_proof_of_a_lost_worker_is_queued_again_and_ends_after_three(queued):
    states = []
    for _attempt in range(3):
        ModuleProof.objects.claim_oldest("proofs", uuid4())
        past = timezone.now() - timedelta(seconds=1)
        ModuleProof.objects.filter(pk=queued.pk).update(lease_until=past)
        outbox.reap()
        queued.refresh_from_db()
        states.append(queued.state)

    assert states == [State.QUEUED, State.QUEUED, State.BROKEN]
    assert AuditEvent.objects.filter(kind="proof.worker_lost").count() == 3


def test_proof_moves_only_as_the_table_says(queued):
    assert pairs_against_the_table(queued) == []
