"""What the signer answers, and when it refuses. No sockets and no clock of its own here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from asn1crypto import (
    cms,
    tsp,  # noqa: F401 - teaches cms the attribute that names the certificate
)

from lims.documents.embedded import claims_to_be_a_report
from lims.documents.seal_rules import Added, added_only
from lims.documents.signer.keys import DOCUMENTS, REPORT, SealKey
from lims.documents.signer.ledger import Enrolled, Ledger, StoredToken
from lims.documents.signer.totp import matching_step

MISSES_ALLOWED = 5
LOCKED_S = 300
SIGNED_ATTRIBUTES = {"content_type", "message_digest", "signing_certificate_v2", "cms_algorithm_protection"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[0-9]{6}")
Question = Mapping[str, Any]


class Refused(Exception):
    """The answer is no, for the reason that the code names."""


def need(holds: object, code: str) -> None:
    if not holds:
        raise Refused(code)


class Desk:
    """Answers questions; holds the ledger's lock while it looks at people, codes and tokens."""

    def __init__(
        self, keys: Mapping[tuple[str, str], SealKey], ledger: Ledger, clock: Callable[[], float]
    ) -> None:
        self._keys, self._ledger, self._clock = keys, ledger, clock

    def answer(self, question: Question, document: bytes) -> bytes:
        """Raises: Refused, and KeyError, TypeError or ValueError for a question that is none."""
        operation = question["op"]
        if operation == "ping":
            return b"ready"
        if operation == "credential":
            return self._credential(question)
        if operation == "authorize":
            return self._authorize(question)
        if operation == "sign":
            return self._sign(question, document)
        if operation == "sign_document":
            return self._sign_document(question, document)
        raise Refused("question.unknown")

    def _key(self, centre: str, purpose: str) -> SealKey:
        key = self._keys.get((centre, purpose))
        need(key, "centre.unknown")
        assert key is not None
        return key

    def _credential(self, question: Question) -> bytes:
        key = self._key(question["centre"], question["purpose"])
        told = {
            "certificate": key.certificate_der.hex(),
            "chain": [link.hex() for link in key.chain_der],
            "development": key.is_development,
        }
        return json.dumps(told).encode()

    def _authorize(self, question: Question) -> bytes:
        """Turn one code of one person into one token for exactly one file, unread so far."""
        report, token_id, centre = question["report"], question["token_id"], question["centre"]
        need(_SHA256.fullmatch(report) and _SHA256.fullmatch(token_id), "question.bad")
        self._key(centre, REPORT)
        with self._ledger.lock:
            person = self._ledger.person(question["person"])
            need(person, "person.unknown")
            assert person is not None
            need(not person.centres or centre in person.centres, "person.other_centre")
            known = self._ledger.token(token_id)
            if known is not None:  # the same question again, whose answer got lost
                same = (known.report, known.centre, known.person) == (report, centre, person.uid)
                need(same, "token.known")
                return b""
            step = self._matched(person, question["code"])
            token = StoredToken(token_id, report, centre, person.uid, step, None)
            need(self._ledger.spend(token, self._clock()), "code.spent")
        return b""

    def _matched(self, person: Enrolled, code: str) -> int:
        now = self._clock()
        need(person.misses < MISSES_ALLOWED or now - person.missed_at > LOCKED_S, "person.locked")
        self._ledger.count_miss(person.uid, now, LOCKED_S)
        step = matching_step(person.secret, code, now) if _CODE.fullmatch(code) else None
        need(step is not None, "code.wrong_or_late")
        assert step is not None
        return step

    def _sign(self, question: Question, document: bytes) -> bytes:
        """Sign a prepared file that begins with the authorized bytes; pin the token to it."""
        token_id = hashlib.sha256(bytes.fromhex(question["token"])).hexdigest()
        with self._ledger.lock:
            token = self._ledger.token(token_id)
        need(token, "token.unknown")
        assert token is not None
        size, attributes = int(question["size"]), bytes.fromhex(question["attributes"])
        need(token.centre == question["centre"], "token.other_centre")
        need(0 < size < len(document), "file.size")
        need(hashlib.sha256(document[:size]).hexdigest() == token.report, "file.not_authorized")
        key = self._key(token.centre, REPORT)
        _require_seal(document, size, attributes, key)
        with self._ledger.lock:
            need(self._ledger.use(token_id, hashlib.sha256(attributes).hexdigest()), "token.used")
        return key.sign(attributes)

    def _sign_document(self, question: Question, document: bytes) -> bytes:
        """Sign what no person authorizes, with the documents key; a numbered report never."""
        size, attributes = int(question["size"]), bytes.fromhex(question["attributes"])
        need(0 < size < len(document), "file.size")
        key = self._key(question["centre"], DOCUMENTS)
        _require_seal(document, size, attributes, key)
        need(not claims_to_be_a_report(document[:size]), "file.numbered_report")
        return key.sign(attributes)


def _require_seal(document: bytes, size: int, attributes: bytes, key: SealKey) -> None:
    """The file gained a seal only, and the attributes are of this file and of this key."""
    added: Added = added_only(document, size)
    need(not added.problems, "file.added:" + ",".join(added.problems)[:200])
    start, end = added.hole
    digest = hashlib.sha256(document[:start] + document[end:]).digest()
    named = {
        entry["type"].native: entry["values"] for entry in cms.CMSAttributes.load(attributes, strict=True)
    }
    need(set(named) <= SIGNED_ATTRIBUTES, "attributes.unknown")
    need(len(named) == len(cms.CMSAttributes.load(attributes)), "attributes.twice")
    need(all(len(values) == 1 for values in named.values()), "attributes.twice")
    need(named["content_type"][0].native == "data", "attributes.foreign")
    need(named["message_digest"][0].native == digest, "attributes.foreign")
    certificates = named["signing_certificate_v2"][0]["certs"]
    ours = hashlib.sha256(key.certificate_der).digest()
    need(len(certificates) == 1 and certificates[0]["cert_hash"].native == ours, "attributes.other_key")
