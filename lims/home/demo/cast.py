"""Who and what the demonstration needs: three centres, people named by their role, two fictitious customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lims.organization.models import Appointment, Authorization

Role = Appointment.Role
Step = Authorization.Step
SINCE = date(2026, 1, 1)
MODULES = ("func-http", "load-http")
EDITION = "ISO/IEC 25023:2016"
MEASURES = ("FCp-1-G", "FCr-1-G", "PTb-1-G", "PTb-5-G", "PCa-1-G")


@dataclass(frozen=True)
class CentreFacts:
    """A centre of the demonstration. The accreditation numbers are not real ones and say so."""

    code: str
    name_ko: str
    name_en: str
    address: str
    accreditation_no: str


CENTRES = (
    CentreFacts(
        "DIP",
        "대구 디지털 품질센터 (DIP)",
        "Daegu Digital Quality Centre (DIP)",
        "대구광역시",
        "시연-001 (가상)",
    ),
    CentreFacts(
        "PTP",
        "경북 디지털 품질센터 (포항TP)",
        "Gyeongbuk Digital Quality Centre (Pohang TP)",
        "경상북도 포항시",
        "시연-002 (가상)",
    ),
    CentreFacts(
        "UIPA",
        "울산 디지털 품질센터 (UIPA)",
        "Ulsan Digital Quality Centre (UIPA)",
        "울산광역시",
        "시연-003 (가상)",
    ),
)


@dataclass(frozen=True)
class Part:
    """A person by role; `steps` are the authorizations for both modules."""

    login: str
    name: str
    roles: tuple[str, ...]
    steps: tuple[str, ...] = ()


STAFF = (
    Part("reception", "접수담당 1", (Role.RECEPTION,)),
    Part("tester1", "시험원 1", (Role.TESTER,), (Step.RUN,)),
    Part("tester2", "시험원 2", (Role.TESTER,), (Step.RUN,)),
    Part("technical", "기술책임자 1", (Role.TECHNICAL_MANAGER,), (Step.REVIEW,)),
    Part("authorizer", "승인자 1", (Role.TECHNICAL_MANAGER,), (Step.AUTHORIZE,)),
    Part("quality", "품질책임자 1", (Role.QUALITY_MANAGER,)),
    Part("consultant", "컨설턴트 1", (Role.CONSULTANT,)),
    Part("instructor", "강사 1", (Role.INSTRUCTOR,)),
)


@dataclass(frozen=True)
class CustomerFacts:
    """A customer that does not exist."""

    login: str
    person: str
    name: str
    address: str
    contact: str


CUSTOMERS = (
    CustomerFacts("customer1", "의뢰자 1", "가상소프트웨어 1 (허구)", "대구광역시 (허구)", "의뢰 담당"),
    CustomerFacts("customer2", "의뢰자 2", "가상소프트웨어 2 (허구)", "경상북도 (허구)", "의뢰 담당"),
)


def login_of(centre_code: str, part: Part) -> str:
    return f"{centre_code.lower()}-{part.login}"
