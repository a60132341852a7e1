"""python -m lims.documents.signer: serve, enrol, make-keys. Run by whoever owns the signer's home."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import secrets
import sys
import time
from pathlib import Path

from lims.documents import development_ca
from lims.documents.signer import keys, totp
from lims.documents.signer.desk import Desk
from lims.documents.signer.ledger import Ledger
from lims.documents.signer.server import Server, harden

SECRET_BYTES = 20


def main(argv: list[str]) -> int:
    asked = _parser().parse_args(argv)
    try:
        return int(asked.run(asked))
    except (keys.KeyTrouble, development_ca.NotInProduction, OSError) as trouble:
        print(f"signer: {trouble}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lims.documents.signer")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="hold the keys and answer at SOCKET until SIGTERM")
    serve.add_argument("home", type=Path)
    serve.add_argument("socket", type=Path)
    serve.add_argument("--allow-uid", type=int, action="append", help="who may ask (default: our own uid)")
    serve.set_defaults(run=_serve)
    enrol = commands.add_parser("enrol", help="print a person's authenticator secret, once")
    enrol.add_argument("home", type=Path)
    enrol.add_argument("person")
    enrol.add_argument("centres", nargs="*", help="none named: every centre that has a key")
    enrol.add_argument("--replace", action="store_true", help="the old secret stops working")
    enrol.set_defaults(run=_enrol)
    make = commands.add_parser("make-keys", help="make development keys that say NOT ACCREDITED")
    make.add_argument("home", type=Path)
    make.add_argument("centres", nargs="+")
    make.add_argument("--public", type=Path, help="folder for ca.pem and the centres' certificates")
    make.set_defaults(run=_make_keys)
    for command in (serve, make):
        command.add_argument("--mode", choices=("demo", "production"), default=_mode())
    return parser


def _mode() -> str:
    return os.environ.get("SIHEOM_MODE", "demo")


def _serve(asked: argparse.Namespace) -> int:
    harden()
    logging.basicConfig(stream=sys.stderr, format="signer %(levelname)s %(message)s", level=logging.INFO)
    held = keys.load_all(asked.home)
    if asked.mode == "production" and any(key.is_development for key in held.values()):
        raise development_ca.NotInProduction("development keys in the signer's home")
    with (asked.home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # two signers would count misses twice as generously
        ledger = Ledger(asked.home)
        server = Server(Desk(held, ledger, time.time), asked.socket, asked.allow_uid or [os.getuid()])
        print("ready", flush=True)
        server.serve()
        ledger.close()
    return 0


def _enrol(asked: argparse.Namespace) -> int:
    keys.make_home(asked.home)
    secret = secrets.token_bytes(SECRET_BYTES)
    ledger = Ledger(asked.home)
    try:
        if not ledger.enrol(asked.person, secret, asked.centres, replace=asked.replace):
            print(
                f"signer: {asked.person} is enrolled already; --replace makes a new secret", file=sys.stderr
            )
            return 1
    finally:
        ledger.close()
    print(totp.otpauth_uri(secret, asked.person))
    return 0


def _make_keys(asked: argparse.Namespace) -> int:
    made = development_ca.make_keys(asked.home, asked.centres, mode=asked.mode, public=asked.public)
    for path in made:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
