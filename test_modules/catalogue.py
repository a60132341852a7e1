"""Find a test module, and tell exactly which one it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from test_modules.contract import ModuleError
from test_modules.manifest import Manifest, read_manifest
from test_modules.reading import CODE, LINE
from test_modules.tools import Tools

MODULES = Path(__file__).parent / "modules"
NOT_OF_THE_BUNDLE = {"__pycache__"}


def all_modules() -> tuple[Manifest, ...]:
    """Every module of the library, sorted by id. Raises: ModuleError when one of them is not well formed."""
    folders = sorted(path.parent for path in MODULES.glob("*/module.toml"))
    return tuple(sorted((read_manifest(folder) for folder in folders), key=lambda manifest: manifest.id))


def find(module_id: str, version: str = "") -> Manifest:
    """Find a module by its id, and in just this version when one is given. Its folder is named after the id.

    Raises: ModuleError (module.unknown, module.other_version, module.other_folder; file.* when not well formed)
    """
    folder = MODULES / module_id.replace("-", "_")
    if not CODE.fullmatch(module_id) or not (folder / "module.toml").is_file():
        raise ModuleError("module.unknown", module=module_id[:LINE])
    manifest = read_manifest(folder)
    if manifest.id != module_id:
        raise ModuleError("module.other_folder", module=manifest.id, folder=folder.name)
    if version and manifest.version != version:
        raise ModuleError("module.other_version", module=module_id, version=version, present=manifest.version)
    return manifest


def digest(module_id: str) -> str:
    """SHA-256 over sorted path and SHA-256 of the bundle's files; kept outside the bundle."""
    return digest_of(find(module_id).folder)


def digest_of(folder: Path) -> str:
    """The digest of a bundle that lies in this folder. Raises: ModuleError (module.not_regular) for links."""
    files = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if NOT_OF_THE_BUNDLE.intersection(name.parts) or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file():
            raise ModuleError("module.not_regular", file=str(name))
        files[str(name)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digest_of_files(files)


def digest_of_files(files: Mapping[str, str]) -> str:
    """SHA-256 over sorted name and SHA-256: the identity of a bundle, and of a received item alike."""
    lines = "".join(f"{name}\0{sha256}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def engine_versions(module_id: str) -> dict[str, str]:
    """Versions of the tool and the interpreter this module would run with here and now.

    Raises: EngineBroken (engine.not_installed) when there is none
    """
    return Tools.of_environment().versions(find(module_id).engine.name)
