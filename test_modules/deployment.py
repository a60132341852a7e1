"""How a received item is brought up for a run: TOML for people, a plain dictionary for records and orders."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from test_modules.contract import Product
from test_modules.reading import TEXT, read_toml

MOST_BYTES = 65_536
KINDS = ("python-wheel", "python-file")


@dataclass(frozen=True)
class Deployment:
    """The launch recipe of an item. {python}, {host}, {port}, {files} and {state} are filled in at each start."""

    kind: str
    command: tuple[str, ...]
    ready_path: str
    configuration: Mapping[str, str]  # file name below {state} -> text
    accounts: Mapping[str, str]  # name in the cases -> "login:password"

    def as_dict(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "command": list(self.command)}

    def product(self, files: tuple[Path, ...], digest: str, requirements: Path | None) -> Product:
        """This recipe over the files as received."""
        return Product(
            kind=self.kind,
            files=files,
            digest=digest,
            command=self.command,
            ready_path=self.ready_path,
            requirements=requirements,
            configuration=self.configuration,
        )


def parse_deployment(data: bytes) -> Deployment:
    """Read a deployment file. Raises: ModuleError naming the place, the field and the limit."""
    top = read_toml(data, MOST_BYTES)
    recipe = top.table("product")
    deployment = Deployment(
        kind=recipe.choice("kind", KINDS),
        command=recipe.texts("command", 40),
        ready_path=recipe.text("ready_path", default="/"),
        configuration=top.pairs("configuration", 20, length=TEXT),
        accounts=top.pairs("accounts", 20),
    )
    if not deployment.command:
        recipe.refuse("missing_field", "command")
    recipe.done()
    top.done()
    return deployment


def from_dict(kept: Mapping[str, Any]) -> Deployment:
    """The recipe as a plan keeps it."""
    return Deployment(**{**kept, "command": tuple(kept["command"])})
