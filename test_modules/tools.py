"""Where the tools lie on this machine, and which versions they are."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from test_modules.contract import EngineBroken

PROJECT = Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3.11"  # Debian's own: any uid can reach it, wherever the project lies
# what an installer needs to reach the index: where it is, through which proxy, trusting whom; no secrets of ours
REACHING = re.compile(
    r"(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|"
    r"UV_(DEFAULT_INDEX|INDEX|INDEX_STRATEGY|FIND_LINKS|INSECURE_HOST|HTTP_TIMEOUT|NO_INDEX|OFFLINE|"
    r"SYSTEM_CERTS|NATIVE_TLS)|"
    r"PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|DEFAULT_TIMEOUT|NO_INDEX|PROXY|CERT)",
    re.IGNORECASE,
)
DISTRIBUTIONS = {"robot": ("robotframework",), "locust": ("locust", "gevent")}


@dataclass(frozen=True)
class Tools:
    """Paths that an engine needs. Values come in from outside; nothing here is read at import."""

    engine_site: Path  # site-packages of the engines, an environment of their own
    product_cache: Path  # installed products, by digest
    installer: tuple[str, ...]  # command that installs locked packages
    installer_environment: Mapping[str, str] = field(default_factory=dict)  # beside PATH, HOME and a cache
    needs_sandbox: bool = False  # nothing at all runs without it, as in production

    @classmethod
    def of_environment(cls) -> Tools:
        """Read SIHEOM_HOME, SIHEOM_MODE, ENGINES_PYTHON_SITE, SIHEOM_UV and the way to the package index.

        Defaults hold where script/setup has run.
        """
        home = Path(os.environ.get("SIHEOM_HOME") or PROJECT / "var").absolute()
        site = os.environ.get("ENGINES_PYTHON_SITE") or home / "engines/lib/python3.11/site-packages"
        return cls(
            engine_site=Path(site).absolute(),
            product_cache=home / "products",
            installer=_installer(os.environ.get("SIHEOM_UV", "")),
            installer_environment={n: v for n, v in os.environ.items() if REACHING.fullmatch(n)},
            needs_sandbox=os.environ.get("SIHEOM_MODE") == "production",
        )

    def versions(self, engine: str) -> dict[str, str]:
        """Name the engine's version and the interpreter's. Raises: EngineBroken (engine.not_installed)."""
        found = {name: self._version(name) for name in DISTRIBUTIONS[engine]}
        return {**found, "python": python_version()}

    def _version(self, name: str) -> str:
        for folder in self.engine_site.glob(f"{name}-*.dist-info"):
            return folder.name.removeprefix(f"{name}-").removesuffix(".dist-info")
        raise EngineBroken("engine.not_installed", engine=name, folder=str(self.engine_site))


@functools.cache
def python_version() -> str:
    """Version of the interpreter that runs engines and products. Raises: EngineBroken (engine.no_python)."""
    try:
        told = subprocess.run(
            [PYTHON, "-I", "-V"], capture_output=True, text=True, check=True, timeout=60
        ).stdout
    except (OSError, subprocess.SubprocessError):
        raise EngineBroken("engine.no_python", path=PYTHON) from None
    return re.sub(r"^Python ", "", told).strip()


def machine() -> Mapping[str, str]:
    """What the record says about the machine. Without a time service the clock offset is unknown, never 0."""
    system = os.uname()
    return {
        "kernel": f"{system.sysname} {system.release}",
        "architecture": system.machine,
        "cpus": str(os.cpu_count() or 0),
        "load_average": f"{os.getloadavg()[0]:.2f}",
        "clock_offset": "unknown",
    }


def _installer(named: str) -> tuple[str, ...]:
    own = PROJECT / ".boot/bin/uv"
    for path in (named, str(own) if own.exists() else "", shutil.which("uv") or ""):
        if path:
            return (path, "pip", "install", "--link-mode", "copy", "--python", PYTHON)
    return (PYTHON, "-m", "pip", "install", "--no-compile", "--disable-pip-version-check")
