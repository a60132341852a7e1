"""Install a received wheel, from its very bytes, into an environment that is kept by digest."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from test_modules.contract import EngineBroken, Product
from test_modules.tools import PYTHON, Tools, python_version

MOST_INSTALLED_BYTES = 1 << 30
MOST_INSTALLED_FILES = 50_000
INSTALL_S = 300
TOLD = 2000  # characters of an installer's last words


def installed(product: Product, tools: Tools, ask_stop: Callable[[], None]) -> Path:
    """Return the folder, fit for the Python path, in which a wheel and what it depends on lie installed.

    Nothing is taken by name: the wheel is the received file, its dependencies are locked by hash, and
    afterwards every file of the wheel is compared with what lies in the folder, also when the environment
    was there before.

    Raises: EngineBroken (product.not_a_wheel, product.install_failed, product.not_these_bytes)
    """
    wheel = product.files[0]
    if wheel.suffix != ".whl" or not zipfile.is_zipfile(wheel):
        raise EngineBroken("product.not_a_wheel", file=wheel.name)
    folder = tools.product_cache / _key(product)
    if not folder.is_dir():
        _install(product, wheel, folder, tools, ask_stop)
    _require_same_bytes(wheel, folder)
    return folder


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(product: Product) -> str:
    locked = sha256_of(product.requirements) if product.requirements else ""
    return hashlib.sha256(f"{sha256_of(product.files[0])} {locked} {python_version()}".encode()).hexdigest()


def _install(product: Product, wheel: Path, folder: Path, tools: Tools, ask_stop: Callable[[], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="installing-", dir=folder.parent) as name:
        work = Path(name)
        lock = work / "requirements.txt"
        locked = product.requirements.read_text() if product.requirements else ""
        lock.write_text(f"{locked}\n{wheel.absolute()} --hash=sha256:{sha256_of(wheel)}\n")
        _run_installer(tools, lock, work / "site", ask_stop)
        _compile(work / "site")
        _open_to_every_uid(work / "site")
        try:
            (work / "site").rename(folder)
        except OSError:
            if not folder.is_dir():  # else another worker was quicker, with the same bytes
                raise


def _run_installer(tools: Tools, lock: Path, site: Path, ask_stop: Callable[[], None]) -> None:
    # wheels only: building from source would run code of the package outside the sandbox
    line = [*tools.installer, "--quiet", "--target", str(site), "--only-binary", ":all:"]
    line += ["--require-hashes", "--no-deps", "-r", str(lock)]
    with tempfile.TemporaryFile() as output:
        with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as installer:
            try:
                _wait(installer, ask_stop)
            finally:
                installer.kill()
        output.seek(0)
        told = output.read().decode("utf-8", "replace").strip()[-TOLD:]
    if installer.returncode != 0:
        raise EngineBroken("product.install_failed", status=installer.returncode, told=told)


def _compile(site: Path) -> None:
    # a product starts in half the time, at each of many repeats; compiling only parses, and within limits
    limits = ["/usr/bin/prlimit", f"--as={1 << 30}", "--cpu=120", "--"]
    line = [*limits, PYTHON, "-I", "-m", "compileall", "-q", str(site)]
    subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


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


def _require_same_bytes(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = [m for m in archive.infolist() if not m.is_dir() and _is_kept_as_is(m.filename)]
        if len(members) > MOST_INSTALLED_FILES or sum(m.file_size for m in members) > MOST_INSTALLED_BYTES:
            raise EngineBroken("product.too_large", limit=MOST_INSTALLED_BYTES, unit="byte")
        for member in members:
            path = folder / member.filename
            if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
                raise EngineBroken("product.not_these_bytes", file=member.filename)
            with archive.open(member) as received:
                expected = hashlib.file_digest(received, "sha256").hexdigest()  # type: ignore[arg-type]
            if expected != sha256_of(path):
                raise EngineBroken("product.not_these_bytes", file=member.filename)


def _is_kept_as_is(name: str) -> bool:
    top, _, rest = name.partition("/")
    return not top.endswith(".data") and not (top.endswith(".dist-info") and rest == "RECORD")
