"""One adapter per tool, and what they share: processes, the sandbox, the journal."""

from __future__ import annotations

from collections.abc import Callable

from test_modules import catalogue
from test_modules.contract import Engine
from test_modules.engines.collect import evidence_in
from test_modules.engines.locust import LocustEngine
from test_modules.engines.robot import RobotEngine
from test_modules.tools import Tools

__all__ = ["engine_of", "evidence_in"]

ENGINES: dict[str, Callable[[Tools], Engine]] = {"robot": RobotEngine, "locust": LocustEngine}


def engine_of(module_id: str, tools: Tools | None = None) -> Engine:
    """The engine that a module runs with. Raises: ModuleError (module.unknown)."""
    return ENGINES[catalogue.find(module_id).engine.name](tools or Tools.of_environment())
