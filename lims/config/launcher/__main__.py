"""python -m lims.config.launcher: start everything, perhaps run one job, serve until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys

from lims.config import settings
from lims.config.environment import PROJECT
from lims.config.launcher.child import Program
from lims.config.launcher.house import AlreadyRunning, DidNotStart, House
from lims.config.launcher.programs import NoBroker, all_of, free_port
from lims.config.places import make_private, sockets_of

FAILED = 1


def main(argv: list[str]) -> int:
    asked = _parser().parse_args(argv)
    environment = {**os.environ, "SIHEOM_HOME": str(settings.HOME), "PYTHONUNBUFFERED": "1"}
    house = House(settings.HOME, cwd=PROJECT, env=environment)
    try:
        house.take()
        return _live(house, asked, environment)
    except AlreadyRunning as other:
        _say(f"이미 실행 중입니다 (pid {other}, {settings.HOME})", "already running there")
    except NoBroker:
        _say("redis-server 또는 valkey-server가 없습니다", "no redis-server or valkey-server; script/setup")
    except DidNotStart as trouble:
        name, log = trouble.args
        _say(f"{name} 시작 실패: {log}", f"{name} did not start")
        sys.stderr.write("".join(log.read_text(errors="replace").splitlines(keepends=True)[-15:]))
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lims.config.launcher", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    parser.add_argument("--job", choices=("demo",), help="a management command to run once all is ready")
    parser.add_argument("--once", action="store_true", help="end after the job, with its exit status")
    return parser


def _live(house: House, asked: argparse.Namespace, environment: dict[str, str]) -> int:
    port = free_port(asked.port)
    if port != asked.port:
        _say(f"포트 {asked.port}번이 사용 중이어서 {port}번을 씁니다", f"port {asked.port} is taken")
    environment.setdefault("PUBLIC_URL", f"http://localhost:{port}")
    make_private(sockets_of(settings.HOME))
    if settings.DEVELOPMENT_SEAL:
        _make_development_keys()
    try:
        house.open(all_of(port), {"port": port})
        if house.stop_asked:
            return 130
        _say(f"실행 중: {environment['PUBLIC_URL']}", "running")
        status = house.run(_job(asked.job)) if asked.job else 0
        if asked.job and status:
            _say(f"작업 {asked.job} 실패 (상태 {status})", f"job failed; logs in {settings.HOME / 'log'}")
        if not asked.once and not house.stop_asked:
            _say(f"{environment['PUBLIC_URL']} 에서 서비스 중. 끝내기: Ctrl-C", "serving until Ctrl-C")
            house.stand()
        return status
    finally:
        house.close()
        if (sockets := sockets_of(settings.HOME)) != settings.HOME:
            shutil.rmtree(sockets, ignore_errors=True)


def _job(name: str) -> Program:
    return Program(name, (sys.executable, "manage.py", name))


def _make_development_keys() -> None:
    """Seal keys that say NOT ACCREDITED, where there are none yet."""
    public = settings.HOME / "demo"
    command = ("-m", "lims.documents.signer", "make-keys", str(settings.SIGNER_HOME), *settings.CENTRE_CODES)
    subprocess.run(
        [sys.executable, *command, "--public", str(public)],
        cwd=PROJECT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _say(ko: str, en: str) -> None:
    print(f"{ko} / {en}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
