"""A complete snapshot of a fictitious report, and small changes to it."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

from certificates.snapshot_shape import SCHEMA


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_snapshot(**changes: Any) -> dict[str, Any]:
    """The smallest report with every kind of row; a change names a path with double underscores."""
    snapshot = copy.deepcopy(_COMPLETE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = snapshot
        for name in parents:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[int(last) if isinstance(place, list) else last] = value
    return snapshot


def make_result(measure_id: str, name_ko: str, name_en: str, **changes: Any) -> dict[str, Any]:
    return {
        "measure_id": measure_id,
        "name_ko": name_ko,
        "name_en": name_en,
        "edition": "ISO/IEC 25023:2016",
        "value": "0.967",
        "value_exact": 29 / 30,
        "unit": "1",
        "a": "1",
        "b": "30",
        "a_exact": 1,
        "b_exact": 30,
        "n": 30,
        "uncertainty": make_uncertainty(reason="전수 확인한 개수이므로 해당 없음"),
        "not_applicable_reason": "",
        "criterion": "≥ 0.950",
        "verdict": "pass",
        "row_kind": "accredited",
        "row_reason": "",
        "evidence": [
            {
                "run_uid": "0b6f2f7e-3f0f-4a52-9d2b-0d7e7d0b8c11",
                "file": "output.xml",
                "sha256": digest_of(measure_id),
            }
        ],
    } | changes


def make_uncertainty(**changes: Any) -> dict[str, Any]:
    empty = {"u": "", "U": "", "k": "", "dof": "", "u_exact": None, "U_exact": None, "reason": ""}
    return empty | changes


def make_function(number: int, outcome: str = "correct", **cases: int) -> dict[str, Any]:
    return {
        "code": f"F{number:02d}",
        "title": f"달력 기능 {number}: 일정 모음을 만들고 다시 읽는다",
        "reference": f"Documentation 3.7, p. {number}",
        "outcome": outcome,
        "cases": {"passed": 3, "failed": 0, "missing": 0, "not_executed": 0} | cases,
    }


def make_person(number: int, role: str) -> dict[str, Any]:
    return {"uid": f"00000000-0000-4000-8000-{number:012d}", "name": f"{role} 1", "role": role}


_NOT_APPLICABLE = {"entries": [], "none_reason": "모든 시험을 이 시험소에서 수행함"}
_COMPLETE: dict[str, Any] = {
    "schema": SCHEMA,
    "number": "DIP-2026-K-0001",
    "series": "DIP-K",
    "language": "ko",
    "title": "시험성적서",
    "centre": {
        "code": "DIP",
        "name_ko": "대구 소프트웨어 시험센터",
        "name_en": "Daegu Software Test Centre",
        "address": "대구광역시 수성구 알파시티1로 (가상 주소)",
        "contact": "053-000-0000",
        "accreditation_no": "KT-0000 (예시)",
        "accreditation_state": "valid",
    },
    "customer": {
        "name": "가상소프트 주식회사",
        "address": "경상북도 포항시 남구 (가상 주소)",
        "contact": "의뢰 담당자 1, request@customer.example",
        "requested_on": "2026-11-02",
        "fictitious": True,
    },
    "purpose": "품질 확인",
    "item": {
        "product": "Radicale",
        "version": "3.7.7",
        "build": "",
        "developer": "Radicale project",
        "description": "CalDAV 및 CardDAV 서버",
        "files": [{"name": "radicale-3.7.7-py3-none-any.whl", "sha256": digest_of("wheel"), "size": 187_392}],
        "digest": digest_of("item"),
        "received_on": "2026-11-03",
        "condition": "파일 1개, 해시 일치, 훼손 없음",
    },
    "test": {
        "started_on": "2026-11-04",
        "ended_on": "2026-11-05",
        "place": "대구 소프트웨어 시험센터 시험실 1",
        "place_kind": "fixed",
    },
    "methods": [
        {"standard": "ISO/IEC 25023", "edition": "2016", "title": "제품 품질 측정"},
        {"standard": "ISO/IEC 25051", "edition": "2014", "title": "상용 소프트웨어 품질 요구사항과 시험"},
    ],
    "modules": [
        {
            "id": "func-http",
            "version": "1.0.0",
            "digest": digest_of("func-http"),
            "proof": digest_of("proof 1"),
        },
        {
            "id": "load-http",
            "version": "1.0.0",
            "digest": digest_of("load-http"),
            "proof": digest_of("proof 2"),
        },
    ],
    "environment": {
        "hardware": "x86_64, 2 코어, 8 GiB",
        "software": "Debian 12, Linux 6.1, Python 3.11",
        "network": "루프백",
        "sandbox": "bubblewrap",
        "fingerprint": digest_of("environment"),
        "engines": [{"name": "Robot Framework", "value": "7.5"}, {"name": "Locust", "value": "2.47.0"}],
        "rows": [{"name": "시간대", "value": "Asia/Seoul"}],
    },
    "results": [
        make_result("FCp-1-G", "기능 구현율", "Functional coverage"),
        make_result(
            "FCr-1-G", "기능 정확성", "Functional correctness", value="0.897", a="3", b="29", verdict="fail"
        ),
        make_result(
            "PTb-1-G",
            "평균 응답 시간",
            "Mean response time",
            value="4.31",
            value_exact=4.3127,
            unit="ms",
            a="",
            b="",
            a_exact=None,
            b_exact=None,
            n=10,
            uncertainty=make_uncertainty(
                u="0.06", U="0.14", k="2.26", dof="9", u_exact=0.0613, U_exact=0.1386
            ),
            criterion="≤ 50 ms",
            row_kind="outside_scope",
            row_reason="인정범위에 없는 항목",
        ),
        make_result(
            "PCa-1-G",
            "동시 처리 용량",
            "Transaction processing capacity",
            value="",
            value_exact=None,
            unit="1/s",
            a="",
            b="",
            a_exact=None,
            b_exact=None,
            n=10,
            uncertainty=make_uncertainty(),
            not_applicable_reason="포화가 확인되지 않아 측정하지 않음",
            criterion="",
            verdict="none",
            row_kind="not_to_criteria",
            row_reason="측정하지 않음",
        ),
    ],
    "function_list": {"title": "Radicale 기능목록", "version": "1.0", "digest": digest_of("functions")},
    "functions": [
        *(make_function(number) for number in range(1, 27)),
        *(make_function(number, "incorrect", passed=2, failed=1) for number in range(27, 30)),
        make_function(30, "missing", passed=0, missing=3),
    ],
    "decision_rule": {
        "code": "simple-acceptance",
        "text": "측정값이 기준을 만족하면 적합으로 판정한다 (단순 수용, 보호대역 없음).",
        "reference": "ILAC-G8:09/2019",
    },
    "deviations": {"entries": [], "none_reason": "방법에서 벗어난 사항 없음"},
    "opinions": {"entries": [], "none_reason": "의뢰 범위에 없음"},
    "sampling": {"entries": [], "none_reason": "샘플링을 하지 않음"},
    "external_providers": _NOT_APPLICABLE,
    "relates_only_to_items": True,
    "people": {
        "tested": [make_person(1, "시험원")],
        "reviewed": make_person(2, "검토자"),
        "authorized": make_person(3, "기술책임자"),
    },
    "issued_on": "2026-11-06",
    "mark": {"shown": False, "reason": "인정범위 밖의 항목이 있음"},
    "seal": {"development": True, "subject": "CN=DIP report NOT ACCREDITED / 비공인 시험용"},
    "verify_url": "http://127.0.0.1:8000/verify/DIP-2026-K-0001/?c=7Q2M9XKD",
    "verify_code": "7Q2M-9XKD",
    "replaces": None,
    "notes": [],
}
