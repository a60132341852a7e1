"""What the pages of plans show beside their rows: who may do which step, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import get_language

from lims.errors import Reason
from lims.organization.models import Appointment, User
from lims.organization.permissions import visible_people
from lims.organization.queries import Role
from lims.plans import guards
from lims.plans.models import PlanLine, TestPlan
from test_modules import catalogue
from test_modules.contract import ModuleError
from test_modules.manifest import Manifest


@dataclass(frozen=True)
class Setting:
    """One parameter of a line, in words."""

    title: str
    value: object
    unit: str


@dataclass(frozen=True)
class LinePanel:
    """A line, what it is set to, and who may be put on it."""

    line: PlanLine
    settings: Sequence[Setting]
    candidates: Sequence[User]
    barred: Sequence[tuple[User, Sequence[Reason]]]


def title_of(manifest: Manifest) -> str:
    return manifest.title_ko if get_language() == "ko" else manifest.title_en


def settings_of(line: PlanLine) -> list[Setting]:
    """The parameters of a line with titles and units as the module names them."""
    try:
        known = {parameter.name: parameter for parameter in catalogue.find(line.module_id).parameters}
    except ModuleError:
        known = {}
    is_korean = get_language() == "ko"
    settings = []
    for name, value in line.parameters.items():
        parameter = known.get(name)
        title = (parameter.title_ko if is_korean else parameter.title_en) if parameter else name
        unit = parameter.unit if parameter and parameter.unit != "1" else ""
        settings.append(Setting(title, value, unit))
    return settings


def line_panels(plan: TestPlan, by: User) -> list[LinePanel]:
    """Every living line; people to choose from only while the plan may still change."""
    people = testers_of_centre(plan, by) if plan.state == TestPlan.State.DRAFT else []
    return [_panel(line, people, by) for line in guards.living_lines(plan)]


def testers_of_centre(plan: TestPlan, by: User) -> list[User]:
    posts = Appointment.objects.on(timezone.localdate()).filter(
        centre=guards.centre_of(plan), role=Role.TESTER
    )
    return list(visible_people(by).filter(pk__in=posts.values("person")).order_by("name"))


def _panel(line: PlanLine, people: Sequence[User], by: User) -> LinePanel:
    asked = [(person, guards.against_assigning(by, line, person)) for person in people]
    return LinePanel(
        line=line,
        settings=settings_of(line),
        candidates=[person for person, reasons in asked if not reasons],
        barred=[(person, reasons) for person, reasons in asked if reasons],
    )
