"""One real request all the way: every line calls the service that a screen calls, as the person who clicks there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal

from certificates import services as certificates
from certificates.models import Certificate
from lims.equipment import services as equipment
from lims.equipment.guards import against_unproven
from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.errors import BadInput
from lims.evaluation import services as evaluation
from lims.home.demo import product as demo_product
from lims.home.demo.cast import CUSTOMERS, EDITION, MODULES
from lims.home.demo.secrets import DemoSecrets
from lims.home.demo.seed import person
from lims.home.demo.waiting import Tell, proof_end, runs_end, until
from lims.intake import services as intake
from lims.intake.guards import Wanted
from lims.intake.models import Comparator, Contract, ContractReview, DecisionRule, TestRequest
from lims.items import services as items
from lims.items.models import ItemFile, TestItem
from lims.organization import services as organization
from lims.organization.models import Centre, Customer, Product, ScopeRow
from lims.plans import services as plans
from lims.plans.models import TestPlan
from lims.reports import services as reports
from lims.reports.models import TestReport
from lims.runs import services as runs
from test_modules import catalogue

ENVIRONMENT = "시험 대상 서버와 부하 발생기는 같은 시험 장비의 루프백에서 실행. 데이터: 실행마다 빈 저장소."
LOAD: dict[str, object] = {
    "requests": "PROPFIND /owner/ 3 207 multistatus|OPTIONS /owner/ 1 200",
    "account": "owner",
    "warm_up_s": 1.0,
    "duration_s": 2.0,
}
LINES: tuple[tuple[str, dict[str, object]], ...] = (
    ("func-http", {}),
    ("load-http", {"profile": "steady", "users": 4, **LOAD}),
    ("load-http", {"profile": "saturation", "users": 8, **LOAD}),
)
WANTED = (
    Wanted("FCp-1-G", EDITION, Comparator.AT_LEAST, Decimal("0.95"), "1"),
    Wanted("FCr-1-G", EDITION, Comparator.AT_LEAST, Decimal("0.90"), "1"),
    Wanted("PTb-1-G", EDITION, Comparator.AT_MOST, Decimal("200"), "ms"),
    Wanted("PTb-5-G", EDITION, Comparator.AT_LEAST, Decimal("20"), "1/s"),
    Wanted("PCa-1-G", EDITION),
)


@dataclass
class Story:
    """The cast of one request and what to say while it goes on."""

    tell: Tell
    secrets: DemoSecrets
    centre: Centre

    def play(self) -> Certificate:
        """From the proof of the modules to the issued certificate."""
        self._adopt_modules()
        contract = self._agree()
        plan = self._plan(contract, self._receive(contract.request))
        self._measure(plan)
        return self._issue(self._report(plan))

    def _adopt_modules(self) -> None:
        manager = person("dip-technical")
        for module_id in MODULES:
            module, digest = catalogue.find(module_id), catalogue.digest(module_id)
            if not against_unproven(self.centre, module_id, module.version, digest):
                continue
            self.tell(f"시험평가모듈 {module_id} 유효성 확인: 기준 품목과 심은 결함으로 판정을 확인합니다")
            proof = equipment.ask_for_proof(centre=self.centre, module_id=module_id, by=manager)
            proof_end(proof, self.tell)
            equipment.adopt_module(centre=self.centre, proof=ModuleProof.objects.get(pk=proof.pk), by=manager)
        self.tell(f"채택된 모듈: {ModuleAdoption.objects.filter(centre=self.centre).count()}개")

    def _agree(self) -> Contract:
        customer = Customer.objects.get(name=CUSTOMERS[0].name)
        applicant, manager = person(CUSTOMERS[0].login), person("dip-technical")
        request = intake.submit_request(
            centre=self.centre,
            customer=customer,
            product=self._product(customer),
            product_version=demo_product.VERSION,
            purpose="시연: 조달 제출용",
            wants_accredited=True,
            wanted=WANTED,
            by=applicant,
        )
        self.tell(f"신청 {request.number}")
        answers = {question: {"yes": True, "note": ""} for question in ContractReview.QUESTIONS}
        intake.review_request(request=request, answers=answers, by=manager)
        contract = intake.offer_contract(
            request=request, decision_rule=DecisionRule.SIMPLE, place=ScopeRow.Place.FIXED, by=manager
        )
        intake.agree_contract(contract=contract, by=applicant)
        self.tell("계약검토와 합의 완료: 기준과 판정규칙이 고정되었습니다")
        return contract

    def _product(self, customer: Customer) -> Product:
        known = Product.objects.filter(customer=customer, name=demo_product.NAME).first()
        return known or organization.register_product(
            customer=customer,
            name=demo_product.NAME,
            developer=demo_product.DEVELOPER,
            by=person(CUSTOMERS[0].login),
        )

    def _receive(self, request: TestRequest) -> TestItem:
        wheel, listed = demo_product.fetch(), demo_product.FOLDER / "requirements.txt"
        with wheel.open("rb") as first, listed.open("rb") as second:
            item = items.receive_item(
                request=request,
                version=demo_product.VERSION,
                condition="이상 없음: 공개 배포본, 해시 일치",
                uploads=[
                    items.Upload(wheel.name, wheel.stat().st_size, first),
                    items.Upload(listed.name, listed.stat().st_size, second, ItemFile.Kind.DEPENDENCIES),
                ],
                by=person("dip-reception"),
            )
        self.tell(f"시료 인수 {item.number}: {wheel.name} SHA-256 {item.digest[:16]}…")
        return item

    def _plan(self, contract: Contract, item: TestItem) -> TestPlan:
        tester, manager = person("dip-tester1"), person("dip-technical")
        listed = plans.import_function_list(
            product=contract.request.product,
            centre=self.centre,
            text=demo_product.text("function_list.toml"),
            by=tester,
        )
        plan = plans.draft_plan(
            contract=contract,
            item=item,
            function_list=listed,
            deployment_text=demo_product.text("deployment.toml"),
            environment=ENVIRONMENT,
            by=tester,
        )
        for module_id, parameters in LINES:
            line = plans.add_line(plan=plan, module_id=module_id, parameters=parameters, by=tester)
            plans.assign_tester(line=line, tester=tester, by=manager)
        plans.approve_plan(plan=plan, by=manager)
        self.tell(f"시험계획 승인: 기능 {listed.functions.count()}개, 모듈 실행 {len(LINES)}건")
        return plan

    def _measure(self, plan: TestPlan) -> None:
        tester = person("dip-tester1")
        for line in plan.lines.all():
            self.tell(f"시험 수행 {line.module_id} {line.parameters.get('profile', '')}: {line.repeats}회")
            runs_end(runs.start_line(line=line, by=tester), self.tell)
            for found in evaluation.derive_measurements(line=line, by=tester):
                self.tell(
                    f"  {found.measure_id} = {found.value} {found.unit} (n = {found.n}) {found.reason}".rstrip()
                )
        for verdict in evaluation.judge_plan(plan=plan, by=tester):
            self.tell(f"  판정 {verdict.agreed_item.measure_id}: {verdict.get_outcome_display()}")

    def _report(self, plan: TestPlan) -> TestReport:
        report = reports.draft_report(plan=plan, by=person("dip-tester1"))
        answers = dict.fromkeys(TestReport.QUESTIONS, True)
        reports.review_report(report=report, answers=answers, by=person("dip-technical"))
        self.tell("성적서 작성과 기술 검토 완료 (시험원과 검토자는 다른 사람입니다)")
        return report

    def _issue(self, report: TestReport) -> Certificate:
        authorizer = person("dip-authorizer")
        certificate = certificates.prepare_certificate(report=report, by=authorizer)
        self.tell(f"성적서 번호 {certificate.number}: 조판과 PDF/A 검사")
        until(certificate, {Certificate.State.RENDERED, Certificate.State.VOID}, within_s=180, tell=self.tell)
        self._authorize(certificate)
        until(certificate, {Certificate.State.ISSUED, Certificate.State.VOID}, within_s=180, tell=self.tell)
        return certificate

    def _authorize(self, certificate: Certificate) -> None:
        """With a fresh one-time code; a code that this step's second call would repeat is never accepted."""
        authorizer = person("dip-authorizer")
        for _attempt in range(3):
            try:
                code = self.secrets.code_now(str(authorizer.uid), self.centre.code)
                certificates.authorize_certificate(certificate=certificate, code=code, by=authorizer)
                return
            except BadInput as refusal:
                self.tell(f"  서명기: {refusal.reason.code}; 다음 일회용 코드를 기다립니다")
                time.sleep(30 - time.time() % 30 + 0.5)
        raise BadInput("authorize.refused")
