"""Requests with all that came after them, in a fixed number of queries, and what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from certificates.models import Certificate
from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.equipment.permissions import visible_proofs
from lims.evaluation.models import Measurement, Verdict
from lims.home.progress import AUTHORIZER, CUSTOMER, REVIEWER, Journey, Step, journey_of
from lims.intake.models import TestRequest
from lims.organization.models import Appointment, Authorization, User
from lims.organization.permissions import centres_of, customers_of
from lims.plans.models import PlanLine
from lims.runs.models import Attempt, TestRun

MOST_OPEN = 300


@dataclass(frozen=True)
class Posts:
    """What a person is today, read once for a whole list."""

    person_id: int
    roles: frozenset[tuple[int, str]]  # (centre, role)
    grants: frozenset[tuple[int, str, str]]  # (centre, step, module)
    customers: frozenset[int]

    def may_take(self, step: Step, request: TestRequest) -> bool:
        """Whether the step waits for this person; the service's guard has the last word."""
        if step.person_id is not None:
            return step.person_id == self.person_id
        if step.actor == CUSTOMER:
            return request.customer_id in self.customers
        if step.actor in (REVIEWER, AUTHORIZER):
            wanted = {(request.centre_id, step.actor, module) for module in step.modules}
            return self.person_id not in step.barred and wanted <= self.grants
        return (request.centre_id, step.actor) in self.roles


@dataclass(frozen=True)
class Waiting:
    """One line of a work list."""

    journey: Journey
    steps: list[Step] = field(default_factory=list)


def posts_of(person: User) -> Posts:
    """Roles, authorizations and customers of a person, today."""
    today, centres = timezone.localdate(), centres_of(person)
    roles = Appointment.objects.on(today).filter(person=person, centre__in=centres)
    grants = Authorization.objects.on(today).filter(person=person, centre__in=centres)
    return Posts(
        person.pk,
        frozenset(roles.values_list("centre_id", "role")),
        frozenset(grants.values_list("centre_id", "step", "module_id")),
        frozenset(customers_of(person).values_list("pk", flat=True)),
    )


def open_requests(requests: QuerySet[TestRequest]) -> QuerySet[TestRequest]:
    """Without those whose certificate is issued."""
    issued = Q(contracts__plans__reports__certificates__state=Certificate.State.ISSUED)
    return requests.exclude(pk__in=TestRequest.objects.filter(issued).values("pk"))


def requests_with_all(requests: QuerySet[TestRequest]) -> QuerySet[TestRequest]:
    """Everything `progress` looks at, whatever the number of runs."""
    lines = PlanLine.objects.filter(dropped_at__isnull=True).order_by("pk")
    return requests.select_related("centre", "customer", "product").prefetch_related(
        "reviews",
        "items",
        "contracts__items",
        "contracts__plans__contract__items",
        "contracts__plans__reports__certificates",
        Prefetch("contracts__plans__lines", queryset=_counted(lines), to_attr="living_lines"),
    )


def work_of(person: User, requests: QuerySet[TestRequest]) -> list[Waiting]:
    """What waits for this person, the oldest request first."""
    posts = posts_of(person)
    found = requests_with_all(open_requests(requests)).order_by("submitted_at")[:MOST_OPEN]
    return [row for request in found if (row := _waiting(journey_of(request), posts)).steps]


def mine(steps: Iterable[Step], posts: Posts, request: TestRequest) -> list[Step]:
    return [step for step in steps if posts.may_take(step, request)]


def _waiting(journey: Journey, posts: Posts) -> Waiting:
    return Waiting(journey, mine(journey.next_steps, posts, journey.request))


def _counted(lines: QuerySet[PlanLine]) -> QuerySet[PlanLine]:
    ended, waiting = TestRun.State.ENDED, TestRun.State.WAITING
    complete = Attempt.objects.filter(run__plan_line=OuterRef("pk"), state=Attempt.State.COMPLETE)
    repeats = complete.order_by().values("run__plan_line")
    measured = Measurement.objects.filter(plan_line=OuterRef("pk")).order_by().values("plan_line")
    judged = Verdict.objects.filter(measurement__plan_line=OuterRef("pk")).order_by()
    return lines.select_related("tester").annotate(
        all_runs=Count("runs"),
        ended_runs=Count("runs", filter=Q(runs__state=ended)),
        waiting_runs=Count("runs", filter=Q(runs__state=waiting)),
        last_ended_at=Max("runs__ended_at"),
        complete_repeats=Subquery(repeats.annotate(n=Count("run__repeat_no", distinct=True)).values("n")),
        measured=Subquery(measured.annotate(n=Count("pk")).values("n")),
        judged_at=Subquery(
            judged.values("measurement__plan_line").annotate(at=Max("judged_at")).values("at")
        ),
    )


def proofs_to_adopt(person: User) -> list[ModuleProof]:
    """Proofs that judged right and that a centre of this technical manager has not adopted."""
    today = timezone.localdate()
    manager = Appointment.objects.on(today).filter(
        person=person, role=Appointment.Role.TECHNICAL_MANAGER, centre__in=centres_of(person)
    )
    centres = list(manager.values_list("centre_id", flat=True).distinct())
    if not centres:
        return []
    passed = visible_proofs(person).filter(state=ModuleProof.State.PASSED).order_by("-ended_at")
    latest = {(proof.module_id): proof for proof in reversed(passed[:20])}
    adopted = ModuleAdoption.objects.filter(centre__in=centres, proof__in=latest.values())
    known = set(adopted.values_list("proof_id", flat=True))
    return [proof for proof in latest.values() if proof.pk not in known]
