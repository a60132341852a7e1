"""Install a received wheel, from its very bytes, into an environment that is kept by digest."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from test_modules.contract import EngineBroken, Product
from test_modules.requirements import locked_lines
from test_modules.tools import PYTHON, Tools, python_version

LOCK, SITE = "requirements.txt", "site"  # below the folder that an installation is made in
MOST_INSTALLED_BYTES = 1 << 30
MOST_INSTALLED_FILES = 50_000
INSTALL_S = 300
TOLD = 2000  # characters of an installer's last words
WHEEL = re.compile(r"[A-Za-z0-9_.]+(-[A-Za-z0-9_.+!]+){4,5}\.whl")  # a name that is no line of its own
MOVED = ("purelib", "platlib", "data")  # below *.data: where an installer puts it, unchanged


def installed(product: Product, tools: Tools, ask_stop: Callable[[], None]) -> Path:
    """Return the folder, fit for the Python path, in which a wheel and what it depends on lie installed.

    Nothing is taken by name: the wheel is the received file, and its dependencies are locked by hash. Each
    time, also when the environment was there before, what the wheel holds is compared with what lies in the
    folder: every file but its RECORD, and scripts and headers, which an installer rewrites or moves. Compiled
    files are not compared; the interpreter checks them against their source at import. Dependencies were
    checked by hash when they were installed.

    Raises: EngineBroken (product.not_a_wheel, product.install_failed, product.not_these_bytes); ModuleError
    (requirements.*) before any installer is started; whatever `ask_stop` raises
    """
    wheel = product.files[0]
    if not WHEEL.fullmatch(wheel.name) or not zipfile.is_zipfile(wheel):
        raise EngineBroken("product.not_a_wheel", file=wheel.name)
    folder = tools.product_cache / _key(product)
    if not folder.is_dir():
        _install(product, wheel, folder, tools, ask_stop)
    _require_same_bytes(wheel, folder, ask_stop)
    return folder


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(product: Product) -> str:
    locked = sha256_of(product.requirements) if product.requirements else ""
    return hashlib.sha256(f"{sha256_of(product.files[0])} {locked} {python_version()}".encode()).hexdigest()


def _install(product: Product, wheel: Path, folder: Path, tools: Tools, ask_stop: Callable[[], None]) -> None:
    locked = locked_lines(product.requirements.read_bytes()) if product.requirements else ()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="installing-", dir=folder.parent) as name:
        work = Path(name)
        received = f"{wheel.absolute().as_uri()} --hash=sha256:{sha256_of(wheel)}"
        (work / LOCK).write_text("\n".join([*locked, received, ""]))
        _run_installer(tools, work, ask_stop)
        _compile(work, ask_stop)
        _open_to_every_uid(work / SITE)
        try:
            (work / SITE).rename(folder)
        except OSError:
            if not folder.is_dir():  # else another worker was quicker, with the same bytes
                raise


def _run_installer(tools: Tools, work: Path, ask_stop: Callable[[], None]) -> None:
    # wheels only: building from source would run code of the package outside the sandbox
    line = [*tools.installer, "--quiet", "--target", str(work / SITE), "--only-binary", ":all:"]
    line += ["--require-hashes", "--no-deps", "-r", str(work / LOCK)]
    environment = {**tools.installer_environment, "UV_CACHE_DIR": str(work / "cache")}
    status, told = _carried_out(line, work, environment, ask_stop)
    if status != 0:
        raise EngineBroken("product.install_failed", status=status, told=told)


def _compile(work: Path, ask_stop: Callable[[], None]) -> None:
    # a product starts in half the time, at each of many repeats; compiling only parses, and within limits
    line = ["/usr/bin/prlimit", f"--as={1 << 30}", "--cpu=120", "--", PYTHON, "-I", "-m", "compileall", "-q"]
    _carried_out([*line, "--invalidation-mode", "checked-hash", str(work / SITE)], work, {}, ask_stop)


def _carried_out(
    line: list[str], work: Path, environment: Mapping[str, str], ask_stop: Callable[[], None]
) -> tuple[int, str]:
    """Exit status and last words of a helper that sees nothing of the worker's environment."""
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(work), "LANG": "C.UTF-8", **environment}
    with tempfile.TemporaryFile() as output:
        with subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=bare, cwd=work
        ) as helper:
            try:
                _wait(helper, ask_stop)
            finally:
                helper.kill()
        output.seek(0)
        return helper.returncode, output.read().decode("utf-8", "replace").strip()[-TOLD:]


def _wait(installer: subprocess.Popen[bytes], ask_stop: Callable[[], None]) -> None:
    for _ in range(INSTALL_S * 2):
        try:
            installer.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            ask_stop()
        else:
            return
    raise EngineBroken("product.install_failed", status=-9, told=f"not done after {INSTALL_S} s")


def _open_to_every_uid(site: Path) -> None:
    for path in [site, *site.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


def _require_same_bytes(wheel: Path, folder: Path, ask_stop: Callable[[], None]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        if len(members) > MOST_INSTALLED_FILES or sum(m.file_size for m in members) > MOST_INSTALLED_BYTES:
            raise EngineBroken("product.too_large", limit=MOST_INSTALLED_BYTES, unit="byte")
        for member in members:
            ask_stop()
            name = _installed_as(member.filename)
            if not name:
                continue
            path = folder / name
            if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
                raise EngineBroken("product.not_these_bytes", file=member.filename)
            with archive.open(member) as received:
                expected = hashlib.file_digest(received, "sha256").hexdigest()  # type: ignore[arg-type]
            if expected != sha256_of(path):
                raise EngineBroken("product.not_these_bytes", file=member.filename)


def _installed_as(name: str) -> str:
    """Where a file of the wheel lies in the folder ("" = rewritten or moved by the installer)."""
    top, _, rest = name.partition("/")
    if top.endswith(".data"):
        scheme, _, rest = rest.partition("/")
        return rest if scheme in MOVED else ""
    return "" if top.endswith(".dist-info") and rest == "RECORD" else name
