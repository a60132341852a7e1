"""python -m bench.torturing --kills 200 [--seed N]: see bench/torture."""

from __future__ import annotations

import argparse
import importlib
import json
import secrets
import sys

import django

from bench.torturing.house import House


def main(argv: list[str]) -> int:
    asked = _parser().parse_args(argv)
    house = House(asked.database)
    kept = asked.keep
    try:
        house.start()
        django.setup()
        trial = importlib.import_module("bench.torturing.trial")  # it needs the house's settings
        verdict = trial.Trial(house, asked.kills, asked.seed).run()
    except BaseException:
        kept = True
        raise
    finally:
        house.stop()
        if kept:
            print(f"kept: {house.home}", file=sys.stderr)
        else:
            house.remove()
    print(json.dumps(verdict, ensure_ascii=False), flush=True)
    return 0 if verdict["met"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31))
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--keep", action="store_true", help="leave the folder, to look at it")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
